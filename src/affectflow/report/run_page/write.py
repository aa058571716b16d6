"""The page: gathers what the run has and writes it as one file that needs no other."""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from html import escape
from importlib.resources import files
from pathlib import Path
from typing import Any

from plotly.offline import get_plotlyjs

from affectflow.artifacts.atomic import write_text
from affectflow.core.tracks import Track, TrackName
from affectflow.lineage.chain import Chain
from affectflow.report.drawing.result_tables import read_table
from affectflow.report.run_page import quality, what_ran
from affectflow.report.run_page.headline import headline_section
from affectflow.report.run_page.paper_tables import paper_section
from affectflow.report.run_page.sheets import sheets_html
from affectflow.report.run_page.streams import seen_subjects, seen_utterances
from affectflow.report.run_page.track import FRAMES, UTTERANCES, TrackFiles, TrackReport, read_track, track_data
from affectflow.report.run_page.track_section import totals, track_section

BUDGET = 20_000_000
"""Most bytes of all series together; where they need more, frames are left out of the figures."""

LEADERBOARD = "leaderboard.html"
"""The page of all systems, which the workflow writes beside this one; it has a link here in turn."""

# The page holds what people were recorded with: it loads nothing and can send nothing.
_POLICY = "default-src 'none'; script-src 'unsafe-inline'; style-src 'unsafe-inline'; img-src data: blob:"

_NAMED = 12
"""Subjects that a sheet's caption names at most."""

_STYLES = ("report.css",)
_SCRIPTS = ("data.js", "look.js", "panels.js", "timeline.js", "figures.js", "report.js")


@dataclass(frozen=True)
class ReportFiles:
    """Everything that the page is made from."""

    work: Path
    """Folder of the corpus's artifacts."""
    manifests: Mapping[Track, Path]
    """Of every track."""
    tracks: Mapping[TrackName, TrackFiles]
    """Of the tracks that have labels."""
    tables: Sequence[Path]
    """Result tables (CSV), of any kind that the page knows."""
    clip_labels: Mapping[TrackName, Path] = field(default_factory=dict)
    """Label table of the subjects of the manifests, by track, where scores are of utterances and not of frames."""
    left_out: Sequence[str] = ()
    """What is left out of the run, in words."""
    notes: Mapping[TrackName, Mapping[str, str]] | None = None
    """What must be said of branches wherever their scores are shown, by branch."""

    def shards(self) -> list[str]:
        """Shards of the manifests' subjects."""
        return sorted({member.shard for member in quality.members_of(self.manifests.values())})

    def inputs(self) -> list[Path]:
        """Files that the page is read from, besides the records beside them."""
        paths = [*self.manifests.values(), *self.tables, *self.clip_labels.values()]
        for track_files in self.tracks.values():
            paths += [track_files.weights, track_files.labels, *track_files.predictions.values(), track_files.curves]
        for kind in ("videos/{}.parquet", "frames/{}.arrow", "faces/{}.arrow", "body/{}.parquet", "preview/{}.jpg"):
            paths += [self.work / kind.format(shard) for shard in self.shards()]
        return list(dict.fromkeys(paths))


def asset_files() -> list[Path]:
    """Files of style and script that every page holds."""
    return [Path(str(files("affectflow.report.run_page") / "assets" / name)) for name in (*_STYLES, *_SCRIPTS)]


