"""How sure the validation scores are: intervals, differences of pairs, and what control predictors score."""

from collections.abc import Mapping
from pathlib import Path

from affectflow.config.evaluation.scoring import Scoring
from affectflow.metrics.baselines import constant, shuffled
from affectflow.metrics.intervals import intervals, pairwise_differences
from affectflow.report.tables.csv_table import score_cell, write_figures, write_table
from affectflow.report.tables.scores import Score, Validation, score
from affectflow.report.tables.validation import joined_notes

CONSTANT, SHUFFLED = "Constant", "Shuffled"


def floors(validation: Validation, method: str, seed: int) -> dict[str, Score]:
    """Scores of two predictors that have seen no video: the best constant, and the values of `method` put on frames at
    random."""
    fused_method, targets = validation.methods[method], validation.annotated.targets
    controls = {
        CONSTANT: constant(validation.track, targets),
        SHUFFLED: shuffled(validation.fused(method), targets, seed),
    }
    return {
        name: score(values, validation.starts, validation.annotated, fused_method) for name, values in controls.items()
    }


def write_uncertainty(
    validation: Validation,
    submitted: str,
    notes: Mapping[str, str],
    scoring: Scoring,
    seed: int,
    out: Path,
    differences: Path,
) -> None:
    """Write an interval for every score of every method and control, and every pair's difference with its interval.

    Args:
        validation: methods, predictions and labels.
        submitted: the method whose predictions are shuffled.
        notes: what must be said of a branch, by branch.
        scoring: level and resamples.
        seed: of resampling and shuffling.
        out: CSV file, and JSON beside it; columns method, score, value, low, high, kind (`method` or `baseline`), note.
        differences: CSV file; columns one, other, score, difference (one - other), low, high.
    """
    track = validation.track
    level, resamples = scoring.level, scoring.resamples
    methods = {title: validation.score(title) for title in validation.methods}
    every = methods | floors(validation, submitted, seed)
    rows = []
    for title, method_score in every.items():
        branches = validation.methods[title].branches if title in methods else ()
        note = joined_notes(branches, notes)
        ends = intervals(track, method_score.tallies, level=level, resamples=resamples, seed=seed)
        kind = "method" if title in methods else "baseline"
        rows += [
            [title, name, float(value), *map(float, ends[name]), kind, note]
            for name, value in method_score.values.items()
        ]
    write_figures(out, ["method", "score", "value", "low", "high", "kind", "note"], rows)
    titles = list(every)
    tallies = [method_score.tallies for method_score in every.values()]
    apart = pairwise_differences(track, tallies, level=level, resamples=resamples, seed=seed)
    pairs = [
        [titles[one], titles[other], name, *map(score_cell, difference)]
        for (one, other), by_score in apart.items()
        for name, difference in by_score.items()
    ]
    write_table(differences, ["one", "other", "score", "difference", "low", "high"], pairs)
