"""Scores of compound expressions (equation 10 of Kollias and Zafeiriou): by hand, in plain numpy, and laws."""

import math

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from relatedness_lab import CLASSES, STUDY, TABLES, random_normal
from torch import Tensor

from affectflow.losses.zero_shot import compound_scores
from affectflow.relatedness.matrices import UNITS, mixture_matrix, positive_valence, read_compounds, unit_matrix

COMPOUNDS = read_compounds(TABLES / "du2014_compound.yaml")
EVERY = {**STUDY.emotions, **COMPOUNDS.classes}
seeds = st.integers(0, 2**32 - 1)


def matrices(classes: tuple[str, ...], reweight: bool = False) -> tuple[Tensor, Tensor, Tensor]:
    return (
        torch.from_numpy(unit_matrix(EVERY, classes, UNITS, reweight)),
        torch.from_numpy(mixture_matrix(COMPOUNDS.classes, classes, CLASSES)),
        torch.from_numpy(positive_valence(COMPOUNDS.classes, classes)),
    )


def by_loops(units: np.ndarray, expressions: np.ndarray, valence: float, name: str, form: str) -> float:
    """Equation 10 for one class, without weights."""
    named = [p for unit, p in zip(UNITS, units, strict=True) if unit in EVERY[name].weights]
    first = sum(named) / len(named) if form == "share" else len(named) / sum(named)
    parts = COMPOUNDS.classes[name].parts if name in COMPOUNDS.classes else (name,)
    score = first + sum(expressions[CLASSES.index(part)] for part in parts)
    if name in ("happily surprised", "happily disgusted") and valence != 0:
        score += 0.5 * (valence / abs(valence) + 1)
    return score


def test_by_hand() -> None:
    # Happily surprised names 1, 2, 12, 25, 5, 26; sadly angry 4, 15, 6, 7, 17 (11 is none of the network's).
    units = torch.tensor([0.9 if unit in (1, 2, 12) else 0.3 for unit in UNITS], dtype=torch.float64)
    emotions = {"happiness": 0.5, "surprise": 0.2, "sadness": 0.1, "anger": 0.05, "neutral": 0.15}
    expressions = torch.tensor([emotions.get(name, 0.0) for name in CLASSES], dtype=torch.float64)
    tables = matrices(("happily surprised", "sadly angry"))
    for valence, pleased in ((0.4, 1.0), (-0.4, 0.0), (0.0, 0.0), (1e-9, 1.0)):
        scores = compound_scores(units, expressions, torch.tensor(valence, dtype=torch.float64), *tables)
        assert scores.tolist() == pytest.approx([(3 * 0.9 + 3 * 0.3) / 6 + 0.7 + pleased, 0.3 + 0.15], abs=1e-12)
    printed = compound_scores(units, expressions, torch.tensor(-1.0), *tables, form="printed")
    assert printed.tolist() == pytest.approx([6 / 3.6 + 0.7, 5 / 1.5 + 0.15], abs=1e-12)


def test_weights_by_hand() -> None:
    related, mixtures, positive = matrices(("happily surprised",), reweight=True)
    units = torch.tensor([float(unit in (1, 26)) for unit in UNITS], dtype=torch.float64)
    scores = compound_scores(units, torch.zeros(7).double(), torch.tensor(-0.1), related, mixtures, positive)
    assert scores.item() == pytest.approx((1 + 0.67) / (4 + 0.64 + 0.67), abs=1e-12)


@given(seeds, st.sampled_from(["raf_db", "emotionet"]), st.sampled_from(["share", "printed"]))
@settings(max_examples=40, deadline=None)
def test_in_plain_numpy(seed: int, corpus: str, form) -> None:
    classes = COMPOUNDS.sets[corpus]
    units, expressions = random_normal(seed, 5, 17).sigmoid(), random_normal(seed + 1, 5, 7).softmax(-1)
    valence = random_normal(seed + 2, 5).tanh()
    valence[0] = 0.0
    scores = compound_scores(units, expressions, valence, *matrices(classes), form=form)
    expected = [
        [by_loops(u, e, float(v), name, form) for name in classes]
        for u, e, v in zip(units.numpy(), expressions.numpy(), valence.numpy(), strict=True)
    ]
    np.testing.assert_allclose(scores.numpy(), expected, atol=1e-10)


@pytest.mark.parametrize("corpus", ["raf_db", "emotionet"])
@pytest.mark.parametrize("first", [0.5, 0.7])
def test_the_faces_of_a_class_are_that_class(corpus: str, first: float) -> None:
    classes = COMPOUNDS.sets[corpus]
    related, mixtures, positive = matrices(classes)
    expressions = torch.zeros(len(classes), 7, dtype=torch.float64)
    for row, name in enumerate(classes):
        parts = COMPOUNDS.classes[name].parts if name in COMPOUNDS.classes else (name, name)
        for part, share in zip(parts, (first, 1 - first), strict=True):
            expressions[row, CLASSES.index(part)] += share
    valence = torch.where(positive, 1.0, -1.0)
    scores = compound_scores(related, expressions, valence, related, mixtures, positive)
    assert scores.argmax(-1).tolist() == list(range(len(classes)))


def test_a_plain_smile_is_happiness_where_valence_speaks_for_it() -> None:
    classes = COMPOUNDS.sets["emotionet"]
    related, mixtures, positive = matrices(classes)
    happy = classes.index("happiness")
    units, expressions = related[happy], torch.eye(7, dtype=torch.float64)[CLASSES.index("happiness")]
    marked = torch.from_numpy(positive_valence(COMPOUNDS.classes, classes, happiness=True))
    names = [
        classes[compound_scores(units, expressions, torch.tensor(0.8), related, mixtures, which).argmax().item()]
        for which in (positive, marked)
    ]
    assert names == ["happily disgusted", "happiness"]


def test_the_printed_form_prefers_the_class_that_is_not_there() -> None:
    classes = COMPOUNDS.sets["raf_db"]
    related, mixtures, positive = matrices(classes)
    units, nothing = related[:1].clamp(0.1, 0.9), torch.zeros(1, 7).double()
    share = compound_scores(units, nothing, torch.tensor([-1.0]), related, mixtures, positive)
    printed = compound_scores(units, nothing, torch.tensor([-1.0]), related, mixtures, positive, "printed")
    assert classes[int(share.argmax())] == "happily surprised" == classes[int(printed.argmin())]


def test_a_class_without_units_gets_nothing_from_them() -> None:
    related, mixtures, positive = torch.zeros(1, 17), torch.eye(1, 7), torch.tensor([False])
    for form in ("share", "printed"):
        scores = compound_scores(
            torch.ones(17), torch.full((7,), 0.25), torch.tensor(0.5), related, mixtures, positive, form
        )
        assert scores.tolist() == [0.25]
    absent = compound_scores(
        torch.zeros(17), torch.zeros(7), torch.tensor(0.0), torch.ones(1, 17), mixtures, positive, "printed"
    )
    assert absent.item() == math.inf
