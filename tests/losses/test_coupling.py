"""Co-annotation and distribution matching of Kollias and Zafeiriou: its examples, plain numpy, gradients and laws."""

import math

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from relatedness_lab import CLASSES, NAN, RELATED, WEIGHTED, faces, labels, numbers, random_mask, random_normal
from torch import Tensor

from affectflow.losses.coupling import (
    co_annotated_expressions,
    co_annotated_units,
    distribution_matching_loss,
    log_mixture,
    soft_expressions,
)
from affectflow.relatedness.matrices import UNITS

seeds = st.integers(0, 2**32 - 1)
forms = pytest.mark.parametrize("form", ["printed", "binary", "kl"])
TABLES = pytest.mark.parametrize("related", [RELATED, WEIGHTED], ids=["ones", "weights"])
ALL = torch.ones(3, dtype=torch.bool)
UNNAMED = 14
"""The only AU of the 17 that no emotion names."""


def by_unit(row: Tensor) -> dict[int, float]:
    return dict(zip(UNITS, row.tolist(), strict=True))


def matching_by_loops(units: Tensor, expressions: Tensor, related: Tensor, mask: Tensor, form: str) -> float:
    """Equations 8 and 9 sum by sum."""
    r, losses = related.numpy(), []
    for u, e, real in zip(units.numpy(), expressions.numpy(), mask.numpy(), strict=True):
        if not real:
            continue
        emotions, total = np.exp(e - e.max()) / np.exp(e - e.max()).sum(), 0.0
        for i in range(r.shape[1]):
            if r[:, i].max() == 0:
                continue
            p, q = 1 / (1 + np.exp(-u[i])), sum(emotions[k] * r[k, i] for k in range(len(emotions)))
            total -= p * np.log(q)
            if form != "printed":
                total -= (1 - p) * np.log(1 - q)
            if form == "kl":
                total += p * np.log(p) + (1 - p) * np.log(1 - p)
        losses.append(total)
    return float(np.mean(losses)) if losses else 0.0


def test_equation_8_by_the_papers_examples() -> None:
    logits = random_normal(0, 7)
    p = dict(zip(CLASSES, logits.softmax(-1).tolist(), strict=True))
    q = by_unit(log_mixture(logits.log_softmax(-1), RELATED).exp())
    assert q[2] == pytest.approx(p["surprise"] + p["fear"], abs=1e-12)
    certain = torch.tensor([0.0 if name == "happiness" else -math.inf for name in CLASSES], dtype=torch.float64)
    q = by_unit(log_mixture(certain, RELATED).exp())
    assert q == {unit: 1.0 if unit in (6, 12, 25) else 0.0 for unit in UNITS}
    assert by_unit(log_mixture(certain, WEIGHTED).exp())[6] == pytest.approx(0.51, abs=1e-12)


@given(seeds)
@settings(max_examples=30, deadline=None)
def test_equation_8_is_a_mixture(seed: int) -> None:
    logits = 5 * random_normal(seed, 4, 7)
    for related in (RELATED, WEIGHTED):
        q = log_mixture(logits.log_softmax(-1), related).exp()
        assert torch.allclose(q, logits.softmax(-1) @ related, atol=1e-12)
        assert (q >= 0).all() and (q <= 1 + 1e-12).all()


def test_equation_9_by_hand() -> None:
    # Two classes of 1/4 and 3/4; AU a belongs to the first, b to both, half as sure to the second, c to none.
    related = torch.tensor([[1.0, 1.0, 0.0], [0.0, 0.5, 0.0]], dtype=torch.float64)
    expressions = torch.tensor([[0.0, math.log(3)]], dtype=torch.float64)
    units = torch.tensor([[0.0, -math.log(3), 9.0]], dtype=torch.float64)  # p = 1/2, 1/4
    qa, qb = 1 / 4, 1 / 4 + 3 / 8
    printed = -math.log(qa) / 2 - math.log(qb) / 4
    binary = printed - math.log(1 - qa) / 2 - 3 * math.log(1 - qb) / 4
    kl = binary + math.log(1 / 2) + math.log(1 / 4) / 4 + 3 * math.log(3 / 4) / 4
    for form, expected in {"printed": printed, "binary": binary, "kl": kl}.items():
        loss = distribution_matching_loss(units, expressions, related, ALL[:1], form)  # type: ignore[arg-type]
        assert loss.item() == pytest.approx(expected, abs=1e-12)


