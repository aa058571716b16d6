"""A track's part of the page: scores with their intervals, tables, and places for the figures that scripts draw."""

from collections.abc import Iterator, Mapping, Sequence
from html import escape

import numpy as np
from numpy.typing import NDArray

from affectflow.report.drawing.result_tables import ResultTable, as_html, framed, heading
from affectflow.report.run_page.clips import clips_html
from affectflow.report.run_page.track import Subject, TrackReport

_KINDS = {
    "intervals": "95 % intervals",
    "differences": "Paired differences",
    "modality_ablation": "Modality ablation",
    "seeds": "Several seeds",
    "folds": "Folds",
}


_IN_A_ROW = 6
"""Cards that stand side by side; more have two rows."""
_NAMED = 6
"""Branches that a note names at most."""

_DRAWN = {
    "numbers": "Line in the colour of the text: annotated.",
    "classes": "Bands: the class that is annotated, and the most probable one. Areas: probability of each class.",
    "units": "Shade: probability of each unit. Line below it: in the colour of the text where the unit is annotated.",
}
_ERRORS = {
    "numbers": "distance of prediction and annotation",
    "classes": "share of frames with a wrong class",
    "units": "share of units that are wrong",
}


def totals(intervals: ResultTable | None) -> list[dict[str, str | float]]:
    """Total of every method and floor with its interval, as the page's scripts take it."""
    return [
        {"method": row["method"], "kind": row["kind"]} | {name: float(row[name]) for name in ("value", "low", "high")}
        for row in (intervals.records() if intervals else ())
        if row["score"] == "total"
    ]


def track_section(
    report: TrackReport, tables: Mapping[str, ResultTable], notes: Mapping[str, str], step: int
) -> Iterator[str]:
    """HTML of a track.

    Args:
        report: the track's scores.
        tables: result tables by the file's stem.
        notes: what must be said of branches, by branch.
        step: frames that one frame of the figures stands for.
    """
    track = report.validation.track
    tables = {name: table.counting(*report.scored) for name, table in tables.items()}
    yield f'<section id="{track.name}" class="track" data-track="{track.name}">'
    yield f"<h2>{escape(report.title)} <span class='dim'>Track {track.number}, validation</span></h2>"
    for note, branches in _group_notes(notes).items():
        yield f'<p class="note">{escape(note)}: {escape(_list_branches(branches))}.</p>'
    yield from _cards(report, tables.get(f"intervals_track{track.number}"))
    if totals(tables.get(f"intervals_track{track.number}")):
        resampled = report.scored[1] or report.scored[0]
        yield _figure("intervals", "Totals", f"With 95 % intervals by bootstrap over {resampled}; floors in grey.")
    yield from _clips(report) if track.per_clip else _frames(report, step)
    yield _figure("curves", "Training", "Loss and score by epoch; full lines: validation, dotted: training.")
    if table := tables.get(f"validation_track{track.number}"):
        yield f"<h3>Scores of every method</h3>{as_html(table, f'{report.title}: scores of every method')}"
    for kind, title in _KINDS.items():
        if table := tables.get(f"{kind}_track{track.number}"):
            yield f"<details><summary>{title}</summary>{as_html(table, f'{report.title}: {title}')}</details>"
    yield "</section>"


def _clips(report: TrackReport) -> Iterator[str]:
    """What is particular to clips that are scored as a whole."""
    yield _figure(
        "points", "Predicted and annotated intensity", "A point is a clip; on the line both are the same. In grey: r."
    )
    yield _figure("correlation", "Correlation of each emotion", "Pearson's, by method; negative ones are not shaded.")
    yield from clips_html(report.validation, report.files.method)


