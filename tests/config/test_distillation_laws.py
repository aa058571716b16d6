"""Laws of the losses of teacher and student (Vu and Beurton-Aimar, section 2.2): gradients, what does not count,
precision."""

from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor
from vu_lab import (
    EXPR,
    INF,
    KL,
    NAN,
    PLAIN,
    SF,
    VA,
    Batch,
    Case,
    a_frame,
    batch_of,
    cases,
    in_double,
    losses_of,
    objective_of,
    scores_of,
    seeds,
    shuffle_frames,
    three_sets,
)

from affectflow.config.model.bins import Bins
from affectflow.config.training.trained import Loss
from affectflow.core.tasks import Tasks
from affectflow.core.tracks import track_of
from affectflow.losses.distillation import kl_divergence
from affectflow.models.readout import Readout
from affectflow.training.objective import Objective


@given(seeds, st.floats(0.3, 8))
@settings(max_examples=30, deadline=None)
def test_kl_is_that_of_numpy_at_least_0_and_0_for_equal_scores(seed: int, T: float) -> None:
    draw = np.random.default_rng(seed)
    teacher, student = 3 * draw.normal(size=(2, 4, 3, 9))
    divergences = kl_divergence(torch.from_numpy(teacher), torch.from_numpy(student), T)
    expected = [KL(SF(t, T), SF(s, T)) for t, s in zip(teacher.reshape(-1, 9), student.reshape(-1, 9), strict=True)]
    assert (
        divergences.shape == (4, 3)
        and divergences.flatten().tolist() == in_double(expected)
        and (divergences > 0).all()
    )
    same = torch.from_numpy(student).requires_grad_()
    alike = kl_divergence(torch.from_numpy(student) + 7, same, T)  # a softmax does not see what all scores share
    alike.sum().backward()
    assert same.grad is not None and alike.abs().max() < 1e-12 and same.grad.abs().max() < 1e-12


def test_sure_scores_keep_kl_and_gradient_finite() -> None:
    for dtype in (torch.float32, torch.float64):
        teacher = torch.tensor([[2000.0, 0.0, -2000.0]], dtype=dtype)
        student = teacher.flip(-1).requires_grad_()
        loss = kl_divergence(teacher, student).sum()
        loss.backward()
        assert loss.item() == 4000 and student.grad is not None and student.grad.tolist() == [[-1, 0, 1]]


@given(cases)
@settings(max_examples=20, deadline=None)
def test_the_teacher_does_not_learn_and_pulls_by_the_difference_of_probabilities(case: Case) -> None:
    """Of KL the derivative by a score of the student is (its probability - the teacher's) / T."""
    frame = a_frame(case.draw, [])
    batch = batch_of([(EXPR, frame)], case.order)
    batch.raw.requires_grad_()
    batch.loss(objective_of(case)).backward()
    assert batch.teacher.grad is None and batch.raw.grad is not None
    T, expected_by = case.temperature, {}
    for task in (EXPR, VA):
        pairs = zip(np.atleast_2d(frame.s[task]), np.atleast_2d(frame.t[task]), strict=True)
        pulls = np.array([np.subtract(SF(s, T), SF(t, T)) / T for s, t in pairs])
        expected_by[task] = pulls * (T**2 if case.squared else 1)
    expected_by[EXPR] = expected_by[EXPR][0]
    assert batch.raw.grad[0].tolist() == in_double(scores_of(expected_by, case.order).tolist())


@pytest.mark.parametrize("by_source", ["sum", "mean"])
@pytest.mark.parametrize("teacher", [True, False])
@pytest.mark.parametrize("grid", ["centres", "public"])
def test_gradients_are_those_of_finite_differences(by_source: Any, teacher: bool, grid: Any) -> None:
    draw = np.random.default_rng(3)
    raw, teacher_raw = (torch.from_numpy(draw.normal(size=(6, 7 + 2 * 4))) for _ in range(2))
    target = torch.from_numpy(np.column_stack([draw.integers(0, 7, 6), draw.uniform(-1, 1, (6, 2))]))
    target[0, 0] = target[1, 1:] = target[2] = target[4, 0] = NAN
    sets, mask = torch.tensor([0, 0, 0, 1, 1, 1]), torch.tensor([True] * 5 + [False])
    losses = losses_of("expr+va", Loss(mse=0, by_source=by_source), Bins(count=4, grid=grid))

    def loss(scores: Tensor) -> Tensor:
        value: Tensor = losses(scores, target, mask, sets, teacher_raw if teacher else None)
        return value

    assert torch.autograd.gradcheck(loss, raw.requires_grad_(), atol=1e-7, rtol=1e-6)
    loss(raw).backward()
    assert raw.grad is not None and ((raw.grad != 0).any(-1)).tolist() == [True, True, teacher, True, True, False]


