"""Tallies by subject give the very scores that the frames give: by hand, scikit-learn and torchmetrics."""

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from sklearn.metrics import accuracy_score, confusion_matrix, f1_score, mean_squared_error

from affectflow.core.tracks import Edition, Track, TrackName, track_of
from affectflow.metrics.measures import ccc
from affectflow.metrics.sufficient_statistics import details, scores, tally

Array = NDArray[np.float32]
TRACKS = [track_of(name) for name in ("va", "expr", "au")]
seeds = st.integers(0, 2**32 - 1)
names = pytest.mark.parametrize("track", TRACKS, ids=[track.name for track in TRACKS])


def frames(track: Track, count: int, seed: int, missing: float = 0.2) -> tuple[Array, Array]:
    """Predictions with some relation to annotations, of which a share is missing."""
    rng = np.random.default_rng(seed)
    values = rng.uniform(*track.bounds, (count, len(track.outputs)))
    if track.name == "expr":
        classes = rng.choice(len(track.outputs), count, p=rng.dirichlet(np.ones(len(track.outputs))))
        values[np.arange(count), classes] += 0.5 * rng.random(count)
        targets = classes[:, None].astype(np.float64)
    elif track.name == "au":
        targets = (rng.random(values.shape) < 0.3 * values + 0.2 * rng.random(len(track.outputs))).astype(np.float64)
    else:
        targets = np.clip(0.6 * values + rng.normal(0.1, 0.3, values.shape), -1, 1)
    targets[rng.random(targets.shape) < missing] = np.nan
    return values.astype(np.float32), targets.astype(np.float32)


def tally_all(track: Track, values: Array, targets: Array, **more: Any) -> NDArray[np.float64]:
    return tally(track, values, targets, [0, len(values)], **more)[0]


def score(track: Track, values: Any, targets: Any, **more: Any) -> dict[str, float]:
    one = tally_all(track, np.asarray(values, np.float32), np.asarray(targets, np.float32))
    return {name: float(value) for name, value in scores(track, one, **more).items()}


def test_va_by_hand() -> None:
    # valence: prediction .1 .2 .3, annotation .1 .3 .5: 8/13 (see test_metrics); arousal equal: 1
    result = score(track_of("va"), [[0.1, 0.5], [0.2, 0.0], [0.3, -0.5]], [[0.1, 0.5], [0.3, 0.0], [0.5, -0.5]])
    assert result == pytest.approx({"ccc_valence": 8 / 13, "ccc_arousal": 1, "total": (8 / 13 + 1) / 2}, abs=1e-6)


def test_expressions_by_hand() -> None:
    # annotated 0 0 0 1 1 2, predicted 0 0 1 1 0 2: F1 4/6, 2/4, 1; of four other classes nothing is known
    predicted = np.eye(7)[[0, 0, 1, 1, 0, 2]]
    targets = np.array([[0, 0, 0, 1, 1, 2]]).T
    mean, right = (4 / 6 + 2 / 4 + 1) / 3, 4 / 6
    result = score(track_of("expr"), predicted, targets)
    assert result == pytest.approx({"f1": mean, "accuracy": right, "total": 0.67 * mean + 0.33 * right})


def test_units_by_hand() -> None:
    # unit 1: tp 1, fp 1, fn 1, tn 1: F1 1/2; unit 2: tp 2, tn 1, one frame not annotated: F1 1; unit 3: never there nor
    # found: 0, or left out; unit 4 is not annotated; all others found in each of 4 frames and never there: F1 0. Right:
    # 2 + 3 + 4 of 11 * 4 - 1 decisions.
    track = track_of("au")
    values, targets = np.ones((4, 12)), np.zeros((4, 12))
    values[:, :3] = [[0.9, 0.5, 0.1], [0.8, 0.9, 0.0], [0.3, 0.2, 0.4], [0.2, 0.9, 0.49]]
    targets[:, 0], targets[:, 1], targets[:, 3] = [1, 0, 1, 0], [1, 1, 0, np.nan], np.nan
    result = score(track, values, targets)
    assert result == pytest.approx({"f1": 1.5 / 11, "accuracy": 9 / 43, "total": (1.5 / 11 + 9 / 43) / 2})
    others = score(track_of("au", absent_units="leave_out"), values, targets)
    assert others == pytest.approx({"f1": 1.5 / 10, "accuracy": 9 / 43, "total": (1.5 / 10 + 9 / 43) / 2})
    units = details(track, tally_all(track, *map(np.float32, (values, targets))))["f1"]
    assert units["au4"] == 0.0 and np.isnan(units["au6"])


