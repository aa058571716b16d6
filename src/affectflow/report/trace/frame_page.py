"""One score of one frame or clip as a page: the sum, the pictures, the curves or bars, and what made them, down to the
video."""

from collections.abc import Iterator
from html import escape
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from affectflow.artifacts.atomic import atomic_path
from affectflow.artifacts.record import SOURCES, Record
from affectflow.artifacts.schemas import labels_schema
from affectflow.artifacts.tables import as_array, read_parquet, rows_of
from affectflow.lineage.chain import Chain
from affectflow.lineage.settings import flat, settings_of
from affectflow.report.drawing.curve import ANNOTATED, FUSED, PALETTE, Line, curves_svg
from affectflow.report.drawing.page import code, document, scrolling
from affectflow.report.leaderboard.table_fusion import fusion_of, predicted, recorded
from affectflow.report.trace.branch_trace import BranchScore
from affectflow.report.trace.frame_pictures import frame_figures, frame_times
from affectflow.report.trace.score_lines import describe_input, describe_smoothing
from affectflow.report.trace.score_trace import DIGITS, ScoreTrace, curves


def write_page(chain: Chain, trace: ScoreTrace, out: Path) -> None:
    """Write one HTML file that needs no other and runs no script; the same trace gives the same bytes.

    Raises:
        InputError: a record or an artifact behind the score is missing or damaged.
    """
    body = [
        *_head(chain, trace),
        "<h2>The score</h2>",
        *_sums(trace),
        *(_clip(chain, trace) if trace.frame is None else _frame(chain, trace, trace.frame)),
        "<h2>The branches</h2>",
        *_branches(trace),
        "<h2>The files</h2>",
        *_files(chain, trace),
        "<h2>The settings that made them</h2>",
        *_settings(chain, trace),
    ]
    with atomic_path(out, recorded=False) as temporary:
        temporary.write_text(document(f"{_title(trace)}: affectflow", body), encoding="utf-8")


def _title(trace: ScoreTrace) -> str:
    return trace.subject if trace.frame is None else f"{trace.subject}, frame {trace.frame}"


def _head(chain: Chain, trace: ScoreTrace) -> Iterator[str]:
    yield f"<h1>{escape(_title(trace))}</h1>"
    about = f"A clip of {trace.frames} frames, scored as a whole"
    if trace.frame is not None:
        image = code(f"{trace.subject}/{trace.frame + 1:05d}.jpg")
        about = (
            f"Image {image} · {trace.time:.3f} s into the video · frame {trace.frame} of {trace.frames}, counted from 0"
        )
    yield f'<p class="dim">{about} · from {code(trace.table)} · method {escape(trace.method)}</p>'
    if any(record and record.rule in SOURCES for record in chain.behind(trace.files.values()).values()):
        yield (
            '<p class="note"><strong>A synthetic corpus.</strong> The person is an animated portrait that the demo '
            "draws. Its scores show that the workflow works; they say nothing about people.</p>"
        )


def _sums(trace: ScoreTrace) -> Iterator[str]:
    yield '<div class="cards">'
    for target in trace.track.targets:
        yield f'<div class="card"><div class="dim">{trace.track.title(target)}</div>'
        yield f'<div class="value">{trace.describe(target)}</div>'
        outputs = trace.outputs(target)
        for output in outputs:
            terms = " + ".join(
                f"{b.weights[output]:g} × {b.values[output]:.9f} ({b.branch})" for b in trace.branches_of(output)
            )
            name = "fused" if len(outputs) == 1 else trace.track.title(output)
            yield f'<div class="digits">{name} = {escape(terms)} = {trace.values[output]:.9f}</div>'
        if target in trace.thresholds:
            yield f'<p class="dim">active from {trace.thresholds[target]:g} on</p>'
        if trace.written is not None:
            yield f"<p>{_describe_comparison(trace.written[target], trace.target_agrees(target))}</p>"
        else:
            yield f'<p class="dim">The table has no row for a {"clip" if trace.frame is None else "frame"}.</p>'
        if trace.annotated is not None:
            label = trace.annotated[target]
            yield f'<p class="dim">{"not annotated" if label is None else f"annotated: {trace.words(label)}"}</p>'
        yield "</div>"
    yield "</div>"
    yield f'<p class="dim">Weights: {code(trace.weights)}</p>'


