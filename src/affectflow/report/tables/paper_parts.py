"""What a table of the paper is made of: for each track our figures, the paper's, and what must be said."""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from affectflow.config.evaluation.fusion import Method
from affectflow.config.evaluation.paper_tables import PaperTable
from affectflow.config.validate import validated
from affectflow.core.tracks import Edition, TrackName, track_of
from affectflow.report.tables.figure_cells import Figures, Uncertainty, deviation, folds, interval
from affectflow.report.tables.paper_figures import (
    fold_figures,
    fold_rows,
    seed_figures,
    test_figures,
    trainings_of,
    validation_figures,
)
from affectflow.report.tables.paper_table import Part
from affectflow.report.tables.validation import joined_notes


def read_parts(
    table: PaperTable,
    systems: Mapping[TrackName, Mapping[str, Any]],
    scores: Mapping[str, Path],
    edition: Edition,
    validation: Mapping[str, Path],
) -> tuple[list[Part], Uncertainty]:
    """The parts of a table, and what says how sure our figures are.

    Args:
        table: its settings.
        systems: by track, `methods`, `cited` and `notes`, these by branch.
        scores: by track, what intervals.py, spread.py over seeds or folds, or score_held_out.py of a test split wrote.
        edition: release of the annotations.
        validation: by track, what intervals.py wrote, whose figures stand beside a paper's of a test split.

    Raises:
        InputError: a table of scores lacks the method, or tables hold unlike numbers of seeds or folds.
    """
    read_figures, uncertainty = _choose_reader(table, scores)
    parts = []
    for name, system in systems.items():
        track, ours = track_of(name, edition), read_figures(scores[name]) if name in scores else {}
        methods = {title: validated(Method, method, "--systems") for title, method in system["methods"].items()}
        notes = {title: joined_notes(method.branches, system["notes"]) for title, method in methods.items()}
        if table.over == "folds":
            parts.append(_make_fold_part(table, Part(track, methods, {}, ours, notes)))
        else:
            on_validation = validation_figures(validation[name]) if name in validation else {}
            parts.append(Part(track, methods, system["cited"], ours, notes, on_validation))
    return parts, uncertainty


def _choose_reader(table: PaperTable, scores: Mapping[str, Path]) -> tuple[Callable[[Path], Figures], Uncertainty]:
    if table.over == "folds":
        return lambda path: fold_figures(path, table.methods[0]), folds(trainings_of(scores.values()))
    if table.over == "seeds":
        return seed_figures, deviation(trainings_of(scores.values()))
    resampled = "clips" if all(track_of(track).per_clip for track in table.tracks) else "subjects"
    return test_figures if table.split == "test" else validation_figures, interval(resampled)


def _make_fold_part(table: PaperTable, part: Part) -> Part:
    """A part whose rows are the runs of the table's one method, with the figures that the paper has of each."""
    runs = fold_rows([*part.ours, *table.runs])
    return Part(
        part.track,
        methods={},
        cited={name: table.runs.get(run, {}) for run, name in runs.items()},
        ours={name: part.ours[run] for run, name in runs.items() if run in part.ours},
        notes=dict.fromkeys(runs.values(), part.notes[table.methods[0]]),
    )