@given(seeds, st.integers(2, 300))
def test_ccc_is_that_of_the_frames(seed: int, count: int) -> None:
    track = track_of("va")
    values, targets = frames(track, count, seed)
    targets[:2] = [[0.5, -0.5], [-0.5, 0.5]]
    result = score(track, values, targets)
    mask = ~np.isnan(targets).any(axis=1)  # a frame that lacks one dimension lacks both
    for column, name in enumerate(track.scores[:2]):
        x, y = values[mask, column].astype(np.float64), targets[mask, column].astype(np.float64)
        assert result[name] == pytest.approx(ccc(x, y), abs=1e-9)
        # 1 - expected squared error over that of independent draws (Lin 1989)
        independent = x.var() + y.var() + (x.mean() - y.mean()) ** 2
        assert result[name] == pytest.approx(1 - mean_squared_error(y, x) / independent, abs=1e-9)


def test_ccc_agrees_with_torchmetrics() -> None:
    import affectflow.compute.torch_pair  # noqa: F401, I001
    import torch
    from torchmetrics.functional import concordance_corrcoef

    track = track_of("va")
    values, targets = (part.astype(np.float64) for part in frames(track, 400, 2, missing=0))
    values, targets = values - values.mean(axis=0), targets - targets.mean(axis=0)  # see test_metrics
    result = score(track, values, targets)
    for column, name in enumerate(track.scores[:2]):
        theirs = concordance_corrcoef(torch.from_numpy(values[:, column]), torch.from_numpy(targets[:, column]))
        assert result[name] == pytest.approx(float(theirs), abs=1e-6)


@pytest.mark.parametrize("ratio", [1e-6, 1e-8, 1e-10])
def test_ccc_of_nearly_constant_columns(ratio: float) -> None:
    rng = np.random.default_rng(1)
    spread = np.sqrt(ratio) * 0.9
    common, noise = rng.normal(size=(2, 200_000))
    x, y = (0.9 + spread * part for part in (common, 0.8 * common + 0.6 * noise))
    values, targets = (np.stack([part, 0.1 - part / 2], axis=1).astype(np.float32) for part in (x, y))
    subjects = tally(track_of("va"), values, targets, np.arange(0, 200_001, 50_000))
    result = scores(track_of("va"), subjects.sum(axis=0))
    for column, name in enumerate(("ccc_valence", "ccc_arousal")):
        assert float(result[name]) == pytest.approx(ccc(values[:, column], targets[:, column]), abs=1e-12)


@settings(deadline=None)
@given(seeds, st.integers(1, 200), st.sampled_from(["abaw2", "abaw3"]))
def test_expression_scores_agree_with_the_libraries(seed: int, count: int, edition: Edition) -> None:
    import affectflow.compute.torch_pair  # noqa: F401, I001
    import torch
    from torchmetrics.functional.classification import multiclass_f1_score

    track = track_of("expr", edition)
    values, targets = frames(track, count, seed)
    targets[0] = 0
    result = score(track, values, targets)
    mask = ~np.isnan(targets[:, 0])
    predicted, annotated = values[mask].argmax(axis=1), targets[mask, 0].astype(int)
    mean, right = f1_score(annotated, predicted, average="macro"), accuracy_score(annotated, predicted)
    assert result["f1"] == pytest.approx(mean, abs=1e-9)
    assert result["accuracy"] == pytest.approx(right, abs=1e-9)
    assert result["total"] == pytest.approx(mean if edition == "abaw3" else 0.67 * mean + 0.33 * right, abs=1e-9)
    classes = len(track.outputs)
    theirs = multiclass_f1_score(torch.from_numpy(predicted), torch.from_numpy(annotated), classes, average="macro")
    assert result["f1"] == pytest.approx(float(theirs), abs=1e-6)
    breakdown = details(track, tally_all(track, values, targets))
    assert breakdown["confusion"].tolist() == confusion_matrix(annotated, predicted, labels=range(classes)).tolist()
    each = f1_score(annotated, predicted, average=None, labels=range(classes), zero_division=np.nan)
    assert list(breakdown["f1"].values()) == pytest.approx(each.tolist(), abs=1e-9, nan_ok=True)