def _describe_comparison(written: str, agrees: bool) -> str:
    if agrees:
        return f'<span class="good">✓</span> The table says {code(written)}: the same.'
    return f'<span class="bad">✗ The table says {code(written)}: not the same.</span>'


def _frame(chain: Chain, trace: ScoreTrace, frame: int) -> Iterator[str]:
    yield '<h2>The frame</h2><div class="pictures">'
    yield from frame_figures(chain, trace, frame)
    yield "</div><h2>The scores over time</h2>"
    yield from _curves(chain, trace, frame)


def _clip(chain: Chain, trace: ScoreTrace) -> Iterator[str]:
    """Intensities as bars, and what was found in the frame in the middle."""
    yield '<h2>The intensities</h2><div class="bars">'
    for target in trace.track.targets:
        label = None if trace.annotated is None else trace.annotated[target]
        mark = "" if label is None else f'<i style="left: {100 * label:.1f}%" title="annotated: {label:g}"></i>'
        bar = f'<b style="width: {100 * trace.values[target]:.1f}%"></b>{mark}'
        yield f"<span>{trace.track.title(target)}</span><div>{bar}</div><span>{trace.values[target]:.3f}</span>"
    yield "</div>"
    if trace.annotated is not None:
        yield '<p class="dim">From 0 to 1; the mark is the annotated intensity.</p>'
    yield '<h2>The frame in the middle</h2><div class="pictures">'
    yield from frame_figures(chain, trace, trace.frames // 2)
    yield "</div>"


def _curves(chain: Chain, trace: ScoreTrace, frame: int) -> Iterator[str]:
    times, annotations = frame_times(chain, trace), _annotations(chain, trace)
    for output, values in curves(chain, trace).items():
        lines = [
            Line(branch.branch, values[branch.branch], PALETTE[index % len(PALETTE)])
            for index, branch in enumerate(trace.branches)
            if branch.branch in values
        ]
        if annotations is not None:
            lines.append(Line("annotation", annotations[output], ANNOTATED, 1.6, "5 3"))
        lines.append(Line("fused", values["fused"], FUSED, 2.2))
        yield f"<h3>{trace.track.title(output)}</h3>"
        title = f"{output} of {trace.subject} over time"
        yield f'<div class="scroll">{curves_svg(times, lines, frame, title, trace.track.bounds)}</div>'


def _annotations(chain: Chain, trace: ScoreTrace) -> dict[str, NDArray[np.float64]] | None:
    """Labels of the subject by output, shape (frames,), NaN where there is none: of a class 1 where it is annotated and
    0 where another is. None for a split without any."""
    labels = fusion_of(chain, trace.table, trace.method).labels
    if labels is None:
        return None
    table = read_parquet(chain.folder / labels, labels_schema(trace.track))
    rows = rows_of(table["subject"], trace.subject)
    rows = rows[as_array(table["frame"])[rows] < trace.frames]
    annotations: dict[str, NDArray[np.float64]] = {}
    for target in trace.track.targets:
        column = np.full(trace.frames, np.nan)
        column[as_array(table["frame"])[rows]] = as_array(pc.fill_null(table[target].cast(pa.float32()), np.nan))[rows]
        for index, output in enumerate(outputs := trace.outputs(target)):
            annotations[output] = column if len(outputs) == 1 else np.where(np.isnan(column), np.nan, column == index)
    return annotations


def _branches(trace: ScoreTrace) -> Iterator[str]:
    heads = ["Output", *(escape(branch.branch) for branch in trace.branches), "Fused"]
    yield scrolling(
        heads,
        [
            [
                trace.track.title(output),
                *(
                    f"{b.values[output]:z.{DIGITS}f} <span class='dim'>{_weight(b, output)}</span>"
                    for b in trace.branches
                ),
                f"{trace.values[output]:z.{DIGITS}f}",
            ]
            for output in trace.track.outputs
        ],
        numbers=range(1, len(heads)),
    )
    for branch in trace.branches:
        for target, smoothing in describe_smoothing(branch).items():
            yield f'<p class="dim">{escape(branch.branch)}, {trace.track.title(target)}: {escape(smoothing)}</p>'
    yield scrolling(
        ["Branch", "Model", "MLflow run", "Seed", "Predicted"],
        [
            [
                f"<strong>{escape(branch.branch)}</strong>",
                f"{code(branch.model)}<br><span class='dim'>{code(branch.model_digest)}</span>",
                code(branch.mlflow_run) if branch.mlflow_run else '<span class="dim">none</span>',
                str(branch.seed),
                describe_input(branch, trace.frames),
            ]
            for branch in trace.branches
        ],
    )


def _weight(branch: BranchScore, output: str) -> str:
    return f"× {branch.weights[output]:g}" if output in branch.weights else "not fused"


def _files(chain: Chain, trace: ScoreTrace) -> Iterator[str]:
    source = chain.record(trace.source)
    rows = [
        [_file(trace.source, trace.source_digest), *(_describe_record(source) if source else ["source", "", "", ""])]
    ]
    for name in _list_artifacts(chain, trace):
        record = recorded(chain, name)
        rows.append([_file(name, record.artifact.sha256), *_describe_record(record)])
    yield scrolling(["File, SHA-256", "Made by", "When (UTC)", "Code", "Git commit"], rows)
    input_digests = {item.path: item.sha256 for item in recorded(chain, trace.files["frames"]).inputs}
    yield (
        '<p class="dim">The video was decoded from the file with this SHA-256.</p>'
        if input_digests.get(trace.source) == trace.source_digest
        else '<p class="bad">The video that was decoded had another SHA-256 than the manifest says.</p>'
    )


def _describe_record(record: Record) -> list[str]:
    state = {None: "", False: "clean", True: "<span class='bad'>with changes</span>"}[record.code.dirty]
    commit = f"{code(record.code.commit[:12])} {state}" if record.code.commit else "outside git"
    return [record.rule, record.end[:19].replace("T", " "), code(record.code.fingerprint), commit]


def _list_artifacts(chain: Chain, trace: ScoreTrace) -> list[str]:
    """The files on the way from the video to the score, in the order in which they were made."""
    submitted = recorded(chain, trace.table)
    manifests = (predicted(chain, branch.predictions).options["manifest"] for branch in trace.branches)
    return [
        *trace.files.values(),
        *dict.fromkeys(map(str, manifests)),
        *dict.fromkeys(name for branch in trace.branches for pair in branch.features.items() for name in pair),
        *(branch.model for branch in trace.branches),
        *(name for branch in trace.branches for name in branch.tables),
        trace.weights,
        *([str(submitted.options["fused"])] if trace.written is not None else []),
        trace.table,
    ]


def _file(name: str, digest: str) -> str:
    return f"{code(name)}<br><span class='dim'>{code(digest)}</span>"


def _settings(chain: Chain, trace: ScoreTrace) -> Iterator[str]:
    branches = {name: b.branch for b in trace.branches for name in (b.model, *b.tables)}
    stages: dict[str, dict[str, dict[str, Any]]] = {}
    for name in _list_artifacts(chain, trace):
        record = recorded(chain, name)
        stages.setdefault(record.rule, {})[branches.get(name, "")] = flat(settings_of(record))
    for rule, by_branch in stages.items():
        keys = dict.fromkeys(key for settings in by_branch.values() for key in settings)
        if keys:
            yield f"<h3>{escape(rule)}</h3><div class='settings'>"
            yield from (f"<div><span class='dim'>{escape(key)}</span> {_value(key, by_branch)}</div>" for key in keys)
            yield "</div>"


def _value(key: str, by_branch: dict[str, dict[str, Any]]) -> str:
    """A setting, once where all branches share it."""
    texts = {branch: _text(settings[key]) if key in settings else "–" for branch, settings in by_branch.items()}
    if len(set(texts.values())) == 1:
        return escape(next(iter(texts.values())))
    return escape("; ".join(f"{branch}: {text}" for branch, text in texts.items()))


def _text(value: Any) -> str:
    if isinstance(value, list):
        return ", ".join(map(_text, value)) or "none"
    if isinstance(value, bool):
        return "yes" if value else "no"
    return "none" if value is None or value == {} else str(value)
