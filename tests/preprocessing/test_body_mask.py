"""Frames and faces to BODY rows, by BlazePose and by OpenPose's files."""

import json
import shutil
import subprocess
from pathlib import Path

import numpy as np
import pytest
import warm
from people import HEIGHT, WIDTH, face_centre, scene, write_frames, write_videos

from affectflow.artifacts.schemas import BODY, FACES
from affectflow.artifacts.tables import arrow_writer, read_parquet
from affectflow.config.data.preprocessing import Body
from affectflow.core.errors import InputError
from affectflow.datasets.video.shard import Subject, Video
from affectflow.preprocessing.body.body25 import INDEX, head_centre, head_only
from affectflow.preprocessing.body.box import agent_box
from affectflow.preprocessing.body.mask import mask_shard

BOTH = Video("v", Path("v.mp4"), (Subject("v_left", "left"), Subject("v_right", "right")))
PLACES = [((10.0 + n, 20.0), (250.0, 22.0 + n)) for n in range(3)]


def write_faces(
    path: Path, faces: dict[str, list[np.ndarray | str | None]], shots: tuple[int, ...] = (0, 0, 0)
) -> Path:
    """FACES rows: a face's middle, None for one not found, "official" for one without a box."""
    with arrow_writer(path, FACES) as writer:
        for subject, places in faces.items():
            for frame, at in enumerate(places):
                box = None if at is None or isinstance(at, str) else np.concatenate([at - 22, at + 22])
                row = dict.fromkeys(FACES.names) | {"subject": subject, "frame": frame, "found": at is not None}
                writer.append(row | {"shot": shots[frame], "box": None if box is None else box.astype(np.float32)})
    return path


def rows(path: Path, subject: str) -> list[dict]:
    return [row for row in read_parquet(path, BODY).to_pylist() if row["subject"] == subject]


def joints(row: dict) -> np.ndarray:
    return np.array(row["joints"], np.float32).reshape(25, 3)


@pytest.fixture(scope="module")
def two(tmp_path_factory):
    folder = tmp_path_factory.mktemp("two")
    write_frames(folder / "frames.arrow", {"v": [scene(places) for places in PLACES]})
    write_videos(folder / "videos.parquet", {"v": len(PLACES)})
    faces = {s.subject: [face_centre(p[n]) for p in PLACES] for n, s in enumerate(BOTH.subjects)}
    # The right face is hidden in frame 1: its place in frame 0 tells where to look.
    faces["v_right"][1] = None
    write_faces(folder / "faces.arrow", faces)
    run(folder)
    return folder


def run(folder: Path, out: str = "body.parquet", video: Video = BOTH, **settings) -> None:
    paths = (folder / "frames.arrow", folder / "faces.arrow", folder / "videos.parquet")
    mask_shard(*paths, (video,), Body(**settings), folder / out)


def test_each_subject_gets_its_own_body(two):
    for number, subject in enumerate(BOTH.subjects):
        body_rows = rows(two / "body.parquet", subject.subject)
        assert [(r["frame"], r["found"]) for r in body_rows] == [(0, True), (1, True), (2, True)]
        for row, places in zip(body_rows, PLACES, strict=True):
            head = head_centre(joints(row), 0.1)
            assert np.abs(head - face_centre(places[number])).max() < 20
            box = agent_box(joints(row), (WIDTH, HEIGHT), 0.1, 0.25, 0.1)
            assert row["box"] == pytest.approx(box)


def test_what_the_mapping_cannot_know_is_missing(two):
    body_joints = joints(rows(two / "body.parquet", "v_left")[0])
    for name in ("left_small_toe", "right_small_toe"):
        assert (body_joints[INDEX[name]] == 0).all()
    neck, left, right = (body_joints[INDEX[name]] for name in ("neck", "left_shoulder", "right_shoulder"))
    assert neck[:2] == pytest.approx((left[:2] + right[:2]) / 2, abs=0.01)
    # Her left is at the picture's right, and her eyes lie above her shoulders.
    assert left[0] > right[0]
    assert body_joints[INDEX["left_eye"], 0] > body_joints[INDEX["right_eye"], 0]
    assert body_joints[INDEX["left_eye"], 1] < neck[1]
    visible = body_joints[body_joints[:, 2] > 0]
    assert (visible[:, :2] >= 0).all() and (visible[:, 0] <= WIDTH).all() and (visible[:, 1] <= HEIGHT).all()


