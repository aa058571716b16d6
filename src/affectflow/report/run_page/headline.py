"""The page's first screen: the score of every track with its interval beside what predictors score that have seen no
video, what was trained on whom, and the one warning that matters most."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from html import escape

from affectflow.artifacts.record import Record
from affectflow.core.tracks import TrackName
from affectflow.report.drawing.result_tables import ResultTable
from affectflow.report.run_page.quality import Condition
from affectflow.report.run_page.track import TrackReport
from affectflow.report.run_page.what_ran import Run

_TOTAL = "total"
_NAMED = 4
"""Branches that are named at most."""

SYNTHETIC = (
    "<strong>A synthetic corpus.</strong> The people are animated portraits that the demo draws. Scores on it show "
    "that the workflow works; they say nothing about people."
)


@dataclass(frozen=True)
class Headline:
    """A track's total by the submitted method."""

    title: str
    method: str
    value: float
    interval: tuple[float, float] | None
    """Its 95 % interval; None where none was computed."""
    control: tuple[str, float] | None
    """The better of the predictors that have seen no video, and its total."""
    apart: bool | None
    """Whether the interval of the difference to that predictor lies above 0; None where none was computed."""


def headline_of(report: TrackReport, tables: Mapping[str, ResultTable]) -> Headline:
    """The headline of a track, from its interval table and that of paired differences where the run has them."""
    method, number = report.files.method, report.validation.track.number
    intervals = tables.get(f"intervals_track{number}")
    rows = [row for row in (intervals.records() if intervals else ()) if row["score"] == _TOTAL]
    interval = next(((float(row["low"]), float(row["high"])) for row in rows if row["method"] == method), None)
    controls = {row["method"]: float(row["value"]) for row in rows if row["kind"] == "baseline"}
    control = max(controls.items(), key=lambda item: item[1], default=None)
    apart = _apart(tables.get(f"differences_track{number}"), method, control[0]) if control else None
    return Headline(report.title, method, report.scores[method].values[_TOTAL], interval, control, apart)


def _apart(differences: ResultTable | None, method: str, control: str) -> bool | None:
    for row in differences.records() if differences else ():
        if row["score"] == _TOTAL and {row["one"], row["other"]} == {method, control}:
            return float(row["low"]) > 0 if row["one"] == method else float(row["high"]) < 0
    return None


def headline_section(
    reports: Sequence[TrackReport],
    tables: Mapping[str, ResultTable],
    conditions: Sequence[Condition],
    corpus: str,
    run: Run,
    notes: Mapping[TrackName, Mapping[str, str]],
) -> Iterator[str]:
    """HTML of the first screen.

    Args:
        reports: of every track that is scored.
        tables: result tables by the file's stem.
        conditions: of every subject.
        corpus: its name.
        run: what was run.
        notes: what must be said of branches, by track and branch.
    """
    headlines = [headline_of(report, tables) for report in reports]
    sources = sources_of(run.records)
    yield '<section id="headline" aria-label="At a glance">'
    yield f'<p class="note">{warning(headlines, run.synthetic, notes)}</p>'
    yield '<div class="cards many">'
    for report, headline in zip(reports, headlines, strict=True):
        yield f'<a class="card glance" href="#{report.validation.track.name}"><div>{escape(headline.title)}</div>'
        yield f'<div class="value">{headline.value:.3f}</div>{_bar(headline)}'
        for line in (*_describe(headline), _describe_training(report, conditions, corpus, sources)):
            yield f'<div class="dim">{escape(line)}</div>'
        yield "</a>"
    yield "</div></section>"


def warning(headlines: Sequence[Headline], synthetic: bool, notes: Mapping[TrackName, Mapping[str, str]]) -> str:
    """What a reader must know before any other thing, as HTML: the first of these that holds."""
    if synthetic:
        return SYNTHETIC
    remarks = {part for branch_notes in notes.values() for note in branch_notes.values() for part in note.split("; ")}
    if remarks:
        return f"<strong>Not the paper's configuration.</strong> {escape('; '.join(sorted(remarks)))}."
    if near := [headline for headline in headlines if headline.apart is False]:
        titles = ", ".join(f"{headline.title} ({headline.control[0]})" for headline in near if headline.control)
        return (
            f"<strong>Not above chance.</strong> On these subjects the difference to a predictor that has seen no "
            f"video may be nothing: {escape(titles)}."
        )
    return (
        "<strong>Scores of these subjects.</strong> They say how closely annotators of this corpus are reproduced, not "
        "what anybody felt. The fusion's weights and the number of epochs were chosen on the same subjects: expect "
        "less on others."
    )


def _describe(headline: Headline) -> Iterator[str]:
    if headline.interval:
        yield f"95 % interval {headline.interval[0]:.3f} to {headline.interval[1]:.3f}"
    if headline.control:
        yield f"floor: {headline.control[1]:.3f} ({headline.control[0]}, which has seen no video)"


def _describe_training(
    report: TrackReport, conditions: Sequence[Condition], corpus: str, sources: Mapping[str, list[str]]
) -> str:
    """What was trained on whom, and on whom it is scored."""
    members = report.validation.methods[report.files.method].branches
    branches = list(dict.fromkeys(name.partition(":")[0] for name in members))
    track, score, (rows, groups) = report.validation.track.name, report.scores[report.files.method], report.scored
    splits = [
        condition.tracks[track].split for condition in conditions if track in condition.tracks and condition.readable
    ]
    training_sets = list(dict.fromkeys(name for branch in branches for name in sources.get(branch, ())))
    if not all(sources.get(branch) for branch in branches) and (count := splits.count("train")):
        training_sets.append(f"{count:,} {groups or rows} of {corpus}")
    trained = f"trained on {', '.join(training_sets)}; " if training_sets else ""
    scored = f"scored on {score.frames:,} {rows}" + (f" of {score.subjects:,} {groups}" if groups else "")
    more = f" and {len(branches) - _NAMED} more" if len(branches) > _NAMED else ""
    return f"{', '.join(branches[:_NAMED])}{more}: {trained}{scored}"


def sources_of(records: Iterable[Record]) -> dict[str, list[str]]:
    """Names of the sources that branches have learnt from in the place of the corpus's training split, by branch."""
    trained = (record.options for record in records if record.rule == "train")
    return {options["branch-name"]: list(options["branch"].get("sources") or ()) for options in trained}


def _bar(headline: Headline) -> str:
    """The total, its interval and the floor on a line from 0 (or the lowest of them) to 1."""
    values = [headline.value, *(headline.interval or ()), *([headline.control[1]] if headline.control else [])]
    low = min(0.0, *values)
    x_of = {value: 200 * (value - low) / (1 - low) for value in values}
    parts = ['<path class="axis" d="M0 9H200"/>']
    if headline.interval:
        parts.append(
            f'<path class="interval" d="M{x_of[headline.interval[0]]:.1f} 9H{x_of[headline.interval[1]]:.1f}"/>'
        )
    if headline.control:
        parts.append(f'<path class="baseline" d="M{x_of[headline.control[1]]:.1f} 2V16"/>')
    parts.append(f'<circle cx="{x_of[headline.value]:.1f}" cy="9" r="5"/>')
    frame = 'viewBox="-6 0 212 18" preserveAspectRatio="xMinYMid"'
    return f'<svg class="bar-of" {frame} aria-hidden="true">{"".join(parts)}</svg>'
