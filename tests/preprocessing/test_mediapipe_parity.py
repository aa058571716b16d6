"""Our BlazePose and BlazeFace against MediaPipe's own solutions.

The numbers were taken once with mediapipe 0.10.21 (NumPy 1.26, protobuf 4) in an environment of its own, on frames as
OpenCV decodes them: joints in pixels and visibility; score and box of faces, of which it drops those below 0.6.
"""

import json
from functools import cache
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray
from repository import ROOT
from skimage.data import astronaut

from affectflow.preprocessing.body.blazepose_networks import JointFinder, PersonFinder
from affectflow.preprocessing.face.detect import make_detector

FACTS: dict[str, Any] = json.loads((Path(__file__).parent / "facts/mediapipe_0.10.21.json").read_text())
CLIPS = ROOT.parent / "shared/clips"
FOUND_BY_DEFAULT = 0.6


@cache
def picture(name: str) -> NDArray[np.uint8]:
    """BGR; skips the test where the recording is not here."""
    file, _, frame = name.partition(" ")
    if not frame:
        return np.ascontiguousarray(astronaut()[:, :, ::-1])
    if not (CLIPS / file).exists():
        pytest.skip(f"{CLIPS / file} is not here")
    film = cv2.VideoCapture(str(CLIPS / file))
    for _ in range(int(frame) + 1):
        success, bgr = film.read()
        assert success
    return np.asarray(bgr)


@pytest.mark.parametrize("name", FACTS["poses"])
def test_joints_are_those_of_mediapipe(name: str) -> None:
    expected = np.array(FACTS["poses"][name])
    region = PersonFinder().region(picture(name))
    assert region is not None
    pose = JointFinder().pose(picture(name), region)
    assert pose is not None and 0.5 <= pose.presence <= 1 and pose.joints.shape == (33, 3)
    in_input = np.abs(pose.joints[:, :2] - expected[:, :2]) / region.side * 256
    assert in_input.max() < 1.5 and np.median(in_input) < 0.05
    assert np.abs(pose.joints[:, 2] - expected[:, 2]).max() < 0.005


@pytest.mark.parametrize("name", FACTS["faces"])
def test_faces_are_those_of_mediapipe(name: str) -> None:
    faces = make_detector("blazeface", FOUND_BY_DEFAULT).detect(picture(name))
    found = np.array([[face.score, *face.box] for face in faces])
    assert np.abs(found - FACTS["faces"][name]).max() < 0.02


def test_nobody_in_an_empty_picture_of_any_shape() -> None:
    for shape in ((64, 64, 3), (360, 640, 3), (500, 90, 3)):
        empty = np.full(shape, 90, np.uint8)
        assert PersonFinder().region(empty) is None
        assert make_detector("blazeface", 0.5).detect(empty) == []


def test_a_person_who_lies_on_the_side_is_found_turned() -> None:
    upright = picture("astronaut")
    sideways = np.ascontiguousarray(np.rot90(upright, -1))
    persons, joints = PersonFinder(), JointFinder()
    expected, turned = (joints.pose(bgr, persons.region(bgr)) for bgr in (upright, sideways))  # type: ignore[arg-type]
    assert expected is not None and turned is not None
    # A quarter clockwise: what was x is y, what was y is the width less x.
    x, y = turned.joints[:, 1], 512 - turned.joints[:, 0]
    seen = expected.joints[:, 2] > 0.9
    distance = np.hypot(x - expected.joints[:, 0], y - expected.joints[:, 1])[seen]
    assert seen.sum() > 10 and np.median(distance) < 8
