"""Which action units tell of which emotion (Kollias and Zafeiriou, table V), as matrices.

Classes are named as in `tracks`: `neutral` and the six basic emotions, and compound emotions as in
config/relatedness/du2014_compound.yaml. Action units (AUs) are numbers; those that a network does not predict are left
out of its matrices, and `units_left_out` names them.
"""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from affectflow.config.model.relatedness import Compound, CompoundRelatedness, Related, Relatedness
from affectflow.config.reading import read_yaml
from affectflow.config.validate import validated
from affectflow.core.errors import InputError

UNITS = (1, 2, 4, 5, 6, 7, 9, 10, 12, 14, 15, 17, 20, 23, 24, 25, 26)
"""The 17 AUs that FaceBehaviorNet predicts: all of DISFA and BP4D (Kollias and Zafeiriou, footnote 1)."""

NEUTRAL = "neutral"


def read_relatedness(path: Path) -> Relatedness:
    """AUs of the basic emotions; InputError names each wrong key and value."""
    return validated(Relatedness, read_yaml(path), str(path))


def read_compounds(path: Path) -> CompoundRelatedness:
    """AUs of compound emotions; InputError names each wrong key and value."""
    return validated(CompoundRelatedness, read_yaml(path), str(path))


def unit_matrix(
    related: Mapping[str, Related], classes: Sequence[str], units: Sequence[int], reweight: bool = False
) -> NDArray[np.float64]:
    """p(AU | emotion), the relatedness of classes and AUs (Kollias and Zafeiriou, equation 8).

    Args:
        related: AUs by class.
        classes: rows of the matrix; `neutral` names no AU.
        units: columns of the matrix.
        reweight: gives observational AUs their weight (Kollias and Zafeiriou, footnote 3) instead of 1.

    Returns:
        Shape (classes, units), in [0, 1]; 0 where a class does not name an AU.

    Raises:
        InputError: a class is not known.
    """
    matrix = np.zeros((len(classes), len(units)))
    for row, name in enumerate(classes):
        weights = _weights(related, name)
        for column, unit in enumerate(units):
            if unit in weights:
                matrix[row, column] = weights[unit] if reweight else 1.0
    return matrix


def units_left_out(
    related: Mapping[str, Related], classes: Sequence[str], units: Sequence[int]
) -> dict[str, tuple[int, ...]]:
    """AUs that classes name and `units` lacks, by class; only classes with any. InputError: a class is not known."""
    missing = {name: tuple(sorted(_weights(related, name).keys() - set(units))) for name in classes}
    return {name: lacking for name, lacking in missing.items() if lacking}


def mixture_matrix(
    compounds: Mapping[str, Compound],
    classes: Sequence[str],
    emotions: Sequence[str],
    basic: Literal["once", "twice"] = "once",
) -> NDArray[np.float64]:
    """Which basic emotions each class mixes: the weights of p(emo1) + p(emo2) in equation 10 of Kollias and Zafeiriou.

    Args:
        compounds: the compound emotions.
        classes: rows of the matrix, compound and basic emotions (EmotioNet's set has both).
        emotions: columns of the matrix, the classes whose probabilities a network predicts.
        basic: how often a class that is a basic emotion counts its own probability. The paper does not say. `once`: as
            the one part that it has; its sum is never above that of a compound with it, so that the AUs decide between
            the two. `twice`: as mixed of itself and itself; a face with all AUs of sadly disgusted is then sad as soon
            as sadness is the more probable part.

    Returns:
        Shape (classes, emotions).

    Raises:
        InputError: a class is neither a compound nor one of `emotions`, or a part of it is not one of these.
    """
    matrix = np.zeros((len(classes), len(emotions)))
    for row, name in enumerate(classes):
        parts = compounds[name].parts if name in compounds else (name, name)[: 2 if basic == "twice" else 1]
        for part in parts:
            if part not in emotions:
                raise InputError(
                    f"class {name!r} needs the probability of {part!r}; predicted are {', '.join(emotions)}"
                )
            matrix[row, list(emotions).index(part)] += 1.0
    return matrix


def positive_valence(
    compounds: Mapping[str, Compound], classes: Sequence[str], happiness: bool = False
) -> NDArray[np.bool_]:
    """Whether a positive valence speaks for a class (equation 10 of Kollias and Zafeiriou), shape (classes,).

    Args:
        compounds: the compound emotions.
        classes: compound and basic emotions.
        happiness: whether it speaks for the basic emotion happiness, too. The paper adds the term to two compounds
            alone, of a set without basic classes (RAF-DB); in one with them (EmotioNet) its reason holds for happiness
            as well: without the term a plain smile of positive valence scores higher as a compound of happiness.
    """
    marked = {name for name, compound in compounds.items() if compound.positive_valence}
    return np.array([name in marked or (happiness and name == "happiness") for name in classes], bool)


def _weights(related: Mapping[str, Related], name: str) -> dict[int, float]:
    if name == NEUTRAL:
        return {}
    if name not in related:
        raise InputError(f"no AUs are known of class {name!r}; expected {', '.join([NEUTRAL, *related])}")
    return related[name].weights