@TABLES
@forms
def test_equation_9_in_plain_numpy(related: Tensor, form) -> None:
    for seed in range(10):
        units, expressions = 2 * random_normal(seed, 6, 17), 2 * random_normal(seed + 50, 6, 7)
        mask = random_mask(seed, 6)
        loss = distribution_matching_loss(units, expressions, related, mask, form).item()
        assert loss == pytest.approx(matching_by_loops(units, expressions, related, mask, form), abs=1e-9)


@TABLES
@forms
def test_gradients_by_finite_differences(related: Tensor, form) -> None:
    mask = torch.tensor([True, False, True])
    assert torch.autograd.gradcheck(
        lambda u, e: distribution_matching_loss(u, e, related, mask, form),
        (random_normal(1, 3, 17).requires_grad_(), random_normal(2, 3, 7).requires_grad_()),
        atol=1e-7,
    )


@forms
def test_a_sure_expression_keeps_loss_and_gradient_finite(form) -> None:
    for dtype in (torch.float32, torch.float64):
        expressions = torch.zeros(1, 7, dtype=dtype)
        expressions[0, CLASSES.index("happiness")] = 500.0  # its probability is 1 to the last bit, the others' 0
        expressions.requires_grad_()
        units = torch.full((1, 17), 4.0, dtype=dtype, requires_grad=True)
        loss = distribution_matching_loss(units, expressions, RELATED, ALL[:1], form)
        loss.backward()
        assert loss.isfinite() and loss > 1000 and expressions.grad is not None and units.grad is not None
        assert expressions.grad.isfinite().all() and units.grad.isfinite().all()
        assert expressions.grad[0, CLASSES.index("happiness")] > 1, "pushed down, since other units are predicted"


@forms
def test_units_that_no_or_every_class_names_say_nothing(form) -> None:
    related = RELATED.clone()
    related[:, 0] = 1
    units = random_normal(3, 3, 17).requires_grad_()
    distribution_matching_loss(units, random_normal(4, 3, 7), related, ALL, form).backward()
    assert units.grad is not None
    silent = torch.tensor([unit in (1, UNNAMED) for unit in UNITS])
    assert not units.grad[:, silent].any() and (units.grad[:, ~silent] != 0).all()


@given(seeds)
@settings(max_examples=30, deadline=None)
def test_kl_is_least_and_zero_where_both_agree(seed: int) -> None:
    expressions = random_normal(seed, 3, 7)
    q = expressions.softmax(-1) @ RELATED
    agreed = torch.logit(q.clamp(min=1e-9, max=1 - 1e-9)).requires_grad_()
    loss = distribution_matching_loss(agreed, expressions, RELATED, ALL, "kl")
    loss.backward()
    assert loss.item() == pytest.approx(0, abs=1e-9)
    assert agreed.grad is not None and agreed.grad.abs().max() < 1e-9
    assert distribution_matching_loss(agreed + random_normal(seed + 1, 3, 17), expressions, RELATED, ALL, "kl") > 0


def test_printed_falls_as_units_fall_and_binary_does_not() -> None:
    expressions = torch.zeros(1, 7, dtype=torch.float64)
    expressions[0, CLASSES.index("happiness")] = 3.0
    none, happy = torch.full((1, 17), -9.0, dtype=torch.float64), 9 * (2 * faces((6, 12, 25)) - 1)

    def loss(units: Tensor, form) -> float:
        return distribution_matching_loss(units, expressions, RELATED, ALL[:1], form).item()

    assert loss(none, "printed") < 0.01 < loss(happy, "printed")
    assert loss(happy, "binary") < loss(none, "binary") and loss(happy, "kl") < loss(none, "kl")


