"""What the demo corpus says of expressions and action units, and how often each occurs."""

import numpy as np
import pytest

from affectflow.config.data.corpora import DemoCorpus
from affectflow.core.tracks import Edition, Track, track_of
from affectflow.datasets.video.demo_clips import SPLITS, plan
from affectflow.synthetic.labels import label_rows
from affectflow.synthetic.make import affects
from affectflow.synthetic.plane import expressions, units


@pytest.mark.parametrize(
    ("valence", "arousal", "late", "early"),
    [
        (0.0, 0.0, "neutral", "neutral"),
        (-0.15, 0.15, "neutral", "neutral"),
        (0.8, 0.2, "happiness", "happiness"),
        (0.3, 0.6, "surprise", "surprise"),
        (-0.2, 0.7, "fear", "fear"),
        (-0.6, 0.6, "anger", "anger"),
        (-0.7, 0.2, "disgust", "disgust"),
        (-0.5, -0.5, "sadness", "sadness"),
        (0.2, -0.6, "other", "neutral"),
    ],
)
def test_expressions_lie_around_the_circle(valence: float, arousal: float, late: str, early: str) -> None:
    place = np.array([[valence, arousal]])
    for edition, expected in (("abaw3", late), ("abaw2", early), ("abaw1", early)):
        track = track_of("expr", edition)
        assert track.outputs[int(expressions(place, track)[0, 0])] == expected


def test_units_show_what_the_face_does() -> None:
    def active_units(valence: float, arousal: float, edition: Edition = "abaw2") -> set[str]:
        track = track_of("au", edition)
        return {
            u
            for u, active in zip(track.outputs, units(np.array([[valence, arousal]]), track)[0], strict=True)
            if active
        }

    assert active_units(0.7, 0.0) == {"au6", "au12", "au25"}
    assert active_units(-0.7, -0.15) == {"au4", "au15"}
    assert active_units(0.0, 0.7) == {"au1", "au2", "au25", "au26"}
    assert active_units(0.1, -0.7) == {"au7", "au24"}
    assert active_units(-0.1, -0.7) == {"au7", "au23", "au24"}
    assert active_units(-0.5, 0.6) == {"au1", "au2", "au4", "au10", "au15", "au25", "au26"}
    assert active_units(-0.5, 0.6, "abaw1") == {"au1", "au2", "au4", "au15", "au20", "au25"}


def annotated(track: Track, split: str) -> np.ndarray:
    """All annotated rows of a split of the default corpus."""
    corpus = DemoCorpus(kind="demo", edition=track.edition)
    rows = np.concatenate(
        [
            label_rows(corpus, clip, actor, affect, track)
            for clip in plan(corpus)
            for actor, affect in zip(clip.actors, affects(corpus, clip), strict=True)
            if clip.split == split
        ]
    )
    return rows[(rows >= 0).all(axis=1)]


@pytest.mark.parametrize("split", SPLITS)
@pytest.mark.parametrize("edition", ["abaw1", "abaw2", "abaw3"])
def test_every_expression_and_either_state_of_every_unit_is_in_every_split(edition: Edition, split: str) -> None:
    expr, au = track_of("expr", edition), track_of("au", edition)
    classes = np.bincount(annotated(expr, split)[:, 0].astype(int), minlength=len(expr.outputs))
    assert len(classes) == len(expr.outputs)
    assert classes.min() / classes.sum() > 0.05
    assert ((annotated(au, split).mean(axis=0) > 0.05) & (annotated(au, split).mean(axis=0) < 0.95)).all()
