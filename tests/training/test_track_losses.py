"""The loss of each track by itself, against numbers that are worked by hand."""

import math
from typing import Any, get_args

import numpy as np
import pytest
import torch
from torch import Tensor

from affectflow.config.model.bins import Bins
from affectflow.config.training.trained import Loss
from affectflow.core.compound import RAFDB, compound_track
from affectflow.core.errors import InputError
from affectflow.core.tasks import Tasks
from affectflow.core.tracks import Kind, Track, track_of
from affectflow.models.readout import Readout
from affectflow.training.track_losses.action_units import ActionUnitLoss
from affectflow.training.track_losses.expressions import ExpressionLoss
from affectflow.training.track_losses.interface import Extras, TrackLoss
from affectflow.training.track_losses.numbers import NumbersLoss
from affectflow.training.track_losses.reactions import ReactionLoss
from affectflow.training.track_losses.registry import KIND_LOSSES, TrackLosses, class_weights
from affectflow.training.track_losses.registry import loss_of as track_loss

NAN = math.nan
VA, EXPR, AU, ERI = (track_of(name) for name in ("va", "expr", "au", "eri"))
TWO = Bins(count=2, grid="centres")  # of the values -0.5 and 0.5


def loss_of(kind: type[TrackLoss], track: Track, grid: Bins | None = None, **terms: Any) -> Any:
    """The loss of a track; terms as `Loss` names them, beside class weights and words."""
    buffers = {name: terms.pop(name, None) for name in ("weights", "words")}
    return kind(Readout(Tasks((track,)), grid), Loss.model_validate(terms), **buffers)


def rows(*values: list[float]) -> Tensor:
    return torch.tensor(values, dtype=torch.float64)


def real(frames: int) -> Tensor:
    return torch.ones(frames, dtype=torch.bool)


def exactly(value: float) -> Any:
    return pytest.approx(value, abs=1e-12)


def test_every_track_has_a_loss() -> None:
    assert [track_loss(track) for track in (VA, EXPR, AU, ERI)] == [
        NumbersLoss,
        ExpressionLoss,
        ActionUnitLoss,
        ReactionLoss,
    ]
    assert set(KIND_LOSSES) == set(get_args(Kind)), "so that a new track has one"


@pytest.mark.parametrize("terms", [{}, {"mse": 0.5, "ccc": 2.0}, {"mse": 0.0}, {"ccc": 0.0}])
def test_valence_and_arousal_are_squared_errors_and_concordance(terms: Any) -> None:
    loss = loss_of(NumbersLoss, VA, **terms)
    raw, target = rows([0.5, 0.0], [-0.5, 1.0], [9.0, 9.0]), rows([1.0, 0.0], [-1.0, 1.0], [NAN, NAN])
    # Valence: covariance 1/2, variances 1/4 and 1, equal means: CCC 1 / 1.25; arousal agrees. Squares: 1/4, 1/4, 0, 0.
    expected = terms.get("mse", 1.0) * 0.5 / 4 + terms.get("ccc", 1.0) * (1 - (0.8 + 1) / 2)
    assert loss(raw, target, real(3)).item() == exactly(expected)
    masked = torch.tensor([True, True, False])
    assert loss(raw, target.nan_to_num(0.3), masked).item() == exactly(expected)


def test_bins_of_valence_and_arousal_cost_their_cross_entropy() -> None:
    loss = loss_of(NumbersLoss, VA, TWO, bins=0.5, mse=1.0, ccc=0.0)
    raw = rows([0.0, math.log(3), 0.0, 0.0])  # the upper bin of valence has 3/4: 0.25 is expected; of arousal 1/2: 0
    target = rows([0.5, -0.5])
    entropies, squares = math.log(4 / 3) + math.log(2), (0.25**2 + 0.5**2) / 2
    assert loss(raw, target, real(1)).item() == exactly(0.5 * entropies + squares)


@pytest.mark.parametrize(("by_source", "share"), [("sum", 2), ("mean", 1)])
def test_each_frame_of_valence_and_arousal_has_its_share_of_its_sets_concordance(by_source: str, share: int) -> None:
    loss = loss_of(NumbersLoss, VA, mse=3.0, ccc=1.0, by_source=by_source)
    raw, target = rows([0.5, 0.0], [-0.5, 1.0], [0.0, 0.0]), rows([1.0, 0.0], [-1.0, 1.0], [0.0, 0.0])
    losses = loss.each_frame(raw, target, real(3), torch.tensor([4, 4, 7]))
    # Set 4: 1 - 0.8 of valence, nothing of arousal, and squares of 1/4; set 7 agrees.
    assert losses.tolist() == [exactly(0.2 / share + 3 * 0.25)] * 2 + [exactly(0.0)]
    assert loss.annotated_frames(rows([0.0, NAN], [0.0, 0.0])).tolist() == [False, True], "both or none"


