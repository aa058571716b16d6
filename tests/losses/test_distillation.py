"""Teacher and student on sets with missing labels (Vu and Beurton-Aimar, section 2.2): against plain numpy, and by
hand."""

from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor
from vu_lab import (
    BOTH,
    EXPR,
    NAN,
    PLAIN,
    VA,
    Case,
    a_frame,
    batch_of,
    cases,
    in_double,
    losses_of,
    objective_of,
    seeds,
    shuffle_frames,
    three_sets,
)

from affectflow.config.model.bins import Bins
from affectflow.config.training.distillation import Distillation
from affectflow.config.training.trained import Loss
from affectflow.core.tasks import tasks_of
from affectflow.losses.distillation import kl_divergence, student_loss
from affectflow.models.readout import Readout


@given(cases)
@settings(max_examples=40, deadline=None)
def test_equation_7_is_the_loss_without_a_teacher(case: Case) -> None:
    sets = three_sets(case.draw, shared=0)
    batch = batch_of(shuffle_frames(sets, case.draw), case.order)
    assert batch.loss(objective_of(case), teacher=False).item() == in_double(case.paper.equation_7(sets))


@given(cases)
@settings(max_examples=40, deadline=None)
def test_equation_9_is_the_loss_of_sets_annotated_with_their_own_task(case: Case) -> None:
    sets = three_sets(case.draw, shared=0)
    batch = batch_of(shuffle_frames(sets, case.draw), case.order)
    assert batch.loss(objective_of(case)).item() == in_double(case.paper.equation_9(sets))


@given(cases)
@settings(max_examples=60, deadline=None)
def test_equation_10_is_the_loss_where_some_frames_have_both_labels(case: Case) -> None:
    sets = three_sets(case.draw, shared=0.5)
    batch = batch_of(shuffle_frames(sets, case.draw), case.order)
    assert batch.loss(objective_of(case)).item() == in_double(case.paper.equation_10(sets))


@given(cases)
@settings(max_examples=20, deadline=None)
def test_equations_1_to_3_are_the_supervised_losses_of_single_frames(case: Case) -> None:
    for number, frames in three_sets(case.draw, shared=0).items():
        batch = batch_of([(number, frame) for frame in frames], case.order)
        losses, owners = losses_of(case.order, case.loss, Bins(grid=case.grid)).each(
            batch.raw, batch.target, batch.mask, batch.sets
        )
        share = case.paper.shares(frames)
        assert losses.tolist() == in_double([case.paper.loss_of(number, frame.y, frame.s, share) for frame in frames])
        assert owners.tolist() == [number] * len(frames)


@given(cases)
@settings(max_examples=20, deadline=None)
def test_equations_4_to_6_are_the_losses_where_nothing_is_annotated(case: Case) -> None:
    draw, paper = case.draw, case.paper
    frames = [(EXPR, a_frame(draw, [])), (VA, a_frame(draw, []))]
    batch = batch_of(frames, case.order)
    expr_first = case.order == "expr+va"
    places = {"expr": slice(0, 7) if expr_first else slice(40, 47), "va": slice(7, 47) if expr_first else slice(0, 40)}
    for name, task in (("expr", EXPR), ("va", VA), (case.order, BOTH)):
        place = places.get(name, slice(None))
        losses = losses_of(name, case.loss, Bins(grid=case.grid))
        nothing = torch.full((2, len(tasks_of(name, "abaw2").targets)), NAN, dtype=torch.float64)
        values, _ = losses.each(batch.raw[:, place], nothing, batch.mask, batch.sets, batch.teacher[:, place])
        assert values.tolist() == in_double([paper.distillation_loss(task, frame.t, frame.s) for _, frame in frames])


@given(cases)
@settings(max_examples=40, deadline=None)
def test_a_frame_learns_from_its_teacher_alone_or_from_both_by_task(case: Case) -> None:
    """`each` against equation 8, task by task, whichever label is missing, in two sets."""
    draw, paper = case.draw, case.paper
    sets = {
        number: [a_frame(draw, tasks) for tasks in ([], [EXPR], [VA], [EXPR, VA], [VA])[number - 1 :]]
        for number in (EXPR, VA)
    }
    frames = shuffle_frames(sets, draw)
    expected_of: dict[str, list[float]] = {"expr": [], "va": []}
    for number, frame in frames:
        for name, task in (("expr", EXPR), ("va", VA)):
            distilled = paper.distillation_loss(task, frame.t, frame.s)
            expected = paper.G(task, frame, paper.shares(sets[number])) if task in frame.y else distilled
            expected_of[name].append(expected)
    batch = batch_of(frames, case.order)
    both, owners = losses_of(case.order, case.loss, Bins(grid=case.grid)).each(*vars(batch).values())
    assert both.tolist() == in_double([sum(pair) for pair in zip(*expected_of.values(), strict=True)])
    assert owners.tolist() == [number for number, _ in frames]
    for track, numbers, targets in Readout(tasks_of(case.order, "abaw2"), Bins(grid=case.grid)).parts():
        alone = losses_of(track.name, case.loss, Bins(grid=case.grid))
        values, _ = alone.each(
            batch.raw[:, numbers], batch.target[:, targets], batch.mask, batch.sets, batch.teacher[:, numbers]
        )
        assert values.tolist() == in_double(expected_of[track.name])