def _frames(report: TrackReport, step: int) -> Iterator[str]:
    """What is particular to outputs along time."""
    track = report.validation.track
    yield "<h3>Outputs over time</h3>"
    hint = "Drag across to zoom, double-click to see all; arrow keys go from frame to frame."
    yield f'<p class="dim">{_DRAWN[track.kind]} {hint}</p>'
    if step > 1:
        yield (
            f"<p class='dim'>To keep this file small, one frame in {step} is drawn, on average: of every stretch those "
            "with the lowest and the highest fused value. Each is a real frame with its own values; scores and tables "
            "count all frames.</p>"
        )
    yield '<div class="timeline"></div>'
    if report.has_plane:
        yield _figure(
            "plane", "The plane of valence and arousal", "Frames of all subjects, and those of the subject above."
        )
    if track.kind == "classes":
        yield _figure(
            "confusion", "Confusion matrix", "Share of the frames annotated with a class, by predicted class."
        )
    if not track.continuous:
        category = "class" if track.kind == "classes" else "unit"
        yield _figure("f1", f"F1 of each {category}", "By method; a cell is empty where a class occurs nowhere.")
    yield "<h3>Subjects, worst first</h3>"
    error = _ERRORS[track.kind] + (" in the plane" if report.has_plane else "")
    yield f'<p class="dim">A subject\'s name shows it above. Error, from 0 to 1: {error}.</p>'
    yield _subjects(report.subjects, track.scores, track.name)


def _group_notes(notes: Mapping[str, str]) -> dict[str, list[str]]:
    """What must be said, each once, with the branches of which it must be."""
    branches_by_note: dict[str, list[str]] = {}
    for branch, note in notes.items():
        for part in note.split("; "):
            branches_by_note.setdefault(part, []).append(branch)
    return branches_by_note


def _list_branches(branches: Sequence[str]) -> str:
    more = len(branches) - _NAMED
    names = ", ".join(branches[:_NAMED]) + (f" and {more} more" if more > 0 else "")
    return f"branch {names}" if len(branches) == 1 else f"branches {names}"


def _figure(kind: str, title: str, text: str) -> str:
    return f'<h3>{escape(title)}</h3><p class="dim">{escape(text)}</p><div class="figure" data-figure="{kind}"></div>'


def _cards(report: TrackReport, intervals: ResultTable | None) -> Iterator[str]:
    method = report.files.method
    score = report.scores[method]
    rows = intervals.records() if intervals else []
    rows_are, groups = report.scored
    counts = f"{score.frames:,} {rows_are}" + (f" of {score.subjects:,} {groups}" if groups else "")
    yield f"<p>Submitted method: <strong>{escape(method)}</strong>, {counts}.</p>"
    yield f'<div class="cards{" many" if len(score.values) > _IN_A_ROW else ""}">'
    for name, value in score.values.items():
        lines = [
            f"95 % interval {r['low']} to {r['high']}" for r in rows if (r["method"], r["score"]) == (method, name)
        ]
        lines += [
            f"baseline, {r['method']}: {r['value']}" for r in rows if (r["kind"], r["score"]) == ("baseline", name)
        ]
        details = "".join(f"<div class='dim'>{escape(line)}</div>" for line in lines)
        yield f'<div class="card"><div>{escape(heading(name))}</div><div class="value">{value:.3f}</div>{details}</div>'
    yield "</div>"


def _subjects(subjects: Sequence[Subject], scores: Sequence[str], track: str) -> str:
    heads = ["subject", "annotated frames", *(escape(heading(name)) for name in scores), "error over time"]
    rows = [
        [
            f'<button type="button" class="pick" data-track="{track}" data-subject="{subject.place}">'
            f"{escape(subject.name)}</button>",
            f"{subject.annotated} of {subject.frames}",
            *("–" if np.isnan(value) else f"{value:.3f}" for value in subject.scores.values()),
            _strip(subject.errors),
        ]
        for subject in subjects
    ]
    return framed(heads, rows, "Scores by subject, worst first", range(1, 2 + len(scores)))


def _strip(errors: NDArray[np.float64]) -> str:
    """Bars whose height is the error, from 0 to 1; nothing where no frame is annotated."""
    bars = "".join(
        f"M{index} 20V{20 - 20 * min(1.0, error):.1f}"
        for index, error in enumerate(errors, start=1)
        if not np.isnan(error)
    )
    width = len(errors) + 1
    return (
        f'<svg class="strip" viewBox="0 0 {width} 20" preserveAspectRatio="none" role="img" '
        f'aria-label="error over time"><path d="{bars}"/></svg>'
    )
