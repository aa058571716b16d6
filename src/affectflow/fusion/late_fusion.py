"""Late fusion of branches from files to files: weights found on validation, stored, applied to any split."""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Literal

import numpy as np
from pydantic import TypeAdapter

from affectflow.artifacts.atomic import write_text
from affectflow.artifacts.predictions import (
    Predictions,
    Scores,
    check_complete,
    read_branches,
    write_predictions,
)
from affectflow.artifacts.typed import read_typed
from affectflow.config.base import Settings
from affectflow.config.evaluation.fusion import Fusion, Method
from affectflow.core.errors import InputError
from affectflow.core.tracks import AbsentUnits, Edition, Track, TrackName, track_of
from affectflow.fusion.annotated import Annotated, expand_labels
from affectflow.fusion.find_weights import find_threshold, find_weights
from affectflow.metrics.sufficient_statistics import measures, tally


class FusedMethod(Settings):
    """One row of a table: its members, their weights, and how these were found on validation."""

    track: TrackName
    edition: Edition
    absent_units: AbsentUnits = "zero"
    """How the track is scored."""
    branches: tuple[str, ...]
    """Its members: branches, or `<branch>:fold<n>`, a branch's trainings of folds."""
    found_by: Literal["search", "score", "equal"]
    step: float | None
    """Grid of the search; none for the others."""
    weights: dict[str, dict[str, float]]
    """By target and branch, each in [0, 1], of sum 1; a target has those that it is fused from alone."""
    thresholds: dict[str, float]
    """Probability from which a unit counts as active, by unit; empty for tracks of no units."""
    scores: dict[str, float]
    """Of the fused predictions on the annotated validation frames: all that the track measures."""
    frames: int
    subjects: int
    validated: bool = True
    """Whether there are validation scores. A branch that has learnt from the validation split has none, nor have the
    trainings of folds together; the weights are then equal by definition, `frames` and `subjects` 0."""

    @property
    def predicts(self) -> Track:
        """The track that is predicted."""
        return track_of(self.track, self.edition, self.absent_units)

    @property
    def limits(self) -> list[float] | None:
        """Thresholds in the order of the outputs; none for tracks without."""
        return list(self.thresholds.values()) or None


_File = TypeAdapter(dict[str, FusedMethod])

Members = Mapping[str, Sequence[str]]
"""What is averaged for each target of a method."""


