"""Late fusion of branches from files to files: weights found on validation, stored, applied to any split."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Literal

import numpy as np
from pydantic import TypeAdapter, ValidationError

from affectflow.artifacts.atomic import write_text
from affectflow.artifacts.predictions import (
    Predictions,
    Scores,
    check_complete,
    read_branches,
    write_predictions,
)
from affectflow.config.base import Settings
from affectflow.config.systems import Fusion, Method
from affectflow.errors import InputError
from affectflow.training.annotated import TARGETS, Target, lay_labels
from affectflow.training.fusion import find_weights


class FusedMethod(Settings):
    """One row of a table: its branches, their weights, and how these were found on validation."""

    branches: tuple[str, ...]
    found_by: Literal["search", "ccc", "equal"]
    step: float | None
    """Grid of the search; none for the others."""
    weights: dict[Target, dict[str, float]]
    """By target and branch, each in [0, 1], of sum 1."""
    ccc: dict[Target, float]
    """Of the fused scores on the annotated validation frames."""
    frames: int
    subjects: int

    def vector(self, target: Target) -> np.ndarray:
        """Weights of a target in the order of `branches`."""
        return np.array([self.weights[target][branch] for branch in self.branches])


_File = TypeAdapter(dict[str, FusedMethod])


def fuse(
    predictions: Mapping[str, Path],
    labels: Path,
    methods: Mapping[str, Method],
    fusion: Fusion,
    out: Path,
    manifest: Path | None = None,
) -> dict[str, FusedMethod]:
    """Find the weights of every method on validation, for valence and arousal apart, and write them as JSON.

    Args:
        predictions: validation predictions by branch.
        labels: label table; only the rows of its validation split are used.
        methods: the combinations of branches, by name.
        fusion: how weights are found.
        out: the `weights.json` to write.
        manifest: where given, the predictions must cover exactly its decoded validation frames.

    Raises:
        InputError: tables do not fit together, a branch has no predictions or is named twice, or the search's
            grid does not fit.
    """
    names = list(predictions)
    for title, method in methods.items():
        for branch in method.branches:
            if branch not in names:
                raise InputError(
                    f"method {title!r} needs branch {branch}; predictions are given for {', '.join(names)}"
                )
        if len(set(method.branches)) < len(method.branches):
            raise InputError(f"method {title!r} names a branch twice: {', '.join(method.branches)}; remove one")
    tables = read_branches(predictions)
    first = tables[names[0]]
    if manifest:
        check_complete(first, manifest, "validation")
    annotated = lay_labels(labels, first)
    every = {target: annotated.moments(list(tables.values()), target) for target in TARGETS}
    found = {}
    for title, method in methods.items():
        columns = [names.index(branch) for branch in method.branches] + [len(names)]
        moments = {target: every[target].select(columns) for target in TARGETS}
        weights = {target: find_weights(moments[target], fusion) for target in TARGETS}
        found[title] = FusedMethod(
            branches=method.branches,
            found_by=fusion.weights,
            step=fusion.step if fusion.weights == "search" else None,
            weights={t: dict(zip(method.branches, weights[t].tolist(), strict=True)) for t in TARGETS},
            ccc={t: round(float(moments[t].ccc(weights[t])), 9) for t in TARGETS},
            frames=annotated.frames,
            subjects=annotated.subjects,
        )
    text = json.dumps({title: method.model_dump(mode="json") for title, method in found.items()}, indent=2)
    write_text(out, text + "\n")
    return found


def read_weights(path: Path) -> dict[str, FusedMethod]:
    """Weights by method, as `fuse` wrote them.

    Raises:
        InputError: the file is missing or is not such a file.
    """
    try:
        return _File.validate_json(path.read_bytes())
    except FileNotFoundError as error:
        raise InputError(f"{path}: no such file; the rule that makes it has not run") from error
    except ValidationError as error:
        raise InputError(f"{path}: not a file of fusion weights ({error}); delete it and run again") from error


def read_method(weights: Path, method: str) -> FusedMethod:
    """One method of a weights file; InputError where it has no such method."""
    known = read_weights(weights)
    if method not in known:
        raise InputError(f"{weights}: no method {method!r}; it has {', '.join(map(repr, known))}")
    return known[method]


def read_fused(
    weights: Path, method: str, predictions: Mapping[str, Path]
) -> tuple[FusedMethod, dict[str, Predictions]]:
    """A method of a weights file, and the predictions of its branches.

    Raises:
        InputError: the method or one of its branches is not given, or tables do not fit together.
    """
    chosen = read_method(weights, method)
    missing = [branch for branch in chosen.branches if branch not in predictions]
    if missing:
        raise InputError(f"method {method!r} needs predictions of branch {', '.join(missing)}; none are given")
    return chosen, read_branches({branch: predictions[branch] for branch in chosen.branches})


def fused(predictions: Mapping[str, Predictions], method: FusedMethod) -> tuple[Scores, Scores]:
    """Valence and arousal of a method, in [-1, 1], one of each for every row of the predictions."""
    valence, arousal = (_average(predictions, method, target) for target in TARGETS)
    return valence, arousal


def apply_fusion(weights: Path, method: str, predictions: Mapping[str, Path], out: Path) -> None:
    """Fuse the predictions of any split with stored weights and write them as a prediction table.

    Raises:
        InputError: the method or one of its branches is not given, or tables do not fit together.
    """
    chosen, tables = read_fused(weights, method, predictions)
    write_predictions(out, tables[chosen.branches[0]], *fused(tables, chosen))


def _average(predictions: Mapping[str, Predictions], method: FusedMethod, target: Target) -> Scores:
    total = np.zeros(predictions[method.branches[0]].starts[-1])
    for branch, weight in method.weights[target].items():
        total += weight * getattr(predictions[branch], target).astype(np.float64)
    return np.clip(total, -1, 1).astype(np.float32)