@forms
@pytest.mark.parametrize("garbage", [NAN, math.inf])
def test_padding_has_no_gradient(form, garbage: float) -> None:
    units, expressions = random_normal(0, 2, 17), random_normal(1, 2, 7)
    expected = distribution_matching_loss(units[:1], expressions[:1], RELATED, ALL[:1], form)
    units[1], expressions[1] = garbage, garbage
    units.requires_grad_(), expressions.requires_grad_()
    loss = distribution_matching_loss(units, expressions, RELATED, torch.tensor([True, False]), form)
    loss.backward()
    assert loss.item() == expected.item()
    for x in (units, expressions):
        assert x.grad is not None and not x.grad[1].any() and x.grad[0].any()
    nothing = random_normal(0, 2, 17).requires_grad_()
    none = distribution_matching_loss(nothing, random_normal(1, 2, 7), RELATED, ~ALL[:2], form)
    none.backward()
    assert none.item() == 0 and nothing.grad is not None and not nothing.grad.any()


def test_units_from_expressions_by_hand() -> None:
    own = faces((1,), (12,), (25,), ())
    own[0] = NAN
    own[1] = NAN
    own[2, [u not in (6, 25) for u in UNITS]] = NAN  # 25 present, 6 absent, nothing else known
    targets, weights = co_annotated_units(numbers("happiness", "neutral", "happiness", ""), own, WEIGHTED)
    annotated = [{u: v for u, v in by_unit(row).items() if not math.isnan(v)} for row in targets]
    assert annotated[:3] == [{6: 1, 12: 1, 25: 1}, {}, {6: 0, 12: 1, 25: 1}]
    assert annotated[3] == dict.fromkeys(UNITS, 0.0), "not annotated with an expression: as it was"
    nonzero = [{u: v for u, v in by_unit(row).items() if v} for row in weights]
    assert nonzero == [{6: 0.51, 12: 1, 25: 1}, {}, {6: 1, 12: 1, 25: 1}, dict.fromkeys(UNITS, 1.0)]


@given(seeds)
@settings(max_examples=40, deadline=None)
def test_own_units_stay_and_each_target_has_a_weight(seed: int) -> None:
    expression, units = labels(seed, 4, 3, classes=7), labels(seed + 1, 4, 3, 17)
    targets, weights = co_annotated_units(expression, units, WEIGHTED)
    own = ~units.isnan()
    assert torch.equal(targets[own], units[own]) and (weights[own] == 1).all()
    assert torch.equal(weights > 0, ~targets.isnan())
    assert (targets[~own & ~targets.isnan()] == 1).all()


@pytest.mark.parametrize(
    ("present", "unknown", "expected"),
    [
        ((6, 12, 25), (), "happiness"),
        ((12, 25), (), ""),  # the observational unit is asked for, too
        ((6, 12, 25), (14,), "happiness"),  # a unit that no emotion names may be unknown
        ((6, 12, 25), (6,), ""),  # one that it names may not
        ((1, 4, 6, 15, 17), (), "sadness"),  # without AU11, which the network lacks
        ((1, 2, 4, 5, 20, 25, 26), (), "fear"),  # surprise fits as well, with 5 units instead of 7
        ((1, 2, 5, 25, 26, 6, 12), (), "surprise"),  # happiness fits as well, with 3
        ((4, 9, 10, 17, 24, 7, 23), (), "anger"),  # 6; disgust has 5
        ((1, 2, 5, 6, 9, 10, 4, 15, 17, 24, 25, 26), (), "disgust"),  # sadness and surprise have 5, too: the first
        ((), (), ""),  # Neutral, which asks for nothing, is never given
    ],
)
def test_expressions_from_units_by_hand(present: tuple[int, ...], unknown: tuple[int, ...], expected: str) -> None:
    expressions = co_annotated_expressions(numbers(""), faces(present, unknown=unknown), RELATED)
    assert torch.equal(expressions, numbers(expected)) or (expected == "" and expressions.isnan().all())
    assert co_annotated_expressions(numbers("fear"), faces(present, unknown=unknown), RELATED) == numbers("fear")


