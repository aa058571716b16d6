"""The equations of Vu and Beurton-Aimar, section 2.2, in plain numpy, and random batches for them and for our code."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import strategies as st
from numpy.typing import NDArray
from torch import Tensor

from affectflow.config.model.bins import Bins
from affectflow.config.training.distillation import Distillation
from affectflow.config.training.trained import Loss
from affectflow.core.tasks import Tasks, tasks_of
from affectflow.models.readout import Readout
from affectflow.training.objective import Objective
from affectflow.training.source_losses import SourceLosses
from affectflow.training.track_losses.registry import TrackLosses

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
    by_source: str
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

    def distillation_loss(
        self, task: int, t: dict[int, NDArray[np.float64]], s: dict[int, NDArray[np.float64]]
    ) -> float:
        """Equations 4 to 6."""
        H1 = KL(SF(t[EXPR], self.T), SF(s[EXPR], self.T))
        H2 = sum(KL(SF(t[VA][i], self.T), SF(s[VA][i], self.T)) for i in (0, 1))
        return {EXPR: H1, VA: H2, BOTH: H1 + H2}[task] * (self.T**2 if self.squared else 1)

    def shares(self, frames: list[Frame]) -> list[float]:
        annotated = [frame for frame in frames if VA in frame.y]
        if not annotated:
            return [NAN, NAN]
        B = len(frames) if self.by_source == "sum" else 1
        predictions = [[expected(frame.s[VA][i], self.grid) for frame in annotated] for i in (0, 1)]
        return [(1 - CCC([frame.y[VA][i] for frame in annotated], predictions[i])) / B for i in (0, 1)]

    def over_sets(self, sets: dict[int, list[Frame]], each: Callable[[int, Frame, list[float]], float]) -> float:
        total = 0.0
        for number, frames in sets.items():
            loss = sum(each(number, frame, self.shares(frames)) for frame in frames)
            total += loss if self.by_source == "sum" else loss / len(frames)
        return total

    def G(self, task: int, frame: Frame, share: list[float]) -> float:  # noqa: N802
        """Equation 8."""
        supervised = self.loss_of(task, frame.y, frame.s, share)
        return self.lam * supervised + (1 - self.lam) * self.distillation_loss(task, frame.t, frame.s)

    def equation_7(self, sets: dict[int, list[Frame]]) -> float:
        return self.over_sets(sets, lambda i, frame, share: self.loss_of(i, frame.y, frame.s, share))

    def equation_9(self, sets: dict[int, list[Frame]]) -> float:
        """The printed x^(j,n) of the second task is read as x^(i,n), the frame whose label is missing."""

        def each(i: int, frame: Frame, share: list[float]) -> float:
            if i == BOTH:
                return self.G(BOTH, frame, share)
            j = EXPR + VA - i
            return self.G(i, frame, share) + self.distillation_loss(j, frame.t, frame.s)

        return self.over_sets(sets, each)

    def equation_10(self, sets: dict[int, list[Frame]]) -> float:
        def each(i: int, frame: Frame, share: list[float]) -> float:
            if i == BOTH:
                return self.G(BOTH, frame, share)
            j = EXPR + VA - i
            second = self.G(j, frame, share) if j in frame.y else self.distillation_loss(j, frame.t, frame.s)
            return self.G(i, frame, share) + second

        return self.over_sets(sets, each)


# Random batches, for the paper and for our code.


@dataclass(frozen=True)
class Case:
    seed: int
    order: str
    grid: Any
    by_source: Any
    truth: float
    temperature: float
    squared: bool

    @property
    def paper(self) -> Paper:
        return Paper(self.grid, self.by_source, self.temperature, self.truth, self.squared)

    @property
    def loss(self) -> Loss:
        distillation = Distillation(
            label_weight=self.truth, temperature=self.temperature, temperature_squared=self.squared
        )
        return Loss(mse=0, by_source=self.by_source, distillation=distillation)

    @property
    def draw(self) -> np.random.Generator:
        return np.random.default_rng(self.seed)


cases = st.builds(
    Case,
    seed=seeds,
    order=st.sampled_from(["expr+va", "va+expr"]),
    grid=st.sampled_from(["centres", "points", "public"]),
    by_source=st.sampled_from(["sum", "mean"]),
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
        task_sets = [{EXPR, VA} if number == BOTH or draw.random() < shared else {number} for _ in range(size)]
        sets[number] = [a_frame(draw, sorted(tasks)) for tasks in task_sets]
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

    def loss(self, loss_function: Any, teacher: bool = True) -> Tensor:
        value: Tensor = loss_function(
            self.raw, self.target, self.mask, sources=self.sets, teacher=self.teacher if teacher else None
        )
        return value


def batch_of(frames: Sequence[tuple[int, Frame]], order: str) -> Batch:
    """Frames, each with the number of its set."""
    return Batch(
        torch.from_numpy(np.stack([scores_of(frame.s, order) for _, frame in frames])),
        torch.from_numpy(np.stack([target_of(frame.y, order) for _, frame in frames])),
        torch.ones(len(frames), dtype=torch.bool),
        torch.tensor([number for number, _ in frames]),
        torch.from_numpy(np.stack([scores_of(frame.t, order) for _, frame in frames])),
    )


def shuffle_frames(sets: dict[int, list[Frame]], draw: np.random.Generator) -> list[tuple[int, Frame]]:
    """The frames of all sets, in any order."""
    frames = [(number, frame) for number, members in sets.items() for frame in members]
    return [frames[k] for k in draw.permutation(len(frames))]


def objective_of(case: Case, tasks: Tasks | None = None) -> Objective:
    learnt = tasks or tasks_of(case.order, "abaw2")
    return Objective(Readout(learnt, Bins(grid=case.grid)), case.loss, np.zeros((1, len(learnt.targets)), np.float32))


def losses_of(order: str, loss: Loss, bins: Bins | None = None) -> SourceLosses:
    tasks = tasks_of(order, "abaw2")
    return SourceLosses(
        TrackLosses(Readout(tasks, bins or Bins()), loss, np.zeros((1, len(tasks.targets)), np.float32)), loss
    )


def in_double(value: float) -> Any:
    return pytest.approx(value, rel=1e-9, abs=1e-9)
