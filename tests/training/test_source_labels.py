"""Which faces a set has and which of their annotations count: shared labels, thinning, balance, validation."""

from typing import Any

import numpy as np
import pytest
from artifact_factory import Person
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from pydantic import ValidationError
from sources_lab import branch, write_stills, write_video_corpus

from affectflow.config.system.execution import Loader
from affectflow.config.training.sources import TrainingSource
from affectflow.core.errors import InputError
from affectflow.core.tasks import tasks_of
from affectflow.dataloading.batches import Draws, joint_batches
from affectflow.dataloading.source_faces import Faces
from affectflow.dataloading.source_members import FaceCorpus, Members
from affectflow.training.balance import inverse_counts
from affectflow.training.source_data import SourceData

BOTH = tasks_of("va+expr", "union17")
NAN = float("nan")


@pytest.fixture(scope="module")
def members(tmp_path_factory: pytest.TempPathFactory) -> Members:
    """Subject a has both annotations, b valence and arousal alone; stills of which every third lacks the expression."""
    root = tmp_path_factory.mktemp("labels")
    people = [
        Person("a", "train", 21, unannotated=frozenset({5})),
        Person("b", "train", 9),
        Person("c", "validation", 14),
    ]
    both = write_video_corpus(root, people, {"va": "abaw2", "expr": "abaw2"})
    some = write_video_corpus(root / "expr", [people[0], people[2]], {"expr": "abaw2"})
    corpus = FaceCorpus(both.work, {"va": both.sources["va"], "expr": some.sources["expr"]})
    rows = [
        {"valence": 0.1, "arousal": -0.2} | ({} if number % 3 == 0 else {"expression": number % 7})
        for number in range(12)
    ]
    stills = write_stills(root / "stills", {"train": rows, "validation": rows[:6]})
    return Members({"affect": stills}, {"video": corpus})


def faces(members: Members, split: str = "train", **options: Any) -> Faces:
    sets = {"S": {"batch": 4} | options}
    return Faces(branch(sets, ["va", "expr"]), BOTH, members, split)


def list_annotated(source_faces: Faces) -> list[tuple[bool, bool]]:
    """Whether each face has valence and arousal, and an expression."""
    missing = np.isnan(source_faces.targets)
    return list(zip((~missing[:, :2].any(axis=1)).tolist(), (~missing[:, 2]).tolist(), strict=True))


def test_labels_are_shared_in_training_alone(members: Members) -> None:
    own = faces(members, corpora=["video"], tracks=["expr"])
    assert list_annotated(own) == [(False, True)] * 20, "subject a, but for its frame without annotation"
    shared = faces(members, corpora=["video"], tracks=["expr"], shared=["va"])
    assert list_annotated(shared) == [(True, True)] * 20
    other = faces(members, corpora=["video"], tracks=["va"], shared=["expr"])
    assert list_annotated(other) == [(True, True)] * 20 + [(True, False)] * 9, "b has no expression"
    scored = faces(members, "validation", corpora=["video"], tracks=["expr"], shared=["va"])
    assert list_annotated(scored) == [(False, True)] * 14, "a track is validated by what it is a set of"


def test_a_complete_set_has_faces_with_all_annotations(members: Members) -> None:
    assert len(faces(members, images=["affect"], tracks=["va", "expr"])) == 12
    assert list_annotated(faces(members, images=["affect"], tracks=["va", "expr"], complete=True)) == [(True, True)] * 8


def test_frames_of_some_expressions_are_thinned_to_train(members: Members) -> None:
    """The expression is the frame's number modulo 7: neutral in frames 0, 7, 14; fear in 3, 10, 17."""
    thinned = faces(members, corpora=["video"], tracks=["expr"], class_subsampling={"neutral": 2, "fear": 5})
    numbers = [int(thinned.name(face).rsplit(" ", 1)[1]) for face in range(len(thinned))]
    assert numbers == [frame for frame in range(21) if frame not in (5, 7, 3, 17)]
    assert len(faces(members, "validation", corpora=["video"], tracks=["expr"], class_subsampling={"neutral": 2})) == 14
    every = faces(members, corpora=["video"], tracks=["expr"], class_subsampling={"neutral": 2}, every=7)
    assert [int(every.name(face).rsplit(" ", 1)[1]) for face in range(len(every))] == [0, 14]


def test_which_members_validate(members: Members) -> None:
    options = {"images": ["affect"], "corpora": ["video"], "tracks": ["va"]}
    assert len(faces(members, "validation", **options)) == 6 + 14
    assert len(faces(members, "validation", **options, validate_on="corpora")) == 14
    assert len(faces(members, **options, validate_on="none")) == 12 + 29, "to train all count"
    sets = {
        "VA": {"batch": 4, **options, "validate_on": "none"},
        "E": {"batch": 4, "corpora": ["video"], "tracks": ["expr"]},
    }
    branch_settings = branch(sets, ["va", "expr"])
    with pytest.raises(InputError, match="of 14 samples to validation none is annotated with valence or arousal"):
        SourceData(branch_settings, BOTH, members, 0, Loader())