@given(st.sampled_from(CLASSES[1:]))
def test_both_directions_agree(name: str) -> None:
    nothing = torch.full((1, 17), NAN, dtype=torch.float64)
    targets, _ = co_annotated_units(numbers(name), nothing, RELATED)
    assert torch.equal(co_annotated_expressions(numbers(""), targets, RELATED), numbers(name))


@given(seeds)
@settings(max_examples=40, deadline=None)
def test_expressions_from_units_in_plain_python(seed: int) -> None:
    units = labels(seed, 30, 17, missing=0.05)
    units[torch.rand(30, 17, generator=torch.Generator().manual_seed(seed)) < 0.8] = 1
    expressions = co_annotated_expressions(torch.full((30,), NAN), units, WEIGHTED)
    for row, label in zip(units, expressions.tolist(), strict=True):
        present = {unit for unit, value in by_unit(row).items() if value == 1}
        required = [{u for u, r in zip(UNITS, rs.tolist(), strict=True) if r} for rs in RELATED]
        fitting = [(len(needs), -k) for k, needs in enumerate(required) if needs and needs <= present]
        assert (math.isnan(label) and not fitting) or label == -max(fitting)[1]


def test_soft_label_by_the_papers_example() -> None:
    soft = soft_expressions(faces((12, 6)), WEIGHTED)[0]
    score = {
        "neutral": 0.0,
        "anger": 0.0,
        "disgust": 0.0,
        "fear": 0.0,
        "happiness": (1 + 0 + 0.51) / (1 + 1 + 0.51),
        "sadness": 0.5 / (1 + 1 + 0.6 + 0.5 + 0.67),  # AU6; AU11 is none of the network's
        "surprise": 0.0,
    }
    total = sum(math.exp(s) for s in score.values())
    assert soft.tolist() == pytest.approx([math.exp(score[name]) / total for name in CLASSES], abs=1e-12)
    plain = soft_expressions(faces((12, 6)), RELATED)[0].tolist()
    ratio = math.log(plain[CLASSES.index("happiness")] / plain[CLASSES.index("neutral")])
    assert ratio == pytest.approx(2 / 3, abs=1e-12), "without weights: (1 + 0 + 1) / 3"


def test_soft_labels_of_what_is_not_annotated() -> None:
    # Only 25 (present) and 4 (absent) are known: of happiness 1 of 1, of surprise 1 of 1, of fear 1 of 2.
    units = faces((25,), unknown=tuple(unit for unit in UNITS if unit not in (4, 25)))
    scores = [0, 0, 0, 1 / 2, 1, 0, 1]
    soft = soft_expressions(units, RELATED)[0]
    assert soft.tolist() == pytest.approx((np.exp(scores) / np.exp(scores).sum()).tolist(), abs=1e-12)
    left_out = soft_expressions(units, RELATED, "left_out")[0]
    assert left_out[0] == 0 and left_out[1:].tolist() == pytest.approx((soft[1:] / soft[1:].sum()).tolist())
    only_happy = faces((12,), unknown=tuple(unit for unit in UNITS if unit != 12))
    assert soft_expressions(only_happy, RELATED, "left_out")[0].tolist() == [0, 0, 0, 0, 1, 0, 0]
    nothing = faces((14,), unknown=tuple(unit for unit in UNITS if unit != UNNAMED))
    for unnamed in ("zero", "left_out"):
        assert soft_expressions(nothing, RELATED, unnamed).isnan().all()


@given(seeds)
@settings(max_examples=40, deadline=None)
def test_soft_labels_in_plain_numpy(seed: int) -> None:
    units = labels(seed, 5, 17, missing=0.6)
    soft = soft_expressions(units, WEIGHTED)
    for row, label in zip(units.numpy(), soft.numpy(), strict=True):
        annotated, scores = ~np.isnan(row), np.zeros(7)
        for k, weights in enumerate(WEIGHTED.numpy()):
            if weights[annotated].sum() > 0:
                scores[k] = (weights[annotated] * row[annotated]).sum() / weights[annotated].sum()
        if annotated[np.array(UNITS) != UNNAMED].any():
            np.testing.assert_allclose(label, np.exp(scores) / np.exp(scores).sum(), atol=1e-12)
        else:
            assert np.isnan(label).all()