def test_the_same_input_gives_the_same_bytes(two):
    run(two, "again.parquet")
    assert (two / "again.parquet").read_bytes() == (two / "body.parquet").read_bytes()


def test_a_subject_whose_face_is_nowhere_has_no_body(two, tmp_path):
    for name in ("frames.arrow", "videos.parquet"):
        (tmp_path / name).symlink_to(two / name)
    write_faces(tmp_path / "faces.arrow", {"v_left": [None] * 3, "v_right": [face_centre(p[1]) for p in PLACES]})
    run(tmp_path)
    assert [r["found"] for r in rows(tmp_path / "body.parquet", "v_left")] == [False] * 3
    row = rows(tmp_path / "body.parquet", "v_left")[0]
    assert row["box"] is None and row["joints"] == [0] * 75
    assert [r["found"] for r in rows(tmp_path / "body.parquet", "v_right")] == [True] * 3


def test_a_face_says_nothing_of_another_shot(two, tmp_path):
    for name in ("frames.arrow", "videos.parquet"):
        (tmp_path / name).symlink_to(two / name)
    left = [None, None, face_centre(PLACES[2][0])]
    write_faces(tmp_path / "faces.arrow", {"v_left": left, "v_right": [None] * 3}, shots=(0, 0, 1))
    run(tmp_path)
    assert [r["found"] for r in rows(tmp_path / "body.parquet", "v_left")] == [False, False, True]


def test_a_body_away_from_the_face_is_not_the_subjects(two, tmp_path):
    for name in ("frames.arrow", "videos.parquet"):
        (tmp_path / name).symlink_to(two / name)
    # Two faces beyond the heads: someone whom BlazePose does not see.
    away = [face_centre(p[1]) + np.array([90, 70]) for p in PLACES]
    write_faces(tmp_path / "faces.arrow", {"v_left": [face_centre(p[0]) for p in PLACES], "v_right": away})
    run(tmp_path)
    assert [r["found"] for r in rows(tmp_path / "body.parquet", "v_right")] == [False] * 3


def test_official_faces_have_no_box_and_each_half_its_person(two, tmp_path):
    for name in ("frames.arrow", "videos.parquet"):
        (tmp_path / name).symlink_to(two / name)
    write_faces(tmp_path / "faces.arrow", {"v_left": ["official"] * 3, "v_right": ["official", None, "official"]})
    run(tmp_path)
    for number, subject in enumerate(BOTH.subjects):
        for row, places in zip(rows(tmp_path / "body.parquet", subject.subject), PLACES, strict=True):
            assert np.abs(head_centre(joints(row), 0.1) - face_centre(places[number])).max() < 20


def test_joints_from_openpose_files_of_the_larger_source(two, tmp_path):
    (tmp_path / "frames.arrow").symlink_to(two / "frames.arrow")
    (tmp_path / "faces.arrow").symlink_to(two / "faces.arrow")
    write_videos(tmp_path / "videos.parquet", {"v": 3}, source=(2 * WIDTH, 2 * HEIGHT))
    (tmp_path / "json" / "v").mkdir(parents=True)
    for n, places in enumerate(PLACES):
        people = []
        # The right one first: the order of OpenPose's people means nothing.
        for place in reversed(places):
            x, y = 2 * face_centre(place)
            person = np.zeros((25, 3))
            person[:2] = (x, y, 0.8), (x + 60, y + 200, 0.9)
            people.append({"pose_keypoints_2d": person.ravel().tolist()})
        path = tmp_path / "json" / "v" / f"v_{n:012d}_keypoints.json"
        path.write_text(json.dumps({"people": people}), encoding="utf-8")
    run(tmp_path, backend="openpose-json", openpose_json=str(tmp_path / "json"))
    for number, subject in enumerate(BOTH.subjects):
        for row, places in zip(rows(tmp_path / "body.parquet", subject.subject), PLACES, strict=True):
            x, y = face_centre(places[number])
            assert row["box"] == pytest.approx([x - 3, y - 25, x + 33, y + 125], abs=0.01)


