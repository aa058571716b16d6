"""Everyone in a video, and its shots, as a table: what it says, and that subjects are chosen from it."""

from pathlib import Path

import cv2
import numpy as np
import pytest
from faces_lab import find_and_align, found_beside
from people import face_centre, scene, write_frames

from affectflow.artifacts.schemas import FACES, PEOPLE, SHOTS
from affectflow.artifacts.tables import arrow_writer, read_arrow, read_parquet, write_parquet
from affectflow.config.data.preprocessing import Faces
from affectflow.core.errors import InputError
from affectflow.datasets.video.shard import Subject, Video
from affectflow.preprocessing.face.align import align_shard
from affectflow.preprocessing.face.dlib_resnet import DlibResnet
from affectflow.preprocessing.face.people import find_people_shard
from affectflow.preprocessing.face.people_table import PeopleTable, read_shots
from affectflow.preprocessing.media.pictures import Frames

LARGE, SMALL, EMPTY = (250, 10), (20, 60), np.full((240, 480, 3), 220, np.uint8)


def pair(hidden: bool = False) -> np.ndarray:
    """A large person at the right, who may hide the face, and a smaller one at the left."""
    picture = scene([LARGE], covered=(0,) if hidden else ())
    picture[:, :220] = scene([SMALL], size=150)[:, :220]
    return picture


