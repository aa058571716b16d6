"""Teacher and student on sets with missing labels (paper 002, section 2.2): its equations in plain numpy, numbers by
hand, and laws."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from torch import Tensor

from affectflow.config.bins import Bins
from affectflow.config.distillation import Distillation
from affectflow.config.training import Loss
from affectflow.distillation import kl_divergence, student_loss
from affectflow.tasks import Tasks, tasks_of
from affectflow.tracks import track_of
from affectflow.training.objective import Objective
from affectflow.training.readout import Readout
from affectflow.training.set_losses import SetLosses

NAN, INF = float("nan"), float("inf")
CLASSES, BINS = 7, 20
EXPR, VA, BOTH = 1, 2, 3
"""Tasks and sets as the paper numbers them; its set 3 is annotated with both."""
seeds = st.integers(0, 2**32 - 1)


# The paper, written down without torch and without our code.


@dataclass(frozen=True)
class Frame:
    """An instance: scores of the network that learns and of its teacher, and annotations, each by task."""

    s: dict[int, NDArray[np.float64]]
    t: dict[int, NDArray[np.float64]]
    y: dict[int, Any]
    """The number of a class (task 1), valence and arousal (task 2); a task without an annotation is not there."""


def SF(scores: NDArray[np.float64], T: float) -> list[float]:  # noqa: N802
    powers = [np.exp((x - max(scores)) / T) for x in scores]
    return [power / sum(powers) for power in powers]


def CE(y: Sequence[float], p: Sequence[float]) -> float:  # noqa: N802
    return -sum(a * np.log(b) for a, b in zip(y, p, strict=True))


def KL(p: Sequence[float], q: Sequence[float]) -> float:  # noqa: N802
    return sum(a * np.log(a / b) for a, b in zip(p, q, strict=True))


def CCC(y: Sequence[float], x: Sequence[float]) -> float:  # noqa: N802
    n = len(y)
    my, mx = sum(y) / n, sum(x) / n
    covariance = sum((a - my) * (b - mx) for a, b in zip(y, x, strict=True)) / n
    vy, vx = sum((a - my) ** 2 for a in y) / n, sum((b - mx) ** 2 for b in x) / n
    return 2 * covariance / (vy + vx + (my - mx) ** 2)


def onehot(number: int, count: int) -> list[float]:
    return [float(k == number) for k in range(count)]


def bin_of(value: float, grid: str) -> int:
    if grid == "points":
        return min(range(BINS), key=lambda k: abs(-1 + 2 * k / 19 - value))
    return max(k for k in range(BINS) if k == 0 or value >= -1 + k / 10)


def expected(scores: NDArray[np.float64], grid: str) -> float:
    values = [-0.95 + k / 10 if grid == "centres" else -1 + 2 * k / 19 for k in range(BINS)]
    return sum(p * value for p, value in zip(SF(scores, 1), values, strict=True))


@dataclass(frozen=True)
class Paper:
    """Equations 1 to 10, and what the paper leaves open."""

    grid: str
    by_set: str
    T: float
    lam: float
    squared: bool

    def loss_of(self, task: int, y: dict[int, Any], x: dict[int, NDArray[np.float64]], share: list[float]) -> float:
        """Equations 1 to 3; `share` is 1/B (1 - CCC) of valence and of arousal."""
        L1 = L2 = 0.0
        if task in (EXPR, BOTH):
            L1 = CE(onehot(y[EXPR], CLASSES), SF(x[EXPR], 1))
        if task in (VA, BOTH):
            for i in (0, 1):
                L2 += CE(onehot(bin_of(y[VA][i], self.grid), BINS), SF(x[VA][i], 1)) + share[i]
        return L1 + L2

    def told(self, task: int, t: dict[int, NDArray[np.float64]], s: dict[int, NDArray[np.float64]]) -> float:
        """Equations 4 to 6."""
        H1 = KL(SF(t[EXPR], self.T), SF(s[EXPR], self.T))
        H2 = sum(KL(SF(t[VA][i], self.T), SF(s[VA][i], self.T)) for i in (0, 1))
        return {EXPR: H1, VA: H2, BOTH: H1 + H2}[task] * (self.T**2 if self.squared else 1)

    def shares(self, frames: list[Frame]) -> list[float]:
        known = [frame for frame in frames if VA in frame.y]
        if not known:
            return [NAN, NAN]
        B = len(frames) if self.by_set == "sum" else 1
        said = [[expected(frame.s[VA][i], self.grid) for frame in known] for i in (0, 1)]
        return [(1 - CCC([frame.y[VA][i] for frame in known], said[i])) / B for i in (0, 1)]

    def over_sets(self, sets: dict[int, list[Frame]], each: Callable[[int, Frame, list[float]], float]) -> float:
        total = 0.0
        for number, frames in sets.items():
            its = sum(each(number, frame, self.shares(frames)) for frame in frames)
            total += its if self.by_set == "sum" else its / len(frames)
        return total

    def G(self, task: int, frame: Frame, share: list[float]) -> float:  # noqa: N802
        """Equation 8."""
        supervised = self.loss_of(task, frame.y, frame.s, share)
        return self.lam * supervised + (1 - self.lam) * self.told(task, frame.t, frame.s)

    def equation_7(self, sets: dict[int, list[Frame]]) -> float:
        return self.over_sets(sets, lambda i, frame, share: self.loss_of(i, frame.y, frame.s, share))

    def equation_9(self, sets: dict[int, list[Frame]]) -> float:
        """The printed x^(j,n) of the second task is read as x^(i,n), the frame whose label is missing."""

        def each(i: int, frame: Frame, share: list[float]) -> float:
            if i == BOTH:
                return self.G(BOTH, frame, share)
            j = EXPR + VA - i
            return self.G(i, frame, share) + self.told(j, frame.t, frame.s)

        return self.over_sets(sets, each)

    def equation_10(self, sets: dict[int, list[Frame]]) -> float:
        def each(i: int, frame: Frame, share: list[float]) -> float:
            if i == BOTH:
                return self.G(BOTH, frame, share)
            j = EXPR + VA - i
            second = self.G(j, frame, share) if j in frame.y else self.told(j, frame.t, frame.s)
            return self.G(i, frame, share) + second

        return self.over_sets(sets, each)


# Random batches, for the paper and for our code.


@dataclass(frozen=True)
class Case:
    seed: int
    order: str
    grid: Any
    by_set: Any
    truth: float
    temperature: float
    squared: bool

    @property
    def paper(self) -> Paper:
        return Paper(self.grid, self.by_set, self.temperature, self.truth, self.squared)

    @property
    def loss(self) -> Loss:
        told = Distillation(truth=self.truth, temperature=self.temperature, squared=self.squared)
        return Loss(mse=0, by_set=self.by_set, distillation=told)

    @property
    def draw(self) -> np.random.Generator:
        return np.random.default_rng(self.seed)


cases = st.builds(
    Case,
    seed=seeds,
    order=st.sampled_from(["expr+va", "va+expr"]),
    grid=st.sampled_from(["centres", "points", "public"]),
    by_set=st.sampled_from(["sum", "mean"]),
    truth=st.floats(0, 1),
    temperature=st.floats(0.3, 8),
    squared=st.booleans(),
)
PLAIN = Case(0, "expr+va", "centres", "sum", 0.6, 1.5, False)


def a_frame(draw: np.random.Generator, tasks: Sequence[int]) -> Frame:
    scores = [{EXPR: 2 * draw.normal(size=CLASSES), VA: 2 * draw.normal(size=(2, BINS))} for _ in range(2)]
    y = {EXPR: int(draw.integers(CLASSES)), VA: draw.uniform(-1, 1, 2)}
    return Frame(*scores, {task: y[task] for task in tasks})


def three_sets(draw: np.random.Generator, shared: float) -> dict[int, list[Frame]]:
    """Sets of unequal size, each annotated with its tasks; the first two with the other task with chance `shared`."""
    sets = {}
    for number, size in zip((EXPR, VA, BOTH), draw.permutation([2, 4, 5]) - draw.integers(2), strict=True):
        its = [{EXPR, VA} if number == BOTH or draw.random() < shared else {number} for _ in range(size)]
        sets[number] = [a_frame(draw, sorted(tasks)) for tasks in its]
    return sets


def scores_of(scores: dict[int, NDArray[np.float64]], order: str) -> NDArray[np.float64]:
    parts = [scores[EXPR], scores[VA].ravel()]
    return np.concatenate(parts if order == "expr+va" else parts[::-1])


def target_of(y: dict[int, Any], order: str) -> NDArray[np.float64]:
    parts: list[Any] = [[y.get(EXPR, NAN)], y.get(VA, [NAN, NAN])]
    return np.concatenate(parts if order == "expr+va" else parts[::-1]).astype(np.float64)


@dataclass
class Batch:
    """What our code is given: raw numbers, targets, mask, numbers of the sets, raw numbers of the teacher."""

    raw: Tensor
    target: Tensor
    mask: Tensor
    sets: Tensor
    teacher: Tensor

    def __getitem__(self, frames: Any) -> "Batch":
        return Batch(*(part[frames] for part in vars(self).values()))

    def loss(self, its: Any, teacher: bool = True) -> Tensor:
        found: Tensor = its(self.raw, self.target, self.mask, sets=self.sets, teacher=self.teacher if teacher else None)
        return found


def batch_of(frames: Sequence[tuple[int, Frame]], order: str) -> Batch:
    """Frames, each with the number of its set."""
    return Batch(
        torch.from_numpy(np.stack([scores_of(frame.s, order) for _, frame in frames])),
        torch.from_numpy(np.stack([target_of(frame.y, order) for _, frame in frames])),
        torch.ones(len(frames), dtype=torch.bool),
        torch.tensor([number for number, _ in frames]),
        torch.from_numpy(np.stack([scores_of(frame.t, order) for _, frame in frames])),
    )


def mixed(sets: dict[int, list[Frame]], draw: np.random.Generator) -> list[tuple[int, Frame]]:
    """The frames of all sets, in any order."""
    frames = [(number, frame) for number, its in sets.items() for frame in its]
    return [frames[k] for k in draw.permutation(len(frames))]


def objective_of(case: Case, tasks: Tasks | None = None) -> Objective:
    learnt = tasks or tasks_of(case.order, "abaw2")
    return Objective(Readout(learnt, Bins(grid=case.grid)), case.loss, np.zeros((1, len(learnt.targets)), np.float32))


def losses_of(order: str, loss: Loss, bins: Bins | None = None) -> SetLosses:
    return SetLosses(Readout(tasks_of(order, "abaw2"), bins or Bins()), loss, {"expr": None, "va": None})


def in_double(value: float) -> Any:
    return pytest.approx(value, rel=1e-9, abs=1e-9)


# Equations.


@given(cases)
@settings(max_examples=40, deadline=None)
def test_equation_7_is_the_loss_without_a_teacher(case: Case) -> None:
    sets = three_sets(case.draw, shared=0)
    batch = batch_of(mixed(sets, case.draw), case.order)
    assert batch.loss(objective_of(case), teacher=False).item() == in_double(case.paper.equation_7(sets))


@given(cases)
@settings(max_examples=40, deadline=None)
def test_equation_9_is_the_loss_of_sets_annotated_with_their_own_task(case: Case) -> None:
    sets = three_sets(case.draw, shared=0)
    batch = batch_of(mixed(sets, case.draw), case.order)
    assert batch.loss(objective_of(case)).item() == in_double(case.paper.equation_9(sets))


@given(cases)
@settings(max_examples=60, deadline=None)
def test_equation_10_is_the_loss_where_some_frames_have_both_labels(case: Case) -> None:
    sets = three_sets(case.draw, shared=0.5)
    batch = batch_of(mixed(sets, case.draw), case.order)
    assert batch.loss(objective_of(case)).item() == in_double(case.paper.equation_10(sets))


@given(cases)
@settings(max_examples=20, deadline=None)
def test_equations_1_to_3_are_the_supervised_losses_of_single_frames(case: Case) -> None:
    for number, its in three_sets(case.draw, shared=0).items():
        batch = batch_of([(number, frame) for frame in its], case.order)
        found, owners = losses_of(case.order, case.loss, Bins(grid=case.grid)).each(
            batch.raw, batch.target, batch.mask, batch.sets
        )
        share = case.paper.shares(its)
        assert found.tolist() == in_double([case.paper.loss_of(number, frame.y, frame.s, share) for frame in its])
        assert owners.tolist() == [number] * len(its)


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
        found, _ = losses.each(batch.raw[:, place], nothing, batch.mask, batch.sets, batch.teacher[:, place])
        assert found.tolist() == in_double([paper.told(task, frame.t, frame.s) for _, frame in frames])


@given(cases)
@settings(max_examples=40, deadline=None)
def test_a_frame_learns_from_its_teacher_alone_or_from_both_by_task(case: Case) -> None:
    """`each` against equation 8, task by task, whichever label is missing, in two sets."""
    draw, paper = case.draw, case.paper
    sets = {
        number: [a_frame(draw, tasks) for tasks in ([], [EXPR], [VA], [EXPR, VA], [VA])[number - 1 :]]
        for number in (EXPR, VA)
    }
    frames = mixed(sets, draw)
    expected_of: dict[str, list[float]] = {"expr": [], "va": []}
    for number, frame in frames:
        for name, task in (("expr", EXPR), ("va", VA)):
            told = paper.told(task, frame.t, frame.s)
            its = paper.G(task, frame, paper.shares(sets[number])) if task in frame.y else told
            expected_of[name].append(its)
    batch = batch_of(frames, case.order)
    both, owners = losses_of(case.order, case.loss, Bins(grid=case.grid)).each(*vars(batch).values())
    assert both.tolist() == in_double([sum(pair) for pair in zip(*expected_of.values(), strict=True)])
    assert owners.tolist() == [number for number, _ in frames]
    for track, numbers, targets in Readout(tasks_of(case.order, "abaw2"), Bins(grid=case.grid)).parts():
        alone = losses_of(track.name, case.loss, Bins(grid=case.grid))
        its, _ = alone.each(
            batch.raw[:, numbers], batch.target[:, targets], batch.mask, batch.sets, batch.teacher[:, numbers]
        )
        assert its.tolist() == in_double(expected_of[track.name])


@given(seeds, st.floats(0, 5), st.floats(0, 5), st.floats(0, 5))
@settings(max_examples=20, deadline=None)
def test_each_term_has_its_weight(seed: int, cross_entropy: float, bins: float, ccc: float) -> None:
    sets = three_sets(np.random.default_rng(seed), shared=0.5)
    batch = batch_of(mixed(sets, np.random.default_rng(seed)), "va+expr")
    total = 0.0
    for its in sets.values():
        share = PLAIN.paper.shares(its)
        for frame in its:
            if EXPR in frame.y:
                total += cross_entropy * PLAIN.paper.loss_of(EXPR, frame.y, frame.s, share)
            if VA in frame.y:
                total += bins * PLAIN.paper.loss_of(VA, frame.y, frame.s, [0, 0]) + ccc * sum(share)
    losses = losses_of("va+expr", Loss(mse=0, by_set="sum", cross_entropy=cross_entropy, bins=bins, ccc=ccc))
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
        told = Distillation(temperature=2, squared=squared)
        losses = losses_of("va", Loss(by_set="sum", distillation=told), Bins(count=2))
        raw, teacher = torch.tensor([[*sure.tolist(), 0.0, 0.0]], dtype=torch.float64), torch.zeros(1, 4).double()
        found = losses(raw, torch.full((1, 2), NAN), torch.ones(1, dtype=torch.bool), teacher=teacher)
        assert found.item() == pytest.approx(expected, abs=1e-12)


def test_student_loss_by_hand() -> None:
    supervised, distilled = torch.tensor([2.0, NAN, 4.0]), torch.tensor([1.0, 5.0, 3.0])
    known = torch.tensor([True, False, True])
    # 0.75 x 2 + 0.25 x 1; 5; 0.75 x 4 + 0.25 x 3.
    assert student_loss(supervised, known, distilled, 0.75).tolist() == [1.75, 5.0, 3.75]
    assert student_loss(supervised, known, distilled, 1.0).tolist() == [2.0, 5.0, 4.0]
    assert student_loss(supervised, known, distilled, 0.0).tolist() == [1.0, 5.0, 3.0]


def test_uniform_scores_by_hand() -> None:
    """One frame of set 3: log 7 of the classes, twice log 20 of the bins, and twice 1 - 0: one frame agrees in
    nothing. 1.9459101490553132 + 5.991464547107982 + 2."""
    for by_set in ("sum", "mean"):
        losses = losses_of("expr+va", Loss(mse=0, by_set=by_set))
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
    ("by_set", "expected"),
    [
        # Each frame log(4/3) + log 2 = log(8/3) = 0.9808292530117262 of the bins and (0.2 + 1) / 2 = 0.6; two of them.
        ("sum", 3.1616585060234524),
        # Each frame log(8/3) and 0.2 + 1, and their mean.
        ("mean", 2.180829253011726),
    ],
)
def test_two_frames_by_hand(by_set: Any, expected: float) -> None:
    losses = losses_of("va", Loss(mse=0, by_set=by_set), TWO)
    assert losses(*two_frames()).item() == pytest.approx(expected, abs=1e-12)


@pytest.mark.parametrize(
    ("by_set", "expected"),
    [
        # Annotated, each of the two: 0.6 (log(8/3) + 1.2 / 3) + 0.4 log(4/3) / 2 = 0.8860339662973919, B being 3.
        # Not annotated: log(4/3) / 2 = 0.14384103622589045.
        ("sum", 1.9159089688206742),
        # Annotated: 0.6 (log(8/3) + 1.2) + 0.4 log(4/3) / 2 = 1.3660339662973919; (2 x that + 0.14384103622589045) / 3.
        ("mean", 0.9586363229402247),
    ],
)
def test_a_student_of_three_frames_by_hand(by_set: Any, expected: float) -> None:
    """The two frames, and one that is not annotated; the teacher gives 1/2 to all bins."""
    raw, target, _ = two_frames()
    raw, target = torch.cat([raw, raw[:1]]), torch.cat([target, torch.full((1, 2), NAN, dtype=torch.float64)])
    told = Distillation(truth=0.6, temperature=1)
    losses = losses_of("va", Loss(mse=0, by_set=by_set, distillation=told), TWO)
    mask, teacher = torch.ones(3, dtype=torch.bool), torch.zeros(3, 4, dtype=torch.float64)
    assert losses(raw, target, mask, teacher=teacher).item() == pytest.approx(expected, abs=1e-12)


def test_two_sets_by_hand() -> None:
    """The two frames as set 5, and as set 9 the first of them alone, whose CCC is 0 of both: log(8/3) + 2."""
    raw, target, _ = two_frames()
    whole = raw[[0, 0, 1]], target[[0, 0, 1]], torch.ones(3, dtype=torch.bool), torch.tensor([5, 9, 5])
    found, owners = losses_of("va", Loss(mse=0, by_set="sum"), TWO).each(*whole)
    assert found.tolist() == pytest.approx([1.5808292530117262, 2.980829253011726, 1.5808292530117262], abs=1e-12)
    assert owners.tolist() == [5, 9, 5]
    for by_set, expected in (("sum", 3.1616585060234524), ("mean", 2.180829253011726)):
        losses = losses_of("va", Loss(mse=0, by_set=by_set), TWO)
        assert losses(*whole).item() == pytest.approx(expected + 2.980829253011726, abs=1e-12)
        assert losses.scale(*whole[2:]) == (3 if by_set == "sum" else 2)


# Laws.


@given(seeds, st.floats(0.3, 8))
@settings(max_examples=30, deadline=None)
def test_kl_is_that_of_numpy_at_least_0_and_0_for_equal_scores(seed: int, T: float) -> None:
    draw = np.random.default_rng(seed)
    teacher, student = 3 * draw.normal(size=(2, 4, 3, 9))
    found = kl_divergence(torch.from_numpy(teacher), torch.from_numpy(student), T)
    expected = [KL(SF(t, T), SF(s, T)) for t, s in zip(teacher.reshape(-1, 9), student.reshape(-1, 9), strict=True)]
    assert found.shape == (4, 3) and found.flatten().tolist() == in_double(expected) and (found > 0).all()
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


@pytest.mark.parametrize("by_set", ["sum", "mean"])
@pytest.mark.parametrize("teacher", [True, False])
@pytest.mark.parametrize("grid", ["centres", "public"])
def test_gradients_are_those_of_finite_differences(by_set: Any, teacher: bool, grid: Any) -> None:
    draw = np.random.default_rng(3)
    raw, told = (torch.from_numpy(draw.normal(size=(6, 7 + 2 * 4))) for _ in range(2))
    target = torch.from_numpy(np.column_stack([draw.integers(0, 7, 6), draw.uniform(-1, 1, (6, 2))]))
    target[0, 0] = target[1, 1:] = target[2] = target[4, 0] = NAN
    sets, mask = torch.tensor([0, 0, 0, 1, 1, 1]), torch.tensor([True] * 5 + [False])
    losses = losses_of("expr+va", Loss(mse=0, by_set=by_set), Bins(count=4, grid=grid))

    def loss(scores: Tensor) -> Tensor:
        found: Tensor = losses(scores, target, mask, sets, told if teacher else None)
        return found

    assert torch.autograd.gradcheck(loss, raw.requires_grad_(), atol=1e-7, rtol=1e-6)
    loss(raw).backward()
    assert raw.grad is not None and ((raw.grad != 0).any(-1)).tolist() == [True, True, teacher, True, True, False]


@pytest.mark.parametrize("by_set", ["sum", "mean"])
def test_what_is_not_annotated_has_no_gradient_without_a_teacher(by_set: Any) -> None:
    draw = np.random.default_rng(1)
    frames = [(number, a_frame(draw, tasks)) for number, tasks in ((1, []), (1, [EXPR]), (2, [VA]), (2, [EXPR, VA]))]
    batch = batch_of(frames, "expr+va")
    batch.raw[0] = 1e30
    batch.raw[1, 7:], batch.raw[2, :7] = -1e30, 1e30
    batch.raw.requires_grad_()
    batch.loss(losses_of("expr+va", Loss(mse=0, by_set=by_set)), teacher=False).backward()
    assert batch.raw.grad is not None and batch.raw.grad.isfinite().all()
    by_task = torch.stack([(batch.raw.grad[:, its] != 0).any(-1) for its in (slice(0, 7), slice(7, 47))], -1)
    assert by_task.tolist() == [[False, False], [True, False], [False, True], [True, True]]


@given(cases)
@settings(max_examples=20, deadline=None)
def test_valence_without_arousal_is_no_annotation(case: Case) -> None:
    frames = mixed(three_sets(case.draw, shared=0.5), case.draw)
    batch = batch_of(frames, case.order)
    valence, arousal = (0, 1) if case.order == "va+expr" else (1, 2)
    lacking = batch.target.clone()
    lacking[:2, arousal] = NAN
    neither = lacking.clone()
    neither[:2, valence] = NAN
    objective = objective_of(case)
    its = [Batch(batch.raw, target, *list(vars(batch).values())[2:]) for target in (lacking, neither)]
    assert its[0].loss(objective).item() == in_double(its[1].loss(objective).item())


@given(cases)
@settings(max_examples=20, deadline=None)
def test_a_set_does_not_depend_on_the_others(case: Case) -> None:
    sets = three_sets(case.draw, shared=0.5)
    batch = batch_of(mixed(sets, case.draw), case.order)
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
    batch = batch_of(mixed(three_sets(case.draw, shared=0.5), case.draw), case.order)
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
    sequences = [(number, its[k : k + 3]) for number, its in sets.items() for k in range(0, len(its), 3)]
    flat = batch_of([(number, frame) for number, its in sequences for frame in its], case.order)
    mask = torch.tensor([[k < len(its) for k in range(3)] for _, its in sequences] + [[False] * 3])
    numbers = torch.tensor([number for number, _ in sequences] + [77])
    laid = [torch.full((*mask.shape, its.shape[-1]), garbage).double() for its in (flat.raw, flat.target, flat.teacher)]
    for whole, its in zip(laid, (flat.raw, flat.target, flat.teacher), strict=True):
        whole[mask] = its
    laid[0].requires_grad_()
    objective = objective_of(case)
    loss = objective(laid[0], laid[1], mask, sets=numbers, teacher=laid[2])
    loss.backward()
    flat.raw.requires_grad_()
    expected_loss = flat.loss(objective)
    expected_loss.backward()
    assert loss.item() == in_double(expected_loss.item())
    assert laid[0].grad is not None and flat.raw.grad is not None and not laid[0].grad[~mask].any()
    assert torch.allclose(laid[0].grad[mask], flat.raw.grad, atol=1e-12)
    real = len(flat.raw) if case.by_set == "sum" else len(sets)
    assert objective.scale(mask, numbers) == objective.scale(flat.mask, flat.sets) == real


@pytest.mark.parametrize("by_set", ["sum", "mean"])
def test_nothing_real_is_no_loss(by_set: Any) -> None:
    batch = batch_of([(EXPR, a_frame(np.random.default_rng(0), [EXPR, VA]))], "expr+va")
    batch.raw.requires_grad_()
    batch.mask[:] = False
    losses = losses_of("expr+va", Loss(mse=0, by_set=by_set))
    loss = batch.loss(losses)
    loss.backward()
    assert loss.item() == 0 and batch.raw.grad is not None and not batch.raw.grad.any()
    assert losses.scale(batch.mask, batch.sets) == 1


def test_without_numbers_of_sets_all_frames_are_one_set() -> None:
    draw = np.random.default_rng(5)
    batch = batch_of([(VA, a_frame(draw, [VA])) for _ in range(4)], "va+expr")
    for by_set in ("sum", "mean"):
        losses = losses_of("va+expr", Loss(mse=0, by_set=by_set))
        assert losses(batch.raw, batch.target, batch.mask).item() == batch.loss(losses, teacher=False).item()


def test_rare_classes_weigh_more_where_asked_for() -> None:
    """Uniform scores of an annotation of class 4, of which one frame in four is: 4 / (7 x 1) log 7."""
    classes = np.array([[0], [0], [0], [4]], np.float32)
    readout = Readout(Tasks((track_of("expr"),)))
    objective = Objective(readout, Loss(by_set="sum", class_weights="balanced"), classes)
    raw, mask = torch.zeros(2, 7, dtype=torch.float64), torch.ones(2, dtype=torch.bool)
    found = objective(raw, torch.tensor([[4.0], [NAN]]), mask, sets=torch.tensor([0, 0]))
    assert found.item() == pytest.approx(1.1119486566030361, abs=1e-6), "weights are float32"


@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16])
def test_the_loss_of_half_precision_is_in_single(dtype: torch.dtype) -> None:
    batch = batch_of(mixed(three_sets(np.random.default_rng(2), 0.5), np.random.default_rng(2)), "expr+va")
    batch.raw, batch.teacher = batch.raw.to(dtype), batch.teacher.to(dtype)
    batch.target = batch.target.float()
    losses = losses_of("expr+va", PLAIN.loss)
    half = batch.loss(losses)
    batch.raw, batch.teacher = batch.raw.float(), batch.teacher.float()
    assert half.dtype == torch.float32 and half.item() == batch.loss(losses).item()