def test_all_joints_below_the_limit(two, tmp_path):
    (tmp_path / "frames.arrow").symlink_to(two / "frames.arrow")
    (tmp_path / "faces.arrow").symlink_to(two / "faces.arrow")
    (tmp_path / "videos.parquet").symlink_to(two / "videos.parquet")
    (tmp_path / "json" / "v").mkdir(parents=True)
    for n, places in enumerate(PLACES):
        people = [{"pose_keypoints_2d": [*face_centre(place), 0.09] * 25} for place in places]
        (tmp_path / "json" / "v" / f"{n:05d}_keypoints.json").write_text(json.dumps({"people": people}))
    run(tmp_path, backend="openpose-json", openpose_json=str(tmp_path / "json"))
    assert not read_parquet(tmp_path / "body.parquet", BODY)["found"].to_numpy().any()


def test_faces_of_another_video(two, tmp_path):
    for name in ("frames.arrow", "videos.parquet"):
        (tmp_path / name).symlink_to(two / name)
    write_faces(tmp_path / "faces.arrow", {"v_left": [None] * 2, "v_right": [None] * 3})
    with pytest.raises(InputError, match=r"2 rows of subject 'v_left', expected 3"):
        run(tmp_path)


def test_the_script(root, two, tmp_path):
    command = [warm.python(), root / "workflow/scripts/mask_body.py", "--shard", json.dumps([BOTH.to_json()])]
    for name, file in (("frames", "frames.arrow"), ("faces", "faces.arrow"), ("videos", "videos.parquet")):
        command += [f"--{name}", two / file]
    result = subprocess.run([*command, "--out", tmp_path / "b.parquet"], capture_output=True, text=True, check=True)
    assert "v_left: body found in 3 of 3 frames" in result.stderr
    assert (tmp_path / "b.parquet").read_bytes() == (two / "body.parquet").read_bytes()


HEAD_POSE = {"nose": (105.0, 66.0, 0.9), "left_eye": (110.0, 60.0, 0.9), "right_eye": (100.0, 60.0, 0.9)}


def test_a_head_alone_is_a_body_unless_a_joint_below_it_is_asked_for(two, tmp_path, capsys):
    """In frame 0 the neck is below the limit of .1, in frame 1 at it; in frame 2 there is nobody."""
    for frame, neck in enumerate((0.09, 0.1, None)):
        pose = np.zeros((25, 3))
        for name, joint in {**HEAD_POSE, "neck": (105, 110, neck)}.items() if neck else ():
            pose[INDEX[name]] = joint
        path = tmp_path / "json" / "v" / f"v_{frame:012d}_keypoints.json"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps({"people": [{"pose_keypoints_2d": pose.ravel().tolist()}]}))
    shutil.copy(two / "frames.arrow", tmp_path)
    write_videos(tmp_path / "videos.parquet", {"v": 3})
    write_faces(tmp_path / "faces.arrow", {"v": [np.array([105.0, 62.0])] * 3})
    video = Video("v", Path("v.mp4"), (Subject("v"),))
    options = {"backend": "openpose-json", "openpose_json": str(tmp_path / "json"), "video": video}
    run(tmp_path, "any.parquet", **options)
    assert "v: body found in 2 of 3 frames, the head alone in 1" in capsys.readouterr().err
    run(tmp_path, "below.parquet", below_head=True, **options)
    assert "v: body found in 1 of 3 frames\n" in capsys.readouterr().err
    with_heads, without = (rows(tmp_path / name, "v") for name in ("any.parquet", "below.parquet"))
    assert [row["found"] for row in with_heads] == [True, True, False]
    assert [row["found"] for row in without] == [False, True, False]
    assert without[1] == with_heads[1] and with_heads[0]["box"] is not None
    assert without[0] == without[2] | {"frame": 0} and without[0]["box"] is None and not any(without[0]["joints"])
    poses = np.array([row["joints"] for row in with_heads]).reshape(-1, 25, 3)
    assert head_only(poses, 0.1).tolist() == [True, False, False]
    assert head_only(poses, 0.95).tolist() == [False, False, False]  # no joint is seen