@given(seeds, st.floats(0, 5), st.floats(0, 5), st.floats(0, 5))
@settings(max_examples=20, deadline=None)
def test_each_term_has_its_weight(seed: int, cross_entropy: float, bins: float, ccc: float) -> None:
    sets = three_sets(np.random.default_rng(seed), shared=0.5)
    batch = batch_of(shuffle_frames(sets, np.random.default_rng(seed)), "va+expr")
    total = 0.0
    for frames in sets.values():
        share = PLAIN.paper.shares(frames)
        for frame in frames:
            if EXPR in frame.y:
                total += cross_entropy * PLAIN.paper.loss_of(EXPR, frame.y, frame.s, share)
            if VA in frame.y:
                total += bins * PLAIN.paper.loss_of(VA, frame.y, frame.s, [0, 0]) + ccc * sum(share)
    losses = losses_of("va+expr", Loss(mse=0, by_source="sum", cross_entropy=cross_entropy, bins=bins, ccc=ccc))
    assert batch.loss(losses, teacher=False).item() == in_double(total)


# By hand.

HALVES = np.log([1 / 2, 1 / 2])
QUARTERS = np.log([1 / 4, 3 / 4])


def test_kl_by_hand() -> None:
    # (1/2) log((1/2) / (1/4)) + (1/2) log((1/2) / (3/4)) = log(4/3) / 2; the other way (1/4) log(1/2) + (3/4) log(3/2).
    halves, quarters = torch.from_numpy(HALVES), torch.from_numpy(QUARTERS)
    assert kl_divergence(halves, quarters).item() == pytest.approx(0.14384103622589045, abs=1e-12)
    assert kl_divergence(quarters, halves).item() == pytest.approx(0.13081203594113694, abs=1e-12)
    # Scores 0 and 2 log 3 are, divided by 2, 0 and log 3: probabilities 1/4 and 3/4. Undivided 1/10 and 9/10:
    # (1/2) log((1/2) / (1/10)) + (1/2) log((1/2) / (9/10)) = log(25/9) / 2 = log(5/3).
    sure = torch.tensor([0.0, 2.1972245773362196], dtype=torch.float64)
    assert kl_divergence(halves, sure, 2.0).item() == pytest.approx(0.14384103622589045, abs=1e-12)
    assert kl_divergence(halves, sure).item() == pytest.approx(0.5108256237659907, abs=1e-12)
    # The square of 2 is another factor of 4: a branch with two classes, here the bins of valence.
    for squared, expected in ((False, 0.14384103622589045), (True, 0.5753641449035618)):
        distillation = Distillation(temperature=2, temperature_squared=squared)
        losses = losses_of("va", Loss(by_source="sum", distillation=distillation), Bins(count=2))
        raw, teacher = torch.tensor([[*sure.tolist(), 0.0, 0.0]], dtype=torch.float64), torch.zeros(1, 4).double()
        loss = losses(raw, torch.full((1, 2), NAN), torch.ones(1, dtype=torch.bool), teacher=teacher)
        assert loss.item() == pytest.approx(expected, abs=1e-12)


def test_student_loss_by_hand() -> None:
    supervised, distilled = torch.tensor([2.0, NAN, 4.0]), torch.tensor([1.0, 5.0, 3.0])
    annotated = torch.tensor([True, False, True])
    # 0.75 x 2 + 0.25 x 1; 5; 0.75 x 4 + 0.25 x 3.
    assert student_loss(supervised, annotated, distilled, 0.75).tolist() == [1.75, 5.0, 3.75]
    assert student_loss(supervised, annotated, distilled, 1.0).tolist() == [2.0, 5.0, 4.0]
    assert student_loss(supervised, annotated, distilled, 0.0).tolist() == [1.0, 5.0, 3.0]