@pytest.mark.parametrize(("squared", "times"), [(False, 1), (True, 4)])
def test_a_teacher_of_bins_by_hand(squared: bool, times: int) -> None:
    distillation = {"temperature": 2.0, "temperature_squared": squared}
    loss = loss_of(NumbersLoss, VA, TWO, by_source="sum", distillation=distillation)
    teacher, student = rows([0.0, 2 * math.log(3), 0.0, 0.0]), rows([0.0, 0.0, 0.0, 0.0])
    # At temperature 2 the teacher says 1/4 and 3/4 of valence, the student halves; of arousal they agree.
    divergence = 0.25 * math.log(0.25 / 0.5) + 0.75 * math.log(0.75 / 0.5)
    assert loss.distilled(teacher, student).tolist() == [exactly(times * divergence)]


def test_expressions_cost_their_cross_entropy_by_class_weights() -> None:
    raw = torch.zeros(3, 7, dtype=torch.float64)
    raw[0, 4] = math.log(6)  # half of it
    target = rows([4.0], [0.0], [NAN])
    assert loss_of(ExpressionLoss, EXPR, cross_entropy=2.0)(raw, target, real(3)).item() == exactly(
        2 * (math.log(2) + math.log(7)) / 2
    )
    weights = torch.tensor([1.0, 0, 0, 0, 3.0, 0, 0], dtype=torch.float64)
    weighted = loss_of(ExpressionLoss, EXPR, weights=weights)
    assert weighted(raw, target, real(3)).item() == exactly((3 * math.log(2) + math.log(7)) / 4)
    focal = loss_of(ExpressionLoss, EXPR, focal=2.0)
    assert focal(raw, target, real(3)).item() == exactly((0.5**2 * math.log(2) + (6 / 7) ** 2 * math.log(7)) / 2)


def test_expressions_near_their_words_cost_less() -> None:
    words = torch.zeros(7, 2)
    words[4, 1] = 2.0
    loss = loss_of(ExpressionLoss, EXPR, embedding=0.5, cross_entropy=0.0, words=words)
    raw, target = torch.zeros(2, 7, dtype=torch.float64), rows([4.0], [0.0])
    extras = Extras(mapped=torch.tensor([[1.0, 2.0], [0.0, 3.0]]))
    assert loss(raw, target, real(2), extras).item() == exactly(0.5 * (1 / 2 + 9 / 2) / 2)
    assert loss(raw, target, real(2)).item() == 0, "nothing is mapped in validation"


def test_each_frame_of_expressions_and_its_teacher_by_hand() -> None:
    weights = torch.tensor([1.0, 0, 0, 0, 3.0, 0, 0], dtype=torch.float64)
    loss = loss_of(
        ExpressionLoss, EXPR, by_source="mean", cross_entropy=2.0, weights=weights, distillation={"temperature": 1}
    )
    raw, target = torch.zeros(2, 7, dtype=torch.float64), rows([4.0], [0.0])
    losses = loss.each_frame(raw, target, real(2), torch.tensor([0, 0]))
    assert losses.tolist() == [exactly(6 * math.log(7)), exactly(2 * math.log(7))]
    assert loss.annotated_frames(rows([4.0], [NAN])).tolist() == [True, False]
    teacher = torch.zeros(1, 7, dtype=torch.float64)
    teacher[0, 0] = math.log(6)
    divergence = 0.5 * math.log(0.5 * 7) + 6 * (1 / 12) * math.log(7 / 12)
    assert loss.distilled(teacher, raw[:1]).tolist() == [exactly(divergence)]


def test_compound_expressions_are_expressions_of_other_classes() -> None:
    track = compound_track(RAFDB)
    losses = TrackLosses(Readout(Tasks((track,), "rafdb_compound")), Loss(), np.zeros((1, 1), np.float32))
    ((loss, numbers, targets),) = losses.parts()
    assert isinstance(loss, ExpressionLoss) and (numbers, targets) == (slice(0, 11), slice(0, 1))
    assert loss(torch.zeros(2, 11, dtype=torch.float64), rows([3.0], [NAN]), real(2)).item() == exactly(math.log(11))
    balance = class_weights(track, np.array([[0], [0], [10]], np.float32))
    assert balance is not None and balance.tolist() == pytest.approx([3 / 22, *[0] * 9, 3 / 11])