def fuse(
    predictions: Mapping[str, Path],
    track: Track,
    labels: Path,
    methods: Mapping[str, Method],
    fusion: Fusion,
    out: Path,
    manifest: Path | None = None,
    unvalidated: Mapping[str, Members] | None = None,
) -> dict[str, FusedMethod]:
    """Find the weights of every method on validation, for every target apart, and write them as JSON.

    Args:
        predictions: validation predictions by branch.
        track: what is predicted.
        labels: label table; only the rows of the predicted subjects are used.
        methods: the combinations of branches, by name.
        fusion: how weights are found.
        out: the `weights.json` to write.
        manifest: where given, the predictions must cover exactly its decoded validation frames.
        unvalidated: the members of methods without validation scores, by name and target; each has the same weight.

    Raises:
        InputError: tables do not fit together, a branch has no predictions or is named twice, the search's grid does
            not fit, or an unvalidated method names other targets than the track's.
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
    tables = read_branches(predictions, track)
    first = tables[names[0]]
    if manifest:
        check_complete(first, manifest, "validation", track)
    annotated = expand_labels(labels, first, track)
    fused_methods = {title: _find_method(track, method, tables, annotated, fusion) for title, method in methods.items()}
    fused_methods |= {
        title: _build_unvalidated(track, title, members) for title, members in (unvalidated or {}).items()
    }
    text = json.dumps({title: method.model_dump(mode="json") for title, method in fused_methods.items()}, indent=2)
    write_text(out, text + "\n")
    return fused_methods


def _find_method(
    track: Track, method: Method, tables: Mapping[str, Predictions], annotated: Annotated, fusion: Fusion
) -> FusedMethod:
    weights: dict[str, dict[str, float]] = {}
    for target in track.targets:
        names = method.of(target)
        vector = find_weights(track, target, [tables[name] for name in names], annotated, fusion)
        weights[target] = dict(zip(names, vector.tolist(), strict=True))
    values = average(track, tables, weights)
    thresholds = _halves(track)
    if fusion.thresholds == "fitted":
        thresholds = {unit: find_threshold(track, unit, values, annotated) for unit in thresholds}
    statistics = tally(track, values, annotated.targets, [0, len(values)], list(thresholds.values()) or None)[0]
    return FusedMethod(
        track=track.name,
        edition=track.edition,
        absent_units=track.absent_units,
        branches=method.branches,
        found_by=fusion.weights,
        step=fusion.step if fusion.weights == "search" else None,
        weights=weights,
        thresholds=thresholds,
        scores={name: float(value) for name, value in measures(track, statistics).items()},
        frames=annotated.frames,
        subjects=annotated.subjects,
    )


def _build_unvalidated(track: Track, title: str, members: Members) -> FusedMethod:
    if set(members) != set(track.targets) or not all(members.values()):
        raise InputError(
            f"method {title!r} has members for {', '.join(members)}; expected some for each of "
            f"{', '.join(track.targets)}"
        )
    return FusedMethod(
        track=track.name,
        edition=track.edition,
        absent_units=track.absent_units,
        branches=tuple(dict.fromkeys(name for target in track.targets for name in members[target])),
        found_by="equal",
        step=None,
        weights={target: dict.fromkeys(members[target], 1 / len(members[target])) for target in track.targets},
        thresholds=_halves(track),
        scores={},
        frames=0,
        subjects=0,
        validated=False,
    )


def _halves(track: Track) -> dict[str, float]:
    return dict.fromkeys(track.targets if track.kind == "units" else (), 0.5)


def read_weights(path: Path) -> dict[str, FusedMethod]:
    """Weights by method, as `fuse` wrote them.

    Raises:
        InputError: the file is missing or is not such a file.
    """
    return read_typed(path, _File, "fusion weights")


def read_validated(path: Path) -> dict[str, FusedMethod]:
    """Those of `read_weights` that have validation scores."""
    return {title: method for title, method in read_weights(path).items() if method.validated}


def read_method(weights: Path, method: str) -> FusedMethod:
    """One method of a weights file; InputError where it has no such method."""
    methods = read_weights(weights)
    if method not in methods:
        raise InputError(f"{weights}: no method {method!r}; it has {', '.join(map(repr, methods))}")
    return methods[method]


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
    return chosen, read_branches({branch: predictions[branch] for branch in chosen.branches}, chosen.predicts)


def fused(predictions: Mapping[str, Predictions], method: FusedMethod) -> Scores:
    """The outputs of a method, shape (rows, outputs), within the track's bounds."""
    return average(method.predicts, predictions, method.weights)


def average(track: Track, predictions: Mapping[str, Predictions], weights: Mapping[str, Mapping[str, float]]) -> Scores:
    """Weighted averages of branches, shape (rows, outputs): every output with the weights of its target.

    Args:
        track: what is predicted.
        predictions: by branch.
        weights: by target and branch.
    """
    first = next(iter(predictions.values()))
    total = np.zeros(first.values.shape)
    for target, branch_weights in weights.items():
        part = track.outputs_of(target)
        for branch, weight in branch_weights.items():
            total[:, part] += weight * predictions[branch].values[:, part].astype(np.float64)
    return np.clip(total, *track.bounds).astype(np.float32)


def apply_fusion(weights: Path, method: str, predictions: Mapping[str, Path], out: Path) -> None:
    """Fuse the predictions of any split with stored weights and write them as a prediction table.

    Raises:
        InputError: the method or one of its branches is not given, or tables do not fit together.
    """
    chosen, tables = read_fused(weights, method, predictions)
    write_predictions(out, chosen.predicts, tables[chosen.branches[0]], fused(tables, chosen))