@pytest.mark.parametrize("by_source", ["sum", "mean"])
def test_what_is_not_annotated_has_no_gradient_without_a_teacher(by_source: Any) -> None:
    draw = np.random.default_rng(1)
    frames = [(number, a_frame(draw, tasks)) for number, tasks in ((1, []), (1, [EXPR]), (2, [VA]), (2, [EXPR, VA]))]
    batch = batch_of(frames, "expr+va")
    batch.raw[0] = 1e30
    batch.raw[1, 7:], batch.raw[2, :7] = -1e30, 1e30
    batch.raw.requires_grad_()
    batch.loss(losses_of("expr+va", Loss(mse=0, by_source=by_source)), teacher=False).backward()
    assert batch.raw.grad is not None and batch.raw.grad.isfinite().all()
    by_task = torch.stack([(batch.raw.grad[:, columns] != 0).any(-1) for columns in (slice(0, 7), slice(7, 47))], -1)
    assert by_task.tolist() == [[False, False], [True, False], [False, True], [True, True]]


@given(cases)
@settings(max_examples=20, deadline=None)
def test_valence_without_arousal_is_no_annotation(case: Case) -> None:
    frames = shuffle_frames(three_sets(case.draw, shared=0.5), case.draw)
    batch = batch_of(frames, case.order)
    valence, arousal = (0, 1) if case.order == "va+expr" else (1, 2)
    lacking = batch.target.clone()
    lacking[:2, arousal] = NAN
    neither = lacking.clone()
    neither[:2, valence] = NAN
    objective = objective_of(case)
    batches = [Batch(batch.raw, target, *list(vars(batch).values())[2:]) for target in (lacking, neither)]
    assert batches[0].loss(objective).item() == in_double(batches[1].loss(objective).item())


@given(cases)
@settings(max_examples=20, deadline=None)
def test_a_set_does_not_depend_on_the_others(case: Case) -> None:
    sets = three_sets(case.draw, shared=0.5)
    batch = batch_of(shuffle_frames(sets, case.draw), case.order)
    objective = objective_of(case)
    losses = losses_of(case.order, case.loss, Bins(grid=case.grid))
    together, owners = losses.each(*vars(batch).values())
    total = 0.0
    for number in sets:
        own = batch.sets == number
        alone, _ = losses.each(*vars(batch[own]).values())
        assert together[owners == number].tolist() == in_double(alone.tolist())
        total += batch[own].loss(objective).item()
        changed = Batch(*(part.clone() for part in vars(batch).values()))
        changed.raw[~own] *= -3
        changed.teacher[~own] += 1
        changed.target[~own] = NAN
        again, _ = losses.each(*vars(changed).values())
        assert again[own].tolist() == in_double(alone.tolist())
    assert batch.loss(objective).item() == in_double(total)


@given(cases)
@settings(max_examples=20, deadline=None)
def test_the_order_of_frames_and_the_numbers_of_sets_say_nothing(case: Case) -> None:
    batch = batch_of(shuffle_frames(three_sets(case.draw, shared=0.5), case.draw), case.order)
    objective = objective_of(case)
    losses = losses_of(case.order, case.loss, Bins(grid=case.grid))
    order = torch.from_numpy(case.draw.permutation(len(batch.raw)))
    before, _ = losses.each(*vars(batch).values())
    after, owners = losses.each(*vars(batch[order]).values())
    assert after.tolist() == in_double(before[order].tolist()) and torch.equal(owners, batch.sets[order])
    renamed = batch[order]
    renamed.sets = 40 - 7 * renamed.sets
    assert renamed.loss(objective).item() == in_double(batch.loss(objective).item())