def test_uniform_scores_by_hand() -> None:
    """One frame of set 3: log 7 of the classes, twice log 20 of the bins, and twice 1 - 0: one frame agrees in
    nothing. 1.9459101490553132 + 5.991464547107982 + 2."""
    for by_source in ("sum", "mean"):
        losses = losses_of("expr+va", Loss(mse=0, by_source=by_source))
        raw, mask = torch.zeros(1, 47, dtype=torch.float64), torch.ones(1, dtype=torch.bool)
        target = torch.tensor([[3.0, 0.33, -0.72]], dtype=torch.float64)
        assert losses(raw, target, mask).item() == pytest.approx(9.937374696163295, abs=1e-12)
        # A teacher that says the same adds nothing, and takes its 0.4: 0.6 x 9.937374696163295.
        assert losses(raw, target, mask, teacher=raw).item() == pytest.approx(5.962424817697977, abs=1e-12)
        # With the expression alone, log 7; with valence and arousal alone, the rest.
        assert losses(raw, torch.tensor([[0.0, NAN, NAN]]), mask).item() == pytest.approx(1.9459101490553132, abs=1e-12)
        va = torch.tensor([[NAN, 0.33, -0.72]], dtype=torch.float64)
        assert losses(raw, va, mask).item() == pytest.approx(7.991464547107982, abs=1e-12)
        assert losses(raw, torch.full((1, 3), NAN), mask).item() == 0


def two_frames() -> tuple[Tensor, Tensor, Tensor]:
    """Two bins, -1 and 1. Valence: 3/4 for the annotated bin, so 1/2 and -1/2 are predicted for 1 and -1, and the CCC
    is 2 (1/2) / (1 + 1/4) = 0.8. Arousal: 1/2 for both bins, so 0 is predicted for 1 and -1, and the CCC is 0."""
    log3 = 1.0986122886681098
    raw = torch.tensor([[0.0, log3, 0.0, 0.0], [log3, 0.0, 0.0, 0.0]], dtype=torch.float64)
    return raw, torch.tensor([[1.0, 1.0], [-1.0, -1.0]], dtype=torch.float64), torch.ones(2, dtype=torch.bool)


TWO = Bins(count=2, grid="points")


@pytest.mark.parametrize(
    ("by_source", "expected"),
    [
        # Each frame log(4/3) + log 2 = log(8/3) = 0.9808292530117262 of the bins and (0.2 + 1) / 2 = 0.6; two of them.
        ("sum", 3.1616585060234524),
        # Each frame log(8/3) and 0.2 + 1, and their mean.
        ("mean", 2.180829253011726),
    ],
)
def test_two_frames_by_hand(by_source: Any, expected: float) -> None:
    losses = losses_of("va", Loss(mse=0, by_source=by_source), TWO)
    assert losses(*two_frames()).item() == pytest.approx(expected, abs=1e-12)


@pytest.mark.parametrize(
    ("by_source", "expected"),
    [
        # Annotated, each of the two: 0.6 (log(8/3) + 1.2 / 3) + 0.4 log(4/3) / 2 = 0.8860339662973919, B being 3.
        # Not annotated: log(4/3) / 2 = 0.14384103622589045.
        ("sum", 1.9159089688206742),
        # Annotated: 0.6 (log(8/3) + 1.2) + 0.4 log(4/3) / 2 = 1.3660339662973919; (2 x that + 0.14384103622589045) / 3.
        ("mean", 0.9586363229402247),
    ],
)
def test_a_student_of_three_frames_by_hand(by_source: Any, expected: float) -> None:
    """The two frames, and one that is not annotated; the teacher gives 1/2 to all bins."""
    raw, target, _ = two_frames()
    raw, target = torch.cat([raw, raw[:1]]), torch.cat([target, torch.full((1, 2), NAN, dtype=torch.float64)])
    distillation = Distillation(label_weight=0.6, temperature=1)
    losses = losses_of("va", Loss(mse=0, by_source=by_source, distillation=distillation), TWO)
    mask, teacher = torch.ones(3, dtype=torch.bool), torch.zeros(3, 4, dtype=torch.float64)
    assert losses(raw, target, mask, teacher=teacher).item() == pytest.approx(expected, abs=1e-12)


def test_two_sets_by_hand() -> None:
    """The two frames as set 5, and as set 9 the first of them alone, whose CCC is 0 of both: log(8/3) + 2."""
    raw, target, _ = two_frames()
    whole = raw[[0, 0, 1]], target[[0, 0, 1]], torch.ones(3, dtype=torch.bool), torch.tensor([5, 9, 5])
    values, owners = losses_of("va", Loss(mse=0, by_source="sum"), TWO).each(*whole)
    assert values.tolist() == pytest.approx([1.5808292530117262, 2.980829253011726, 1.5808292530117262], abs=1e-12)
    assert owners.tolist() == [5, 9, 5]
    for by_source, expected in (("sum", 3.1616585060234524), ("mean", 2.180829253011726)):
        losses = losses_of("va", Loss(mse=0, by_source=by_source), TWO)
        assert losses(*whole).item() == pytest.approx(expected + 2.980829253011726, abs=1e-12)
        assert losses.scale(*whole[2:]) == (3 if by_source == "sum" else 2)
