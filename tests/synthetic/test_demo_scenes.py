"""Synthetic scenes in the layouts of ExpW and AFEW-VA: where the labels say a face is, there it is."""

import json
from collections.abc import Iterator
from itertools import groupby, pairwise
from pathlib import Path

import cv2
import numpy as np
import pytest

from affectflow.config.data.images import DemoImages
from affectflow.core.errors import InputError
from affectflow.datasets.images.demo_pictures import plan_pictures
from affectflow.datasets.images.registry import list_images
from affectflow.datasets.images.stills import Still
from affectflow.preprocessing.face.anchors import anchors_of
from affectflow.preprocessing.face.detect import make_detector
from affectflow.preprocessing.face.landmarks import Dlib68
from affectflow.preprocessing.face.template import TEMPLATE
from affectflow.synthetic.make_pictures import make_pictures

SIZE = 96


def settings(layout: str, root: Path = Path(), pictures: tuple[int, int] = (61, 12)) -> DemoImages:
    return DemoImages.model_validate(
        {"kind": "demo", "layout": layout, "root": root / layout, "pictures": pictures, "size": SIZE}
    )


@pytest.fixture(scope="module")
def corpora(tmp_path_factory: pytest.TempPathFactory) -> dict[str, DemoImages]:
    root = tmp_path_factory.mktemp("scenes")
    by_layout = {layout: settings(layout, root) for layout in ("expw", "afewva")}
    for corpus in by_layout.values():
        make_pictures(corpus)
    return by_layout


def find_landmarks(stills: list[Still]) -> Iterator[tuple[Still, np.ndarray]]:
    """Pictures with the landmarks (68, 2) that dlib finds in them, enlarged so that its detector does."""
    detector, model, larger = make_detector("dlib-hog", 0), Dlib68(), 3
    for still in stills:
        picture = cv2.resize(cv2.imread(str(still.path)), None, fx=larger, fy=larger, interpolation=cv2.INTER_CUBIC)
        (face,) = detector.detect(picture)
        yield still, model.landmarks(picture, face, detector.square) / larger


def test_a_box_of_expw_holds_the_face_as_an_aligned_one_lies(corpora: dict[str, DemoImages]) -> None:
    corners = []
    for still, landmarks in find_landmarks(list_images(corpora["expw"], "train")[:12]):
        assert isinstance(still.box, tuple)
        corner = np.array(still.box[:2])
        assert (still.box[2] - still.box[0], still.box[3] - still.box[1]) == (SIZE, SIZE)
        assert np.abs((anchors_of(landmarks) - corner) * 112 / SIZE - TEMPLATE).mean() < 7
        corners.append(corner)
    assert np.std(corners, axis=0).min() > 5, "the face is not always at one place"


def read_landmarks(still: Still) -> np.ndarray:
    document = json.loads((still.path.parent / f"{still.path.parent.name}.json").read_text())
    return np.array(document["frames"][still.path.stem]["landmarks"])


def test_landmarks_of_afewva_are_those_of_the_drawn_face(corpora: dict[str, DemoImages]) -> None:
    clips = [
        next(group) for _, group in groupby(list_images(corpora["afewva"], "train"), lambda still: still.path.parent)
    ]
    assert len(clips) == 7
    for still, landmarks in find_landmarks(clips):
        errors = np.linalg.norm(read_landmarks(still) - landmarks, axis=1)
        assert errors.mean() < 0.03 * np.ptp(landmarks, axis=0).max(), (
            "a face that is mirrored has left and right changed"
        )


def test_landmarks_of_afewva_follow_the_expression(corpora: dict[str, DemoImages]) -> None:
    rows = []
    for still in list_images(corpora["afewva"], "train"):
        marks, annotation = read_landmarks(still), still.annotation
        assert annotation is not None
        eyes = np.linalg.norm(marks[36] - marks[45])
        mouth, lift = marks[66, 1] - marks[62, 1], marks[[51, 57], 1].mean() - marks[[48, 54], 1].mean()
        rows.append((annotation.valence, annotation.arousal, lift / eyes, mouth / eyes))
    valence, arousal, lift, mouth = np.array(rows, float).T
    assert np.corrcoef(arousal, mouth)[0, 1] > 0.9 and np.corrcoef(valence, lift - mouth / 2)[0, 1] > 0.9


def test_the_box_around_a_drawn_face_lies_in_its_picture(corpora: dict[str, DemoImages]) -> None:
    pictures = list_images(corpora["afewva"], "train")
    assert pictures
    for still in pictures:
        picture = cv2.imread(str(still.path))
        assert picture.shape == (2 * SIZE, 2 * SIZE, 3)
        assert isinstance(still.box, tuple) and min(still.box) >= 0 and max(still.box) <= 2 * SIZE


def test_pictures_of_a_clip_are_nearly_alike(corpora: dict[str, DemoImages]) -> None:
    stills = list_images(corpora["afewva"], "train")
    clips = [list(group) for _, group in groupby(stills, lambda still: still.path.parent.name)]
    assert [len(group) for group in clips] == [10] * 6 + [1]
    pictures = [[cv2.imread(str(one.path)).astype(float) for one in group] for group in clips]
    within = [np.abs(one - other).mean() for group in pictures for one, other in pairwise(group)]
    between = [np.abs(one[0] - other[0]).mean() for one, other in pairwise(pictures)]
    assert max(within) < min(between) / 5
    plan = plan_pictures(corpora["afewva"])
    for _, group in groupby(plan, lambda one: one.scene):
        path = np.array([(one.valence, one.arousal) for one in group])
        assert np.abs(np.diff(path, axis=0)).max(initial=0) < 0.25
    assert len({(one.valence, one.arousal) for one in plan}) > 20, "they are not all alike"


def test_more_clips_than_names_are_refused() -> None:
    with pytest.raises(InputError, match=r"names for 999 clips of 10 pictures.* too few for pictures: \[9999, 9999\]"):
        plan_pictures(settings("afewva", pictures=(9999, 9999)))
    assert len(plan_pictures(settings("afewva", pictures=(4000, 2000)))) == 6000
