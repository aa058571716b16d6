"""What a system scores where a stream is missing: the case for body and context (Antoniadis et al., section 4.1)."""

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from affectflow.artifacts.schemas import MANIFEST
from affectflow.artifacts.tables import read_parquet
from affectflow.config.evaluation.scoring import Scoring
from affectflow.core.tracks import Track
from affectflow.dataloading.rows import ArtifactRows
from affectflow.metrics.intervals import intervals
from affectflow.report.tables.csv_table import score_cell, write_table
from affectflow.report.tables.scores import Validation, read_validation

WHOLE, FACE, NO_FACE = "as recorded", "frames with a face", "frames without a face"


def write_modality_ablation(
    weights: Path,
    conditions: Mapping[str, Mapping[str, Path]],
    labels: Path,
    manifest: Path | None,
    work: Path | None,
    scoring: Scoring,
    seed: int,
    out: Path,
) -> None:
    """Write the scores of every method with each stream absent from all frames, and by whether a face was found.

    The models and the fusion's weights stay those of the whole recordings.

    Args:
        weights: what the fusion stored.
        conditions: validation predictions by branch, by condition such as `without face`.
        labels: label table.
        manifest: of the predicted subjects; none where rows are utterances or clips, which no single frame speaks for.
        work: folder `work/<corpus>` of the artifacts; as `manifest`.
        scoring: level and resamples of the intervals.
        seed: of the resampling.
        out: CSV file; columns method, condition, frames, subjects, the track's scores, low and high of the total.
            Scores are empty where a condition has no annotated frame.

    Raises:
        InputError: tables do not fit together.
    """
    views = {name: read_validation(weights, paths, labels) for name, paths in conditions.items()}
    whole = views[WHOLE]
    if manifest is not None and work is not None:
        face_found = faces_found(whole, manifest, work)
        views |= {FACE: _restrict(whole, face_found), NO_FACE: _restrict(whole, ~face_found)}
    track = whole.track
    rows: list[list[object]] = []
    for title in whole.methods:
        for condition, view in views.items():
            rows.append([title, condition, *_cells(track, view, title, scoring, seed)])
    write_table(out, ["method", "condition", "frames", "subjects", *track.scores, "low", "high"], rows)


def faces_found(validation: Validation, manifest: Path, work: Path) -> NDArray[np.bool_]:
    """Whether a face was found in each predicted frame, shape (rows,)."""
    table = read_parquet(manifest, MANIFEST)
    shards = dict(zip(table["subject"].to_pylist(), table["shard"].to_pylist(), strict=True))
    artifacts, predicted = ArtifactRows(work), next(iter(validation.predictions.values())).frames
    return np.concatenate([artifacts.faces_found(shards[name], name, frames) for name, frames in predicted.items()])


def _restrict(validation: Validation, mask: NDArray[np.bool_]) -> Validation:
    """The same predictions, annotated in the chosen rows alone."""
    targets = np.where(mask[:, None], validation.annotated.targets, np.float32(np.nan))
    counts = np.add.reduceat(~np.isnan(targets).all(axis=1), validation.starts[:-1], dtype=np.int64)
    annotated = replace(
        validation.annotated, targets=targets, frames=int(counts.sum()), subjects=int((counts > 0).sum())
    )
    return replace(validation, annotated=annotated)


def _cells(track: Track, view: Validation, title: str, scoring: Scoring, seed: int) -> list[object]:
    counts = [view.annotated.frames, view.annotated.subjects]
    if not view.annotated.frames:
        return [*counts, *[""] * (len(track.scores) + 2)]
    score = view.score(title)
    ends = intervals(track, score.tallies, level=scoring.level, resamples=scoring.resamples, seed=seed)["total"]
    return [*counts, *(score_cell(score.values[name]) for name in track.scores), *map(score_cell, ends)]
