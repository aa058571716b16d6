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
from affectflow.preprocessing.face.detect import make_detector
from affectflow.preprocessing.face.landmarks import Dlib68, anchors_of
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
    made = {layout: settings(layout, root) for layout in ("expw", "afewva")}
    for corpus in made.values():
        make_pictures(corpus)
    return made


def found(stills: list[Still]) -> Iterator[tuple[Still, np.ndarray]]:
    """Pictures with the landmarks (68, 2) that dlib finds in them, enlarged so that its detector does."""
    detector, model, larger = make_detector("dlib-hog", 0), Dlib68(), 3
    for its in stills:
        picture = cv2.resize(cv2.imread(str(its.path)), None, fx=larger, fy=larger, interpolation=cv2.INTER_CUBIC)
        (face,) = detector.detect(picture)
        yield its, model.landmarks(picture, face, detector.square) / larger


def test_a_box_of_expw_holds_the_face_as_an_aligned_one_lies(corpora: dict[str, DemoImages]) -> None:
    corners = []
    for its, landmarks in found(list_images(corpora["expw"], "train")[:12]):
        assert isinstance(its.box, tuple)
        corner = np.array(its.box[:2])
        assert (its.box[2] - its.box[0], its.box[3] - its.box[1]) == (SIZE, SIZE)
        assert np.abs((anchors_of(landmarks) - corner) * 112 / SIZE - TEMPLATE).mean() < 7
        corners.append(corner)
    assert np.std(corners, axis=0).min() > 5, "the face is not always at one place"


def told_landmarks(its: Still) -> np.ndarray:
    held = json.loads((its.path.parent / f"{its.path.parent.name}.json").read_text())
    return np.array(held["frames"][its.path.stem]["landmarks"])


def test_landmarks_of_afewva_are_those_of_the_drawn_face(corpora: dict[str, DemoImages]) -> None:
    clips = [next(its) for _, its in groupby(list_images(corpora["afewva"], "train"), lambda its: its.path.parent)]
    assert len(clips) == 7
    for its, landmarks in found(clips):
        off = np.linalg.norm(told_landmarks(its) - landmarks, axis=1)
        assert off.mean() < 0.03 * np.ptp(landmarks, axis=0).max(), "a face that is mirrored has left and right changed"


def test_landmarks_of_afewva_follow_the_expression(corpora: dict[str, DemoImages]) -> None:
    rows = []
    for its in list_images(corpora["afewva"], "train"):
        marks, known = told_landmarks(its), its.annotation
        assert known is not None
        eyes = np.linalg.norm(marks[36] - marks[45])
        mouth, lift = marks[66, 1] - marks[62, 1], marks[[51, 57], 1].mean() - marks[[48, 54], 1].mean()
        rows.append((known.valence, known.arousal, lift / eyes, mouth / eyes))
    valence, arousal, lift, mouth = np.array(rows, float).T
    assert np.corrcoef(arousal, mouth)[0, 1] > 0.9 and np.corrcoef(valence, lift - mouth / 2)[0, 1] > 0.9


def test_the_box_around_a_drawn_face_lies_in_its_picture(corpora: dict[str, DemoImages]) -> None:
    pictures = list_images(corpora["afewva"], "train")
    assert pictures
    for its in pictures:
        picture = cv2.imread(str(its.path))
        assert picture.shape == (2 * SIZE, 2 * SIZE, 3)
        assert isinstance(its.box, tuple) and min(its.box) >= 0 and max(its.box) <= 2 * SIZE


def test_pictures_of_a_clip_are_nearly_alike(corpora: dict[str, DemoImages]) -> None:
    stills = list_images(corpora["afewva"], "train")
    clips = [list(its) for _, its in groupby(stills, lambda its: its.path.parent.name)]
    assert [len(its) for its in clips] == [10] * 6 + [1]
    pictures = [[cv2.imread(str(one.path)).astype(float) for one in its] for its in clips]
    within = [np.abs(one - other).mean() for its in pictures for one, other in pairwise(its)]
    between = [np.abs(one[0] - other[0]).mean() for one, other in pairwise(pictures)]
    assert max(within) < min(between) / 5
    plan = plan_pictures(corpora["afewva"])
    for _, its in groupby(plan, lambda one: one.scene):
        path = np.array([(one.valence, one.arousal) for one in its])
        assert np.abs(np.diff(path, axis=0)).max(initial=0) < 0.25
    assert len({(one.valence, one.arousal) for one in plan}) > 20, "they are not all alike"


def test_more_clips_than_names_are_refused() -> None:
    with pytest.raises(InputError, match=r"names for 999 clips of 10 pictures.* too few for pictures: \[9999, 9999\]"):
        plan_pictures(settings("afewva", pictures=(9999, 9999)))
    assert len(plan_pictures(settings("afewva", pictures=(4000, 2000)))) == 6000
