"""UAR and AFA of Kollias and Zafeiriou from tallies: by hand and against scikit-learn."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.metrics import accuracy_score, balanced_accuracy_score, confusion_matrix, f1_score, recall_score

from affectflow.core.tracks import track_of
from affectflow.metrics.measures import average_f1_accuracy, unweighted_average_recall
from affectflow.metrics.sufficient_statistics import tally

seeds = st.integers(0, 2**32 - 1)


def test_recall_by_hand() -> None:
    # Rows are annotated: 3 of 4 right, 1 of 2 right, the third class is never annotated.
    matrix = [[3, 1, 0], [0, 1, 1], [0, 0, 0]]
    assert unweighted_average_recall(np.ravel(matrix)) == pytest.approx((3 / 4 + 1 / 2) / 2)
    both = unweighted_average_recall([np.ravel(matrix), np.ravel(np.eye(3))])
    assert both.tolist() == pytest.approx([0.625, 1.0])
    assert np.isnan(unweighted_average_recall(np.zeros(9)))
    with pytest.raises(ValueError, match="classes x classes counts, found 8"):
        unweighted_average_recall(np.zeros(8))


@given(seeds, st.integers(1, 200))
@settings(deadline=None)
def test_recall_is_scikit_learns(seed: int, count: int) -> None:
    rng = np.random.default_rng(seed)
    values, targets = rng.random((count, 7)), rng.integers(0, 7, (count, 1)).astype(np.float32)
    values[np.arange(count), targets[:, 0].astype(int)] += 0.5 * rng.random(count)
    counts = tally(track_of("expr"), values.astype(np.float32), targets, [0, count])[0]
    right, predicted = targets[:, 0].astype(int), values.astype(np.float32).argmax(axis=1)
    labels = np.unique(right)
    assert unweighted_average_recall(counts) == pytest.approx(
        recall_score(right, predicted, labels=labels, average="macro")
    )
    if set(predicted) <= set(right) and len(labels) > 1:
        assert unweighted_average_recall(counts) == pytest.approx(balanced_accuracy_score(right, predicted))
        shares = confusion_matrix(right, predicted, labels=labels, normalize="true")
        assert unweighted_average_recall(counts) == pytest.approx(shares.diagonal().mean())


def test_afa_by_hand() -> None:
    # tp, fp, fn, tn. F1 1/2 and 1, accuracy 1/2 and 1; a unit never there nor found has accuracy 1, and F1 0 or none;
    # the last was never annotated.
    counts = [[1, 1, 1, 1], [2, 0, 0, 1], [0, 0, 0, 5], [0, 0, 0, 0]]
    assert average_f1_accuracy(np.ravel(counts)) == pytest.approx((1 / 2 + (1 / 2 + 1 + 1) / 3) / 2)
    assert average_f1_accuracy(np.ravel(counts), "leave_out") == pytest.approx((3 / 4 + (1 / 2 + 1 + 1) / 3) / 2)
    assert average_f1_accuracy([np.ravel(counts)] * 2).shape == (2,)
    assert np.isnan(average_f1_accuracy(np.zeros(8)))
    with pytest.raises(ValueError, match="4 counts each, found 6"):
        average_f1_accuracy(np.zeros(6))


@given(seeds, st.integers(30, 200))
@settings(deadline=None)
def test_afa_is_scikit_learns(seed: int, count: int) -> None:
    rng, track = np.random.default_rng(seed), track_of("au")
    values = rng.random((count, 12)).astype(np.float32)
    targets = (rng.random((count, 12)) < 0.3 + 0.4 * values).astype(np.float32)
    targets[rng.random((count, 12)) < 0.2] = np.nan
    f1, accuracy = [], []
    for unit in range(12):
        annotated = ~np.isnan(targets[:, unit])
        pair = targets[annotated, unit], values[annotated, unit] >= 0.5
        f1.append(f1_score(*pair))
        accuracy.append(accuracy_score(*pair))
    counts = tally(track, values, targets, [0, count])[0]
    assert average_f1_accuracy(counts) == pytest.approx((np.mean(f1) + np.mean(accuracy)) / 2)