def test_a_sample_says_which_set_it_is_of(members: Members) -> None:
    sets = {
        "A": {"batch": 4, "images": ["affect"], "tracks": ["va"]},
        "B": {"batch": 4, "corpora": ["video"], "tracks": ["expr"]},
    }
    both = Faces(branch(sets, ["va", "expr"]), BOTH, members, "train")
    assert [int(both[number]["source"]) for number in (0, 11, 12, 31)] == [0, 0, 1, 1]


def test_balanced_sets_are_drawn_by_rarity(members: Members) -> None:
    sets = {"S": {"batch": 5, "corpora": ["video"], "tracks": ["expr"], "balance": ["class"]}}
    data = SourceData(branch(sets, ["expr"]), tasks_of("expr", "union17"), members, 3, Loader())
    (drawn,) = data._draws
    classes = data.train.targets[:, 0].astype(int)
    assert drawn.chances is not None
    shares = [float(drawn.chances[classes == kind].sum()) for kind in range(7)]
    np.testing.assert_allclose(shares, 1 / 7, rtol=1e-12)
    assert data.frames == data.steps * 5, "every batch is full, of single frames"


def test_inverse_counts_by_hand() -> None:
    """Two frames of class 0, one of class 6; cells: the first two share one (0.02 and 0.08 are both in [0, 0.1))."""
    targets = np.array([[0.02, 0.02, 0], [0.08, 0.09, 0], [-1.0, 1.0, 6], [0.3, NAN, NAN]], np.float32)
    assert inverse_counts(targets, BOTH, ["class"]).tolist() == [0.5, 0.5, 1.0, 0.0]
    assert inverse_counts(targets, BOTH, ["cell"]).tolist() == [0.5, 0.5, 1.0, 0.0]
    assert inverse_counts(targets, BOTH, ["class", "cell"]).tolist() == [1.0, 1.0, 2.0, 0.0]
    assert inverse_counts(targets, BOTH, []).tolist() == [0.0] * 4


@given(arrays(np.float32, (40, 2), elements=st.floats(-1, 1, width=32)))
@settings(deadline=None, max_examples=50)
def test_every_occupied_cell_is_as_likely(values: np.ndarray) -> None:
    """The cells of numpy's own histogram over [-1, 1]."""
    tasks = tasks_of("va", "union17")
    rare = inverse_counts(values, tasks, ["cell"])
    edges = np.linspace(-1, 1, 21)
    clear = np.abs(values[..., None].astype(float) - edges).min(axis=(1, 2)) > 1e-6  # on an edge rounding decides
    counted, _, _ = np.histogram2d(values[:, 0], values[:, 1], bins=(edges, edges))
    place = [np.clip(np.digitize(values[:, k].astype(float), edges) - 1, 0, 19) for k in (0, 1)]
    if clear.all():
        np.testing.assert_allclose(rare, 1 / counted[place[0], place[1]])
    assert rare.sum() == pytest.approx(np.round(rare.sum())), "a sum of 1 for each occupied cell"


@given(st.integers(1, 40), st.integers(1, 9), st.integers(1, 60), st.integers(0, 9))
@settings(deadline=None)
def test_a_set_is_gone_through_again_until_every_batch_is_full(small: int, batch: int, large: int, epoch: int) -> None:
    steps = joint_batches([Draws(large, 7), Draws(small, batch, again=True)], seed=1, epoch=epoch)
    assert all(len(second) == batch for _, second in steps)
    order = np.concatenate([second for _, second in steps])
    for first in range(0, len(order) - small + 1, small):
        assert sorted(order[first : first + small].tolist()) == list(range(small)), "each once before any again"


def test_draws_follow_the_chances() -> None:
    chances = np.array([0.7, 0.2, 0.1, 0.0])
    steps = joint_batches([Draws(4, 1000, chances=chances), Draws(20, 1)], seed=0, epoch=0)
    counts = np.bincount(np.concatenate([first for first, _ in steps]), minlength=4)
    assert counts.sum() == 20_000 and counts[3] == 0
    np.testing.assert_allclose(counts / counts.sum(), chances, atol=0.02)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"shared": ["va"]}, "shared names va, which tracks has already"),
        ({"balance": ["class"]}, "balance by class needs expr among tracks"),
        ({"class_subsampling": {"neutral": 2}}, "class_subsampling leaves out frames by their expression"),
        ({"balance": ["cell", "cell"]}, "balance names one twice"),
    ],
)
def test_settings_that_say_nothing_are_refused(changes: dict[str, Any], message: str) -> None:
    with pytest.raises(ValidationError, match=message):
        TrainingSource.model_validate({"images": ["x"], "tracks": ["va"], "batch": 1} | changes)