@settings(deadline=None)
@given(seeds, st.integers(1, 200), st.sampled_from(["abaw1", "abaw2", "abaw3"]))
def test_unit_scores_agree_with_the_libraries(seed: int, count: int, edition: Edition) -> None:
    import affectflow.compute.torch_pair  # noqa: F401, I001
    import torch
    from torchmetrics.functional.classification import binary_f1_score

    track = track_of("au", edition)
    values, targets = frames(track, count, seed)
    targets[0] = np.arange(len(track.outputs)) % 2  # of few frames, some units are neither present nor predicted
    limits = np.random.default_rng(seed).uniform(0.3, 0.7, len(track.outputs))
    one = tally_all(track, values, targets, thresholds=limits)
    result = {name: float(value) for name, value in scores(track, one).items()}
    each, right, decisions = [], 0, 0
    for unit, limit in enumerate(limits):
        mask = ~np.isnan(targets[:, unit])
        predicted, annotated = values[mask, unit] >= np.float32(limit), targets[mask, unit] == 1
        each.append(f1_score(annotated, predicted))
        right, decisions = right + (predicted == annotated).sum(), decisions + mask.sum()
        theirs = binary_f1_score(torch.from_numpy(predicted), torch.from_numpy(annotated))
        assert each[-1] == pytest.approx(float(theirs), abs=1e-6)
    mean, accuracy = np.mean(each), right / decisions
    assert result["f1"] == pytest.approx(mean, abs=1e-9)
    assert result["accuracy"] == pytest.approx(accuracy, abs=1e-9)
    assert result["total"] == pytest.approx(mean if edition == "abaw3" else (mean + accuracy) / 2, abs=1e-9)
    assert list(details(track, one)["f1"].values()) == pytest.approx(each, abs=1e-9)


@names
@given(seeds, st.lists(st.integers(0, 40), min_size=1, max_size=8))
def test_tallies_of_subjects_add_to_that_of_all(track: Track, seed: int, lengths: list[int]) -> None:
    starts = np.cumsum([0, *lengths])
    values, targets = frames(track, int(starts[-1]), seed)
    by_subject = tally(track, values, targets, starts)
    assert by_subject.shape[0] == len(lengths)
    assert by_subject.sum(axis=0) == pytest.approx(tally_all(track, values, targets), abs=1e-9)
    last = slice(starts[-2], starts[-1])
    both = np.stack([by_subject[-1], tally_all(track, values[last], targets[last])])
    for mine, alone in scores(track, both).values():
        assert mine == pytest.approx(alone, abs=1e-9, nan_ok=True)


@names
def test_no_subjects_are_no_tallies(track: Track) -> None:
    nothing = tally(track, *frames(track, 0, 1), [0])
    assert nothing.shape == (0, tally(track, *frames(track, 3, 1), [0, 3]).shape[1])


@names
def test_long_subjects_are_read_in_blocks(track: Track) -> None:
    values, targets = frames(track, 150_000, 3)
    middle = tally(track, values, targets, [0, 70_000, 150_000])
    assert middle.sum(axis=0) == pytest.approx(tally_all(track, values, targets), rel=1e-12)
    if track.name == "va":
        mask = ~np.isnan(targets).any(axis=1)
        exact = ccc(values[mask, 1], targets[mask, 1])
        assert float(scores(track, middle.sum(axis=0))["ccc_arousal"]) == pytest.approx(exact, abs=1e-12)


