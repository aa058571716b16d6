"""OpenPose by its Python module (a double of its public API) and by the files that its program writes."""

import json
import sys
import types
from pathlib import Path

import numpy as np
import pytest

from affectflow.config.data.preprocessing import Body
from affectflow.core.errors import InputError
from affectflow.datasets.video.shard import Video
from affectflow.preprocessing.body.backend import BACKENDS, Extent, Frame, Hint, make_backend
from affectflow.preprocessing.body.openpose import OpenPose
from affectflow.preprocessing.body.openpose_json import OpenPoseJson

PICTURE = np.arange(4 * 6 * 3, dtype=np.uint8).reshape(4, 6, 3)
EXTENT = Extent(width=640, height=360, source_width=1280, source_height=720, frames=3)
HINTS = [Hint(None, 0, (0.0, 640.0))] * 2
VIDEO = Video("my video", Path("/somewhere/my video.avi"))


def frame(number: int = 0) -> Frame:
    return Frame(VIDEO, number, EXTENT, lambda: PICTURE)


def no_picture() -> np.ndarray:
    raise AssertionError("joints from files need no picture")


@pytest.fixture(params=["openpose.pyopenpose", "pyopenpose"])
def double(request, monkeypatch):
    """A double of pyopenpose's public API that keeps what it is given, and answers with `module.answer`."""
    module = types.ModuleType("pyopenpose")
    module.calls = []
    module.answer = np.ones((2, 25, 3), np.float32)

    class Datum:
        cvInputData = None  # noqa: N815
        poseKeypoints = None  # noqa: N815

    class WrapperPython:
        def configure(self, params):
            module.calls.append(("configure", params))

        def start(self):
            module.calls.append(("start",))

        def emplaceAndPop(self, data):  # noqa: N802
            assert isinstance(data, getattr(module, "VectorDatum", list))
            (datum,) = data
            module.calls.append(("emplaceAndPop", datum.cvInputData))
            datum.poseKeypoints = module.answer

    module.Datum, module.WrapperPython = Datum, WrapperPython
    if request.param == "pyopenpose":
        monkeypatch.setitem(sys.modules, "openpose", None)
        monkeypatch.setitem(sys.modules, "pyopenpose", module)
    else:
        package = types.ModuleType("openpose")
        package.pyopenpose = module
        monkeypatch.setitem(sys.modules, "openpose", package)
    return module


SETTINGS = Body(backend="openpose", openpose_models="/models")


@pytest.mark.parametrize("vector", [False, True])
def test_openpose_contract(double, vector):
    if vector:
        double.VectorDatum = type("VectorDatum", (list,), {})
    first, second = make_backend(SETTINGS).people(frame(), HINTS)
    assert np.array_equal(first, double.answer) and np.array_equal(second, double.answer)
    assert double.calls[0] == ("configure", {"model_folder": "/models", "model_pose": "BODY_25"})
    assert [call[0] for call in double.calls] == ["configure", "start", "emplaceAndPop"]
    assert np.array_equal(double.calls[2][1], PICTURE)


@pytest.mark.parametrize("nobody", [None, np.zeros((0,)), np.zeros((0, 25, 3))])
def test_openpose_finds_nobody(double, nobody):
    double.answer = nobody
    assert [p.shape for p in OpenPose(SETTINGS).people(frame(), HINTS)] == [(0, 25, 3)] * 2


def test_openpose_of_another_model(double):
    double.answer = np.ones((1, 18, 3), np.float32)
    with pytest.raises(InputError, match=r"\(1, 18, 3\), expected \(people, 25, 3\)"):
        OpenPose(SETTINGS).people(frame(), HINTS)


def test_openpose_that_is_not_installed(monkeypatch):
    monkeypatch.setitem(sys.modules, "openpose", None)
    monkeypatch.setitem(sys.modules, "pyopenpose", None)
    with pytest.raises(InputError, match="backend: blazepose"):
        OpenPose(SETTINGS)


def write(path: Path, *people: float) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    rows = [{"person_id": [-1], "pose_keypoints_2d": [value, value, 0.5] * 25} for value in people]
    path.write_text(json.dumps({"version": 1.3, "people": rows}), encoding="utf-8")


def json_backend(root: Path) -> OpenPoseJson:
    return OpenPoseJson(Body(backend="openpose-json", openpose_json=str(root)))


def values(root: Path) -> list[float]:
    """x of the first person's nose in each frame, in pixels of the stored frame."""
    backend = json_backend(root)
    return [float(backend.people(Frame(VIDEO, n, EXTENT, no_picture), HINTS)[0][0, 0, 0]) for n in range(3)]


@pytest.mark.parametrize("folder", ["my video", "my video.avi_openpose_body25/json"])
@pytest.mark.parametrize(
    ("pattern", "base"),
    [("my video_{:012d}_keypoints.json", 0), ("{:05d}_keypoints.json", 0), ("{:05d}_keypoints.json", 1)],
)
def test_files_of_the_program(tmp_path, folder, pattern, base):
    for n in range(3):
        write(tmp_path / folder / pattern.format(base + n), 100.0 * (n + 1), 7.0)
    # The source has twice the stored frame's size.
    assert values(tmp_path) == [50, 100, 150]
    joints = json_backend(tmp_path).people(frame(), HINTS)
    assert len(joints) == 2 and joints[0].shape == (2, 25, 3)
    assert joints[0][0, 0] == pytest.approx([50, 50, 0.5])


def test_a_file_without_people(tmp_path):
    for n in range(3):
        write(tmp_path / "my video" / f"{n:05d}_keypoints.json")
    assert json_backend(tmp_path).people(frame(), HINTS)[1].shape == (0, 25, 3)


@pytest.mark.parametrize(
    ("numbers", "message"),
    [((0, 1), "holds 2 files of joints, expected 3"), ((0, 1, 3), "has number 2"), ((0, 1, 2, 3), "holds 4 files")],
)
def test_wrong_counts(tmp_path, numbers, message):
    for n in numbers:
        write(tmp_path / "my video" / f"{n:05d}_keypoints.json", 1.0)
    with pytest.raises(InputError, match=message):
        values(tmp_path)


@pytest.mark.parametrize(
    "text",
    ["", "{", "[]", '{"people": [{}]}', '{"people": [{"pose_keypoints_2d": [1, 2, 3]}]}', '{"people": 3}',
     json.dumps({"people": [{"pose_keypoints_2d": ["a"] * 75}]}),
     '{"people": [{"pose_keypoints_2d": [' + ", ".join(["NaN"] * 75) + "]}]}"],
)  # fmt: skip
def test_bad_files_are_named(tmp_path, text):
    for n in range(3):
        write(tmp_path / "my video" / f"{n:05d}_keypoints.json", 1.0)
    (tmp_path / "my video" / "00001_keypoints.json").write_text(text, encoding="utf-8")
    with pytest.raises(InputError, match=r"00001_keypoints\.json: not a file of OpenPose's"):
        values(tmp_path)


def test_a_missing_folder_says_where_it_was_looked_for(tmp_path):
    with pytest.raises(InputError, match=r"my video\.avi_openpose_body25/json or my video there"):
        values(tmp_path)


def test_every_backend_of_the_settings_is_registered():
    assert set(BACKENDS) == {"blazepose", "openpose", "openpose-caffe", "openpose-json"}
