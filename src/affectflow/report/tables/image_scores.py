"""Scores of branches on still pictures, as a table with intervals."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from affectflow.artifacts.schemas import IMAGES, image_predictions_schema
from affectflow.artifacts.tables import as_array, read_arrow, read_parquet
from affectflow.config.data.images import ImageCorpus, compound_task
from affectflow.config.evaluation.scoring import Scoring
from affectflow.config.evaluation.still_scores import SCORES, Scored, ZeroShot
from affectflow.core.compound import COMPOUND_TASKS, compound_track
from affectflow.core.errors import InputError
from affectflow.core.tasks import Tasks
from affectflow.core.tracks import Track
from affectflow.dataloading.images import still_targets
from affectflow.metrics.intervals import Floats, Score, score_intervals
from affectflow.relatedness.matrices import read_compounds, read_relatedness, unit_matrix
from affectflow.report.tables.csv_table import write_figures
from affectflow.report.tables.still_scores import (
    agreement_score,
    agreement_tallies,
    emotion_names,
    picture_scores,
    picture_tallies,
    unit_agreement,
    zero_shot_scores,
)

COLUMNS = ("branch", "learnt", "images", "track", "score", "value", "low", "high", "pictures", "note")
ZERO_SHOT, FEW_SHOT = "zero-shot", "few-shot"


@dataclass(frozen=True)
class Predicted:
    """What a branch says of the pictures of a corpus."""

    branch: str
    tasks: Tasks
    images: str
    path: Path
    """As `predict_images` writes it."""
    note: str = ""
    """What must be said of the branch."""


@dataclass(frozen=True)
class Part:
    """One of the things that are scored."""

    scored: Scored
    tallies: Floats
    """Sufficient statistics of each picture, shape (pictures, statistics)."""
    score: Score
    """From sums of them to `SCORES`."""
    bounds: tuple[float, float]
    """Of the scores."""
    pictures: int
    """How many count."""


def write_image_scores(
    predictions: Sequence[Predicted],
    pictures: Mapping[str, Path],
    corpora: Mapping[str, ImageCorpus],
    zero_shot: ZeroShot,
    scoring: Scoring,
    seed: int,
    out: Path,
) -> None:
    """Write a row for each branch, corpus and score that both allow: what is annotated and predicted; compound classes
    by equation 10 of Kollias and Zafeiriou, where the branch has not learnt them; and, where it has learnt expressions
    and action units, how they go together.

    Args:
        predictions: of each branch on each corpus.
        pictures: stored faces by corpus.
        corpora: settings by corpus.
        zero_shot: how compound classes are told, and by which table agreement is.
        scoring: level and resamples of the intervals, by bootstrap over pictures.
        seed: of the draws.
        out: CSV file of `COLUMNS`, and JSON beside it; `pictures` are those that are annotated; of agreement those
            whose predicted expression names action units.

    Raises:
        InputError: a file is missing or damaged, or predictions are of other pictures.
    """
    rows: list[list[object]] = []
    for prediction in predictions:
        for part in _parts(prediction, pictures[prediction.images], corpora[prediction.images], zero_shot):
            level, resamples = scoring.level, scoring.resamples
            ends = score_intervals(part.score, part.tallies, part.bounds, level=level, resamples=resamples, seed=seed)
            values = part.score(part.tallies.sum(axis=0))
            how = (
                FEW_SHOT if prediction.tasks.name in COMPOUND_TASKS else ZERO_SHOT if part.scored == "compound" else ""
            )
            note = "; ".join(filter(None, [how, prediction.note]))
            for name, value, interval in zip(SCORES[part.scored], values, ends, strict=True):
                cells = [float(number) for number in (value, *interval)]
                key = (prediction.branch, prediction.tasks.name, prediction.images, part.scored, name)
                rows.append([*key, *cells, part.pictures, note])
    write_figures(out, COLUMNS, rows)


def _parts(prediction: Predicted, pictures: Path, corpus: ImageCorpus, zero_shot: ZeroShot) -> Iterator[Part]:
    predicted = _read(prediction, pictures)
    table = read_arrow(pictures, IMAGES)
    tracks = {track.name: track for track in prediction.tasks.tracks}
    for track in prediction.tasks.tracks:
        targets = still_targets(table, track)
        if not np.isnan(targets).all():
            scored: Scored = "compound" if prediction.tasks.name in COMPOUND_TASKS else track.name
            yield _score_annotated(scored, track, _columns(predicted, track), targets)
    if not {"expr", "au"} <= tracks.keys():
        return
    expressions, units = tracks["expr"], tracks["au"]
    basic = read_relatedness(zero_shot.relatedness)
    task = compound_task(corpus)
    if task is not None and "va" in tracks:
        track = compound_track(COMPOUND_TASKS[task])
        names = emotion_names(track.outputs)
        compounds = read_compounds(zero_shot.compounds)
        values = zero_shot_scores(predicted, expressions, units, names, zero_shot, basic, compounds)
        yield _score_annotated("compound", track, values, still_targets(table, track))
    numbers = [int(name.removeprefix("au")) for name in units.outputs]
    related = unit_matrix(basic.emotions, expressions.outputs, numbers)
    tallies = agreement_tallies(unit_agreement(_columns(predicted, units), _columns(predicted, expressions), related))
    yield Part("coupling", tallies, agreement_score, (-1.0, 1.0), int(tallies[:, 1].sum()))


def _score_annotated(scored: Scored, track: Track, values: NDArray[np.float32], targets: NDArray[np.float32]) -> Part:
    count = int((~np.isnan(targets)).any(axis=1).sum())
    score, bounds = partial(picture_scores, scored, track), track.range_of(SCORES[scored][0])
    return Part(scored, picture_tallies(track, values, targets), score, bounds, count)


def _columns(predicted: Mapping[str, NDArray[np.float32]], track: Track) -> NDArray[np.float32]:
    return np.stack([predicted[name] for name in track.outputs], axis=1)


def _read(prediction: Predicted, pictures: Path) -> dict[str, NDArray[np.float32]]:
    table = read_parquet(prediction.path, image_predictions_schema(prediction.tasks.outputs))
    if table.column("image").to_pylist() != read_arrow(pictures, IMAGES).column("image").to_pylist():
        raise InputError(f"{prediction.path}: is of other pictures than {pictures}; predict them again")
    outputs = {name: as_array(table[name]).copy() for name in prediction.tasks.outputs}
    for name, values in outputs.items():
        if len(bad := np.flatnonzero(~np.isfinite(values))):
            raise InputError(
                f"{prediction.path}: {name} of picture {table['image'][int(bad[0])].as_py()!r} is {values[bad[0]]}, "
                "expected a number; the branch that predicted it is broken: train it again"
            )
    return outputs