@names
def test_many_at_once_are_scored_as_one_by_one(track: Track) -> None:
    by_subject = tally(track, *frames(track, 600, 4), np.arange(0, 601, 100))
    many = scores(track, by_subject.reshape(2, 3, -1))
    for name, values in many.items():
        assert values.shape == (2, 3)
        assert values[1, 0] == pytest.approx(float(scores(track, by_subject[3])[name]), abs=1e-14)


@names
def test_without_annotations_there_is_no_score(track: Track) -> None:
    values, targets = frames(track, 10, 5)
    nothing = scores(track, tally_all(track, values, np.full_like(targets, np.nan)))
    assert list(nothing) == list(track.scores)
    assert np.isnan(list(nothing.values())).all()


def test_constants_score_exactly() -> None:
    track = track_of("va")
    tenth = np.full((100_001, 2), 0.1)
    varied = np.random.default_rng(0).uniform(-1, 1, tenth.shape)
    assert score(track, tenth, tenth) == {"ccc_valence": 1, "ccc_arousal": 1, "total": 1}
    assert score(track, tenth, 2 * tenth) == {"ccc_valence": 0, "ccc_arousal": 0, "total": 0}
    assert score(track, tenth, varied) == {"ccc_valence": 0, "ccc_arousal": 0, "total": 0}


def test_of_equally_probable_expressions_the_first_is_predicted() -> None:
    track = track_of("expr")
    probabilities = np.full((1, 7), 1 / 7, np.float32)
    matrix = details(track, tally_all(track, probabilities, np.array([[3]], np.float32)))["confusion"]
    assert matrix[3].tolist() == [1, 0, 0, 0, 0, 0, 0]


def test_a_unit_at_its_threshold_is_present() -> None:
    track = track_of("au")
    values = np.full((1, 12), 0.7, np.float32)
    one = tally_all(track, values, np.zeros((1, 12), np.float32), thresholds=np.full(12, 0.7))
    assert details(track, one)["confusion"][0].tolist() == [[0, 1], [0, 0]]
    assert details(track, tally_all(track, values, np.ones((1, 12), np.float32)))["confusion"][0].tolist() == [
        [0, 0],
        [0, 1],
    ]


def test_details_name_what_was_annotated() -> None:
    for track in TRACKS:
        values, targets = frames(track, 500, 6)
        breakdown = details(track, tally_all(track, values, targets))
        mask = ~np.isnan(targets)
        counts = np.full(2, mask.all(axis=1).sum()) if track.name == "va" else mask.sum(axis=0)
        assert breakdown["annotated"] == dict(zip(track.targets, counts.tolist(), strict=True))
        assert list(breakdown.get("f1", track.outputs)) == list(track.outputs)


@pytest.mark.parametrize(
    ("name", "column", "value", "message"),
    [
        ("expr", "targets", 7, "not one of 0 to 6"),
        ("expr", "targets", 1.5, "not one of 0 to 6"),
        ("expr", "targets", -1, "not one of 0 to 6"),
        ("au", "targets", -1, "neither 0 nor 1"),
        ("va", "values", np.nan, "not a finite number"),
        ("expr", "values", np.nan, "not a finite number"),
        ("au", "values", np.inf, "not a finite number"),
    ],
)
def test_refuses_what_no_track_has(name: TrackName, column: str, value: float, message: str) -> None:
    track = track_of(name)
    values, targets = frames(track, 20, 7, missing=0)
    (values if column == "values" else targets)[4, 0] = value
    with pytest.raises(ValueError, match=message):
        tally_all(track, values, targets)


def test_refuses_other_shapes() -> None:
    values, targets = frames(track_of("va"), 20, 8)
    with pytest.raises(ValueError, match="need 2 outputs and 2 targets"):
        tally(track_of("va"), values, targets, [0, 19])
    with pytest.raises(ValueError, match="need 7 outputs and 1 targets"):
        tally(track_of("expr"), values, targets, [0, 20])