def units(**named: float) -> list[float]:
    """Of the 12 action units those that are named; the others are not annotated."""
    return [named.get(name, NAN) for name in AU.targets]


@pytest.mark.parametrize(
    ("reduction", "expected"),
    [
        ("mean", (math.log(4 / 3) + 2 * math.log(2)) / 3),  # of all values
        ("sum", (math.log(4 / 3) + 2 * math.log(2)) / 2),  # of a frame's, then the mean of two frames
        ("frame", ((math.log(4 / 3) + math.log(2)) / 2 + math.log(2)) / 2),  # mean of a frame's, then of frames
    ],
)
def test_action_units_cost_their_cross_entropy(reduction: str, expected: float) -> None:
    raw = torch.zeros(3, 12, dtype=torch.float64)
    raw[0, 0] = math.log(3)  # AU1 with 3/4
    target = rows(units(au1=1.0, au2=0.0), units(au4=1.0), units())
    loss = loss_of(ActionUnitLoss, AU, bce=2.0, bce_reduction=reduction)
    assert loss(raw, target, real(3)).item() == exactly(2 * expected)


def test_weights_of_co_annotated_units_and_of_present_ones() -> None:
    raw, target = torch.zeros(1, 12, dtype=torch.float64), rows(units(au1=1.0, au2=0.0))
    shares = torch.zeros(1, 12, dtype=torch.float64)
    shares[0, :2] = torch.tensor([1.0, 0.5])
    plain = loss_of(ActionUnitLoss, AU, bce_reduction="frame")
    assert plain(raw, target, real(1), Extras(unit_weights=shares)).item() == exactly(1.5 * math.log(2) / 2)
    by_weights = loss_of(ActionUnitLoss, AU, bce_reduction="frame", coupling={"over": "weights"})
    assert by_weights(raw, target, real(1), Extras(unit_weights=shares)).item() == exactly(math.log(2))
    positive = torch.full((12,), 3.0, dtype=torch.float64)
    assert loss_of(ActionUnitLoss, AU, weights=positive)(raw, target, real(1)).item() == exactly(2 * math.log(2))


def test_each_frame_of_action_units_is_the_mean_of_those_that_are_annotated() -> None:
    loss = loss_of(ActionUnitLoss, AU, by_source="sum", bce=2.0)
    raw = torch.zeros(2, 12, dtype=torch.float64)
    raw[0, 0] = math.log(3)
    target = rows(units(au1=1.0, au2=0.0), units())
    assert loss.annotated_frames(target).tolist() == [True, False], "one annotated unit is enough"
    losses = loss.each_frame(raw, target, loss.annotated_frames(target), torch.tensor([0, 0]))
    assert losses.tolist() == [exactly(math.log(4 / 3) + math.log(2)), 0]
    with pytest.raises(InputError, match="ActionUnitLoss knows no teacher; remove teacher"):
        loss.distilled(raw, raw)


def test_reactions_cost_squares_and_the_strongest() -> None:
    loss = loss_of(ReactionLoss, ERI, mse=2.0, strongest=0.5)
    raw = torch.zeros(2, 14, dtype=torch.float64)
    raw[0, 7 + 3] = math.log(6)
    target = rows([0.5, 0.5, 0.5, 1.0, 0.5, 0.5, 0.5], [NAN] * 7)
    assert loss(raw, target, real(2)).item() == exactly(2 * 0.25 / 7 + 0.5 * math.log(2))
    with pytest.raises(InputError, match=r"ReactionLoss has no loss of single frames; set loss\.by_source: no"):
        loss.each_frame(raw, target, loss.annotated_frames(target), torch.tensor([0, 0]))


def test_losses_of_several_tracks_each_have_their_places() -> None:
    readout = Readout(Tasks((EXPR, VA)), TWO)
    targets = np.array([[0, 0, 0], [4, 0, 0]], np.float32)
    losses = TrackLosses(readout, Loss(class_weights="balanced"), targets)
    parts = [(type(loss), numbers, places, loss.weights is None) for loss, numbers, places in losses.parts()]
    assert parts == [
        (ExpressionLoss, slice(0, 7), slice(0, 1), False),
        (NumbersLoss, slice(7, 11), slice(1, 3), True),
    ]
    assert not losses.state_dict(), "weights follow from settings and annotations, so that no checkpoint holds them"