@pytest.fixture(scope="module")
def video(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Six frames of two people, of whom the large one hides the face in the first; then two of nobody."""
    folder = tmp_path_factory.mktemp("people")
    pictures = [pair(hidden=True), *[pair()] * 5, EMPTY, EMPTY]
    write_frames(folder / "frames.arrow", {"v": pictures, "w": [EMPTY]})
    subjects = (Subject("second", person=2), Subject("first", person=1))
    videos = (Video("v", Path("v.mp4"), subjects), Video("w", Path("w.mp4"), (Subject("w"),)))
    find_and_align(folder / "frames.arrow", videos, Faces(every=1), folder / "faces.arrow")
    return folder


def people(folder: Path) -> list[dict]:
    return read_arrow(found_beside(folder / "faces.arrow")[0], PEOPLE).to_pylist()


def test_the_most_prominent_person_comes_first_although_later(video: Path) -> None:
    large, small = people(video)
    assert [(row["video"], row["person"]) for row in (large, small)] == [("v", 1), ("v", 2)]
    assert (large["first"], large["last"], large["frames"], large["face_frames"]) == (1, 5, 5, [1, 2, 3, 4, 5])
    assert (small["first"], small["last"], small["frames"]) == (0, 5, 6)
    assert [large["x"], large["y"]] == pytest.approx(face_centre(LARGE), abs=10)
    assert [small["x"], small["y"]] == pytest.approx(face_centre(SMALL, 150), abs=10)
    assert large["size"] / small["size"] == pytest.approx(220 / 150, rel=0.15)


def test_numbers_follow_from_the_lists(video: Path) -> None:
    for row in people(video):
        boxes, scores = np.reshape(row["boxes"], (-1, 4)), np.array(row["scores"])
        sizes = boxes[:, 2:] - boxes[:, :2]
        assert row["prominence"] == pytest.approx((sizes.prod(1) * scores).sum())
        assert row["size"] == pytest.approx(np.median(np.sqrt(sizes.prod(1))), rel=1e-6)
        assert len(row["points"]) == 10 * row["frames"]
        best = row["face_frames"].index(row["best"])
        assert [row["best_x"], row["best_y"]] == pytest.approx((boxes[best, :2] + boxes[best, 2:]) / 2, rel=1e-6)


def test_the_picture_shows_the_best_face(video: Path) -> None:
    stored = Frames(video / "frames.arrow")
    for row in people(video):
        shown = cv2.imdecode(np.frombuffer(row["picture"], np.uint8), cv2.IMREAD_COLOR)
        left, top, right, bottom = np.reshape(row["boxes"], (-1, 4))[row["face_frames"].index(row["best"])]
        side = round(1.7 * max(right - left, bottom - top))
        middle = ((left + right) / 2 - 0.5, (top + bottom) / 2 - 0.5)
        crop = cv2.getRectSubPix(stored.picture("v", row["best"]), (side, side), middle)
        assert shown.shape == (min(side, 160), min(side, 160), 3)
        assert cv2.absdiff(cv2.resize(shown, (32, 32)), cv2.resize(crop, (32, 32))).mean() < 6  # of JPEG


def test_vectors_of_faces_are_stored_for_who_asks_alone(video: Path, tmp_path: Path) -> None:
    assert [row["embedding"] for row in people(video)] == [None, None]
    faces, out = Faces(every=1, identity={"store": True}), tmp_path / "people.arrow"
    videos = [Video(name, Path(f"{name}.mp4")) for name in ("v", "w")]
    find_people_shard(video / "frames.arrow", videos, faces, out, tmp_path / "shots.parquet")
    rows, stored = read_arrow(out, PEOPLE).to_pylist(), Frames(video / "frames.arrow")
    assert len(rows) == 2
    for row, person in zip(rows, PeopleTable(out).people("v"), strict=True):
        expected = DlibResnet().embed(stored.picture("v", row["best"]), person.faces[row["best"]])
        # The stored points are rounded; different faces are 0.5 apart.
        assert len(expected) == 128 and row["embedding"] == pytest.approx(expected.tolist(), abs=1e-4)
        assert row | {"embedding": None} == people(video)[row["person"] - 1]


def test_a_vector_that_nothing_computes_cannot_be_stored() -> None:
    with pytest.raises(ValueError, match=r"identity\.store needs an embedder, and identity\.embedder is none"):
        Faces(identity={"store": True, "embedder": "none"})


def test_shots_follow_each_other(video: Path) -> None:
    rows = read_parquet(found_beside(video / "faces.arrow")[1], SHOTS).to_pylist()
    assert [(row["video"], row["shot"], row["first"], row["frames"]) for row in rows] == [
        ("v", 0, 0, 6),
        ("v", 1, 6, 2),
        ("w", 0, 0, 1),
    ]


def test_a_subject_may_name_its_person(video: Path) -> None:
    rows = read_arrow(video / "faces.arrow", FACES).to_pylist()
    boxes = {row["subject"]: row["box"] for row in rows if row["frame"] == 3}
    assert (boxes["first"][0] + boxes["first"][2]) / 2 == pytest.approx(face_centre(LARGE)[0], abs=10)
    assert (boxes["second"][0] + boxes["second"][2]) / 2 == pytest.approx(face_centre(SMALL, 150)[0], abs=10)
    assert [row["found"] for row in rows if row["subject"] == "w"] == [False]


def test_faces_are_read_as_they_were_found(video: Path) -> None:
    table = PeopleTable(found_beside(video / "faces.arrow")[0])
    assert table.people("w") == table.people("nobody") == []
    for person, portrait, row in zip(table.people("v"), table.portraits("v"), people(video), strict=True):
        assert list(person.faces) == row["face_frames"]
        assert np.array_equal(np.concatenate([face.box for face in person.faces.values()]), row["boxes"])
        assert portrait.person == row["person"] and portrait.picture == row["picture"]


def test_tables_that_contradict_themselves_are_named(video: Path, tmp_path: Path) -> None:
    (row, _) = people(video)
    with arrow_writer(tmp_path / "people.arrow", PEOPLE) as writer:
        lists = {name: np.array(row[name]) for name in ("face_frames", "boxes", "points")}
        writer.append(row | lists | {"scores": np.array(row["scores"][1:])})
    with pytest.raises(InputError, match=r"people\.arrow: person 1 of video v has 5 faces and lists of other lengths"):
        PeopleTable(tmp_path / "people.arrow").people("v")
    write_parquet(tmp_path / "shots.parquet", [{"video": "v", "shot": 0, "first": 3, "frames": 5}], SHOTS)
    with pytest.raises(InputError, match=r"shot 0 of video v begins with frame 3, expected 0"):
        read_shots(tmp_path / "shots.parquet")


def test_shots_of_another_run_are_refused(video: Path, tmp_path: Path) -> None:
    shots = [{"video": "v", "shot": 0, "first": 0, "frames": 7}, {"video": "w", "shot": 0, "first": 0, "frames": 1}]
    write_parquet(tmp_path / "shots.parquet", shots, SHOTS)
    found, videos = found_beside(video / "faces.arrow")[0], [Video("v", Path("v.mp4")), Video("w", Path("w.mp4"))]
    with pytest.raises(InputError, match=r"shots\.parquet: has 7 frames of video 'v', .*frames\.arrow 8"):
        align_shard(video / "frames.arrow", found, tmp_path / "shots.parquet", videos, Faces(), tmp_path / "f.arrow")
