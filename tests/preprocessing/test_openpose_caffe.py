"""The backend openpose-caffe: pictures in, people in the pictures' pixels out."""

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
import torch
from caffe_lab import body25, random_weights, write_caffemodel
from people import HEIGHT, WIDTH, write_frames, write_videos
from pose_lab import Person, draw, person, within
from torch import Tensor, nn

from affectflow.artifacts.schemas import BODY, FACES
from affectflow.artifacts.tables import arrow_writer, read_parquet
from affectflow.config.data.preprocessing import Body
from affectflow.config.system.execution import Device
from affectflow.core.errors import InputError
from affectflow.datasets.video.shard import Subject, Video
from affectflow.preprocessing.body import mask
from affectflow.preprocessing.body.backend import Extent, Frame, Hint, Network, make_backend, people_of
from affectflow.preprocessing.body.box import agent_box
from affectflow.preprocessing.body.openpose_caffe.backend import OpenPoseCaffe
from affectflow.preprocessing.body.openpose_caffe.inputs import NetInput, as_input, fit, net_inputs

VIDEO = Video("v", Path("v.mp4"), (Subject("v_left", "left"), Subject("v_right", "right")))
HINT = Hint(None, 0, (0.0, 640.0))


@pytest.fixture(scope="module")
def weights(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    path = write_caffemodel(tmp_path_factory.mktemp("weights") / "pose.caffemodel", random_weights(body25()))
    yield path
    path.unlink()


@pytest.fixture(autouse=True)
def _torch_as_it_was() -> Iterator[None]:
    threads, deterministic = torch.get_num_threads(), torch.are_deterministic_algorithms_enabled()
    yield
    torch.set_num_threads(threads)
    torch.use_deterministic_algorithms(deterministic)


def backend(weights: Path, **settings: object) -> OpenPoseCaffe:
    made = make_backend(Body(backend="openpose-caffe", openpose_weights=str(weights), **settings))
    assert isinstance(made, OpenPoseCaffe) and isinstance(made, Network)
    return made


# What the network sees


def sizes(width: int, height: int, resolution: str, number: int = 1, gap: float = 0.25) -> list[tuple[int, int]]:
    return [(i.width, i.height) for i in net_inputs(width, height, resolution, number, gap)]


def test_sizes_as_openpose_computes_them() -> None:
    assert sizes(640, 360, "-1x368") == sizes(1280, 720, "-1x368") == [(656, 368)]  # 654.2, 40.9 times 16
    assert sizes(360, 640, "-1x368") == [(208, 368)]  # 207 = 12.9 * 16
    assert sizes(640, 360, "320x-1") == [(320, 176)]  # 180 = 11.25 * 16
    assert sizes(640, 480, "320x176") == [(320, 176)]
    # .75, .5 and .25 of 656 are 492, 328 and 164; of 368 they are 276, 184 and 92: rounded down to multiples of 16.
    assert sizes(640, 360, "-1x368", 4) == [(656, 368), (480, 272), (320, 176), (160, 80)]
    assert sizes(640, 360, "160x160", 3, 0.1) == [(160, 160), (144, 144), (128, 128)]
    assert sizes(2000, 10, "32x-1", 3, 0.4) == [(32, 16), (16, 16), (16, 16)]


def test_the_first_and_the_last_pixel_set_the_scale() -> None:
    # (656 - 1) / (640 - 1) is more than (368 - 1) / (360 - 1): the height decides.
    assert net_inputs(640, 360, "-1x368", 1, 0.25)[0].scale == pytest.approx(367 / 359)
    assert fit((101, 11), (51, 11)) == 0.5


def test_the_input_by_hand() -> None:
    picture = np.zeros((4, 8, 3), np.uint8)
    picture[:, :] = (64, 128, 255)
    picture[0, 0] = (0, 1, 2)
    seen = as_input(picture, NetInput(16, 16, 1.0))
    assert seen.shape == (3, 16, 16) and seen.dtype == np.float32
    # Blue first; what lies beyond the picture is black.
    assert seen[:, 3, 7].tolist() == [64 / 256 - 0.5, 0.0, 255 / 256 - 0.5]
    assert seen[:, 0, 0].tolist() == [-0.5, 1 / 256 - 0.5, 2 / 256 - 0.5]
    assert (seen[:, 4:] == -0.5).all() and (seen[:, :, 8:] == -0.5).all()
    ramp = np.repeat(np.arange(0, 160, 10, dtype=np.uint8)[None, :, None], 16, 0).repeat(3, 2)
    half = as_input(ramp, NetInput(16, 16, 0.5))
    assert (half[0, 3, :7] + 0.5) * 256 == pytest.approx(np.arange(0, 140, 20))  # pixel x is the picture's 2 x


# The network behind it


def pictures(number: int) -> list[np.ndarray]:
    rng = np.random.default_rng(3)
    return [rng.integers(0, 256, (66, 94, 3), np.uint8) for _ in range(number)]


def frames_of(seen: list[np.ndarray]) -> list[Frame]:
    extent = Extent(94, 66, 94, 66, len(seen))
    return [Frame(VIDEO, n, extent, lambda picture=picture: picture) for n, picture in enumerate(seen)]


def test_a_batch_gives_what_each_frame_gives(weights: Path) -> None:
    pose = backend(weights, net_resolution="-1x64", scale_number=2)
    seen = pictures(3)
    alone = [pose.people(frame, [HINT])[0] for frame in frames_of(seen)]
    assert all(len(people) and people.shape[1:] == (25, 3) for people in alone), "noise has people in it"
    together = people_of(pose, frames_of(seen), [[HINT], [], [HINT, HINT]])
    assert [len(its) for its in together] == [1, 0, 2]
    assert together[2][0] is together[2][1]
    for people, single in ((together[0][0], alone[0]), (together[2][0], alone[2])):
        assert people.shape == single.shape and np.abs(people - single).max() < 1e-2


def test_a_frame_without_hints_is_not_decoded(weights: Path) -> None:
    def load() -> np.ndarray:
        raise AssertionError("nobody is looked for")

    frame = Frame(VIDEO, 0, Extent(94, 66, 94, 66, 1), load)
    assert people_of(backend(weights), [frame], [[]]) == [[]]


def test_the_device_that_settings_ask_for(weights: Path) -> None:
    pose = backend(weights, net_resolution="-1x64")
    expected = pose.joints(pictures(1))[0]
    pose.use(Device(gpus=0, threads=1))
    assert pose.batch == 1 and torch.get_num_threads() == 1
    assert np.abs(pose.joints(pictures(1))[0] - expected).max() < 1e-2


@pytest.mark.skipif(not torch.cuda.is_available(), reason="no GPU here")
def test_a_gpu_gives_the_same_joints(weights: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(torch.backends.cudnn, "allow_tf32", False)
    pose = backend(weights, net_resolution="-1x64")
    expected = pose.joints(pictures(3))
    pose.use(Device(gpus=1))
    assert pose.batch > 1
    for found, there in zip(pose.joints(pictures(3)), expected, strict=True):
        assert found.shape == there.shape and np.abs(found - there).max() < 0.1


# People in pixels of the picture


class Drawn(nn.Module):
    """Sees the people that there are in a picture of a size, whatever is in it."""

    def __init__(self, people: list[Person], width: int, height: int) -> None:
        super().__init__()
        self.people, self.size = people, (width, height)

    def forward(self, seen: Tensor) -> tuple[Tensor, Tensor]:
        height, width = seen.shape[2:]
        scale = fit(self.size, (width, height))
        # Half a pixel: places count from the edge, maps from the middle of the first pixel.
        shown = [within((joints - 0.5) * scale, width, height) for joints in self.people]
        maps = draw(shown, width, height).expand(len(seen), -1, -1, -1)
        return maps[:, :26], maps[:, 26:]


@pytest.mark.parametrize(
    ("resolution", "number"), [("-1x368", 1), ("-1x368", 2), ("656x368", 1), ("480x-1", 1), ("-1x480", 3)]
)
@pytest.mark.parametrize(("width", "height"), [(640, 360), (1280, 720), (480, 640)])
def test_joints_are_in_pixels_of_the_picture(
    weights: Path, resolution: str, number: int, width: int, height: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    size = min(width / 640, height / 360)
    drawn = [person(width / 2 - 110 * size, 65 * size, size), person(width / 2 + 110 * size, 60 * size, size)]
    pose = backend(weights, net_resolution=resolution, scale_number=number, scale_gap=0.2)
    monkeypatch.setattr(pose, "_network", Drawn(drawn, width, height))
    (found,) = pose.joints([np.zeros((height, width, 3), np.uint8)])
    assert len(found) == 2
    (net_input, *_) = net_inputs(width, height, resolution, 1, 0.2)
    for joints in drawn:
        its = min(found, key=lambda people, joints=joints: np.abs(people[:, :2] - joints).mean())
        assert np.abs(its[:, :2] - joints).max() <= 4 / net_input.scale  # half a cell
        assert ((its[:, 2] > 0.5) & (its[:, 2] <= 1.05)).all()


def test_each_subject_gets_the_body_at_its_face(weights: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    people = [within(person(130.5, 50, 0.6), WIDTH, HEIGHT), within(person(350.5, 60, 0.6), WIDTH, HEIGHT)]
    pose = backend(weights)
    monkeypatch.setattr(pose, "_network", Drawn(people, WIDTH, HEIGHT))
    monkeypatch.setattr(pose, "batch", 2)
    monkeypatch.setattr(mask, "make_backend", lambda settings, device: pose)
    write_frames(tmp_path / "frames", {"v": [np.zeros((HEIGHT, WIDTH, 3), np.uint8)] * 3})
    write_videos(tmp_path / "videos", {"v": 3})
    with arrow_writer(tmp_path / "faces", FACES) as writer:
        for subject, joints in zip(VIDEO.subjects, people, strict=True):
            for number in range(3):
                box = np.concatenate([joints[0] - 15, joints[0] + 15]).astype(np.float32)
                row = dict.fromkeys(FACES.names) | {"subject": subject.subject, "frame": number, "found": True}
                writer.append(row | {"shot": 0, "box": box})
    settings = Body(backend="openpose-caffe", openpose_weights=str(weights))
    mask.mask_shard(tmp_path / "frames", tmp_path / "faces", tmp_path / "videos", [VIDEO], settings, tmp_path / "body")
    rows = read_parquet(tmp_path / "body", BODY).to_pylist()
    assert [(row["subject"], row["frame"]) for row in rows] == [
        (s.subject, n) for s in VIDEO.subjects for n in range(3)
    ]
    for row in rows:
        joints = people[row["subject"] == "v_right"]
        found = np.array(row["joints"], np.float32).reshape(25, 3)
        seen = np.isfinite(joints[:, 0])
        assert seen.sum() > 15 and ((found[:, 2] > 0) == seen).all()
        assert np.abs(found[seen, :2] - joints[seen]).max() <= 4 / net_inputs(WIDTH, HEIGHT, "-1x368", 1, 0.25)[0].scale
        assert row["box"] == pytest.approx(agent_box(found, (WIDTH, HEIGHT), 0.1, 0.25, 0.1))


# Without the file


def test_without_weights() -> None:
    with pytest.raises(InputError, match=r"body\.openpose_weights is not set.*pose_iter_584000\.caffemodel"):
        OpenPoseCaffe(Body())
    with pytest.raises(InputError, match=r"nowhere\.caffemodel: no such file"):
        OpenPoseCaffe(Body(backend="openpose-caffe", openpose_weights="nowhere.caffemodel"))