@given(cases, st.sampled_from([NAN, INF, 1e30]))
@settings(max_examples=20, deadline=None)
def test_padding_does_not_count(case: Case, garbage: float) -> None:
    """Sequences of up to three frames, each of one set, against their real frames in a row."""
    sets = three_sets(case.draw, shared=0.5)
    sequences = [(number, frames[k : k + 3]) for number, frames in sets.items() for k in range(0, len(frames), 3)]
    flat = batch_of([(number, frame) for number, frames in sequences for frame in frames], case.order)
    mask = torch.tensor([[k < len(frames) for k in range(3)] for _, frames in sequences] + [[False] * 3])
    numbers = torch.tensor([number for number, _ in sequences] + [77])
    padded = [
        torch.full((*mask.shape, tensor.shape[-1]), garbage).double()
        for tensor in (flat.raw, flat.target, flat.teacher)
    ]
    for whole, tensor in zip(padded, (flat.raw, flat.target, flat.teacher), strict=True):
        whole[mask] = tensor
    padded[0].requires_grad_()
    objective = objective_of(case)
    loss = objective(padded[0], padded[1], mask, sources=numbers, teacher=padded[2])
    loss.backward()
    flat.raw.requires_grad_()
    expected_loss = flat.loss(objective)
    expected_loss.backward()
    assert loss.item() == in_double(expected_loss.item())
    assert padded[0].grad is not None and flat.raw.grad is not None and not padded[0].grad[~mask].any()
    assert torch.allclose(padded[0].grad[mask], flat.raw.grad, atol=1e-12)
    real = len(flat.raw) if case.by_source == "sum" else len(sets)
    assert objective.scale(mask, numbers) == objective.scale(flat.mask, flat.sets) == real


@pytest.mark.parametrize("by_source", ["sum", "mean"])
def test_nothing_real_is_no_loss(by_source: Any) -> None:
    batch = batch_of([(EXPR, a_frame(np.random.default_rng(0), [EXPR, VA]))], "expr+va")
    batch.raw.requires_grad_()
    batch.mask[:] = False
    losses = losses_of("expr+va", Loss(mse=0, by_source=by_source))
    loss = batch.loss(losses)
    loss.backward()
    assert loss.item() == 0 and batch.raw.grad is not None and not batch.raw.grad.any()
    assert losses.scale(batch.mask, batch.sets) == 1


def test_without_numbers_of_sets_all_frames_are_one_set() -> None:
    draw = np.random.default_rng(5)
    batch = batch_of([(VA, a_frame(draw, [VA])) for _ in range(4)], "va+expr")
    for by_source in ("sum", "mean"):
        losses = losses_of("va+expr", Loss(mse=0, by_source=by_source))
        assert losses(batch.raw, batch.target, batch.mask).item() == batch.loss(losses, teacher=False).item()


def test_rare_classes_weigh_more_where_asked_for() -> None:
    """Uniform scores of an annotation of class 4, of which one frame in four is: 4 / (7 x 1) log 7."""
    classes = np.array([[0], [0], [0], [4]], np.float32)
    readout = Readout(Tasks((track_of("expr"),)))
    objective = Objective(readout, Loss(by_source="sum", class_weights="balanced"), classes)
    raw, mask = torch.zeros(2, 7, dtype=torch.float64), torch.ones(2, dtype=torch.bool)
    loss = objective(raw, torch.tensor([[4.0], [NAN]]), mask, sources=torch.tensor([0, 0]))
    assert loss.item() == pytest.approx(1.1119486566030361, abs=1e-6), "weights are float32"


@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16])
def test_the_loss_of_half_precision_is_in_single(dtype: torch.dtype) -> None:
    batch = batch_of(shuffle_frames(three_sets(np.random.default_rng(2), 0.5), np.random.default_rng(2)), "expr+va")
    batch.raw, batch.teacher = batch.raw.to(dtype), batch.teacher.to(dtype)
    batch.target = batch.target.float()
    losses = losses_of("expr+va", PLAIN.loss)
    half = batch.loss(losses)
    batch.raw, batch.teacher = batch.raw.float(), batch.teacher.float()
    assert half.dtype == torch.float32 and half.item() == batch.loss(losses).item()