def write_report(
    report_files: ReportFiles, corpus: str, system: str, chain: Chain, out: Path, budget: int = BUDGET
) -> None:
    """Write the page; the same files and records give the same bytes.

    Args:
        report_files: what the page is made from.
        corpus: name of the corpus.
        system: name of the system.
        chain: records of the folder that the files lie in.
        out: HTML file to write.
        budget: most bytes of all series together.

    Raises:
        InputError: a file is missing or damaged, or files do not fit together.
    """
    members = quality.members_of(report_files.manifests.values())
    seen = seen_subjects(report_files.work, members)
    scored = seen_utterances(seen) if report_files.clip_labels else seen
    reports = [
        read_track(track_files, scored, UTTERANCES if report_files.clip_labels else FRAMES)
        for track_files in report_files.tracks.values()
    ]
    tables = {path.stem: read_table(path) for path in report_files.tables}
    paper = list(paper_section(tables))
    data, step = _fit_budget(reports, budget)
    for report, values in zip(reports, data, strict=True):
        values["intervals"] = totals(tables.get(f"intervals_track{report.validation.track.number}"))
    run = what_ran.read_run(chain, [path.as_posix() for path in report_files.inputs()])
    label_tables = {name: track_files.labels for name, track_files in report_files.tracks.items()} | dict(
        report_files.clip_labels
    )
    labels = {track: label_tables[track.name] for track in report_files.manifests if track.name in label_tables}
    conditions = quality.conditions(report_files.work, members, seen, report_files.manifests, labels)
    by_shard: dict[str, list[str]] = {}
    for condition in conditions:  # the oddest first
        by_shard.setdefault(condition.member.shard, []).append(condition.member.subject)
    sheets = [
        (report_files.work / f"preview/{shard}.jpg", _join_names(sorted(subjects)))
        for shard, subjects in by_shard.items()
    ]
    body = [
        *_head(corpus, system, run, reports, bool(paper)),
        "<main>",
        *headline_section(reports, tables, conditions, corpus, run, report_files.notes or {}),
        *(
            line
            for report in reports
            for line in track_section(
                report, tables, (report_files.notes or {}).get(report.validation.track.name, {}), step
            )
        ),
        *paper,
        '<section id="quality"><h2>Data quality</h2>',
        '<dl class="figures">',
        *(f"<div><dt>{escape(name)}</dt><dd>{escape(value)}</dd></div>" for name, value in quality.summary(conditions)),
        "</dl>",
        *(f'<p class="note">{escape(note)}</p>' for note in report_files.left_out),
        quality.as_html(conditions, [track.name for track in report_files.manifests]),
        f"<details><summary>Contact sheets ({len(sheets)}), in the order of the table</summary>",
        '<div class="sheets">',
        *sheets_html(sheets),
        "</div></details></section>",
        '<section id="run"><h2>What was run</h2>',
        *what_ran.as_html(run),
        "</section></main>",
    ]
    write_text(out, _document(f"{corpus}, {system}: affectflow report", body, {"tracks": data}))


def _join_names(subjects: Sequence[str]) -> str:
    more = len(subjects) - _NAMED
    return ", ".join(subjects[:_NAMED]) + (f" and {more} more" if more > 0 else "")


def _fit_budget(reports: Sequence[TrackReport], budget: int) -> tuple[list[dict[str, Any]], int]:
    """Data of the tracks, with as many frames as the budget has room for, and frames that one of these stands for."""
    step = 1
    while True:
        data = [track_data(report, step) for report in reports]
        size = sum(len(s["values"]) + len(s["times"]) + len(s["frames"]) for values in data for s in values["subjects"])
        if size <= budget:
            return data, step
        step += max(1, round(step * size / budget) - step)


def _head(corpus: str, system: str, run: what_ran.Run, reports: Sequence[TrackReport], paper: bool) -> Iterator[str]:
    commits = sorted({record.code.commit[:12] for record in run.records if record.code.commit})
    facts = [*([f"finished {run.end[:10]}"] if run.end else []), *(f"commit {commit}" for commit in commits)]
    yield f"<header><h1>{escape(corpus)} <span>scored by {escape(system)}</span></h1>"
    yield f'<p class="dim">{escape(" · ".join(["affectflow report", *facts]))}</p>'
    links: list[tuple[str, str]] = [(report.validation.track.name, report.title) for report in reports]
    links += [("paper", "Paper's tables")] if paper else []
    links += [("quality", "Data quality"), ("run", "What was run")]
    yield "</header><nav aria-label='Sections'>"
    yield from (f'<a href="#{anchor}">{escape(title)}</a>' for anchor, title in links)
    if reports:
        yield f'<a href="{LEADERBOARD}">All systems of this folder</a>'
    yield "</nav>"


def _document(title: str, body: Sequence[str], data: Mapping[str, Any]) -> str:
    style = "".join(path.read_text(encoding="utf-8") for path in asset_files() if path.suffix == ".css")
    script = "".join(path.read_text(encoding="utf-8") for path in asset_files() if path.suffix == ".js")
    # Text inside <script> ends at the first "</script", whatever it means: no "<" is left in it.
    text = json.dumps(data, separators=(",", ":"), ensure_ascii=True, allow_nan=False).replace("<", "\\u003c")
    return "\n".join(
        [
            "<!DOCTYPE html>",
            f'<html lang="en"><head><meta charset="utf-8"><title>{escape(title)}</title>',
            '<meta name="viewport" content="width=device-width, initial-scale=1">',
            f'<meta http-equiv="Content-Security-Policy" content="{_POLICY}">',
            f"<style>\n{style}</style></head><body>",
            *body,
            f'<script type="application/json" id="data">{text}</script>',
            f"<script>{get_plotlyjs()}</script>",
            f'<script>\n"use strict";\n{script}</script>',
            "</body></html>",
            "",
        ]
    )
