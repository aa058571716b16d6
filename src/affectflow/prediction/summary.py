"""One row a video: what a folder of scores says at a glance."""

from collections.abc import Mapping, Sequence
from html import escape
from pathlib import Path
from urllib.parse import quote

import numpy as np
import pandas as pd

from affectflow.artifacts.atomic import write_text
from affectflow.prediction.outputs import TABLE_OF_CLIPS, Outputs
from affectflow.prediction.system import TrainedSystem
from affectflow.prediction.table import DECIMALS, seconds_of
from affectflow.report.page import document
from affectflow.report.page import table as html_table

Row = dict[str, str | int | float]

SUMMARY, INDEX = "summary.csv", "index.html"


def summary_row(video: str, frames: pd.DataFrame | None, clip: pd.DataFrame | None, system: TrainedSystem) -> Row:
    """A video in numbers.

    `seconds` as in `clip_table`; deviations are those of the frames themselves (no estimate for others). `expression`
    is the class that is the most probable one in most frames, its share that of these frames; a unit's share is that of
    frames whose probability reaches the fused method's threshold. What is scored as a whole stands as it is.

    Args:
        video: its file's name.
        frames: its scores by frame, from `read_table`; None where no track has any.
        clip: its scores as a whole, in the same way.
        system: what made them.
    """
    row: Row = {"video": video}
    if clip is not None:
        row |= {name: clip[name].item() for name in ("frames", "seconds", "face_share")}
    if frames is not None:
        row |= _of_frames(frames, system)
    if clip is not None:
        whole = (its.track for its in system.tracks.values() if its.track.per_clip)
        row |= {output: clip[output].item() for track in whole for output in track.outputs}
    return row


def _of_frames(table: pd.DataFrame, system: TrainedSystem) -> Row:
    frames = len(table)
    row: Row = {"frames": frames, "seconds": seconds_of(table["time"].to_numpy())}
    row |= {"face_share": float(table["face_found"].mean()), "body_share": float(table["body_found"].mean())}
    for name, its in system.tracks.items():
        if its.track.per_clip:
            continue
        if name == "va":
            for target in its.track.targets:
                row[f"{target}_mean"] = float(table[target].mean())
                row[f"{target}_deviation"] = float(table[target].std(ddof=0))
        elif name == "expr":
            counts = [int((table["expression"] == label).sum()) for label in its.track.outputs]
            most = int(np.argmax(counts))
            row |= {"expression": its.track.outputs[most], "expression_share": counts[most] / frames}
        else:
            for unit, limit in zip(its.track.outputs, its.limits, strict=True):
                row[f"{unit}_share"] = float((table[unit] >= limit).mean())
    return row


def write_summary(rows: Sequence[Row], failed: Mapping[str, str], out: Path) -> None:
    """Write the rows as CSV, those that failed last, with the reason in the column `failed`."""
    every = [*rows, *({"video": video, "failed": reason} for video, reason in failed.items())]
    columns = list(dict.fromkeys(["video", *(name for row in rows for name in row), "failed"]))
    table = pd.DataFrame(every, columns=columns)
    if rows:
        table["frames"] = table["frames"].astype("Int64")
    write_text(out, table.to_csv(index=False, float_format=f"%.{DECIMALS}f", lineterminator="\n"))


def write_index(
    rows: Mapping[str, Row], outputs: Mapping[str, Outputs], failed: Mapping[str, str], system: TrainedSystem, out: Path
) -> None:
    """Write a page with the summary of all videos, each with links to its results.

    Args:
        rows: summary by video.
        outputs: results by video.
        failed: reason by video that has none.
        system: what made the scores.
        out: the page, in the folder of the results.
    """
    columns = list(dict.fromkeys(name for row in rows.values() for name in row if name != "video"))
    body = ["<h1>Scores</h1>", *(f'<p class="dim">{escape(note)}</p>' for note in system.notes())]
    if system.synthetic:
        body.append(f'<p class="note">{escape(system.caution())}</p>')
    if system.per_clip and rows:
        link = f'<a href="{TABLE_OF_CLIPS}">{TABLE_OF_CLIPS}</a>'
        body.append(f"<p>{link}: one row a video, with the scores of every branch.</p>")
    cells = [
        [_links(video, outputs[video], out.parent), *(_cell(row[name]) if name in row else "" for name in columns)]
        for video, row in rows.items()
    ]
    heads = ["video", *(escape(name.replace("_", " ")) for name in columns)]
    body += ['<div style="overflow-x: auto">', html_table(heads, cells, range(1, len(heads))), "</div>"]
    if failed:
        body.append("<h2>Failed</h2>")
        body.append(html_table(["video", "reason"], [[escape(video), escape(why)] for video, why in failed.items()]))
    write_text(out, document("Scores: affectflow", body))


def _links(video: str, outputs: Outputs, folder: Path) -> str:
    def link(path: Path, text: str) -> str:
        return f'<a href="{quote(path.relative_to(folder).as_posix())}">{escape(text)}</a>'

    name = link(outputs.page, video) if outputs.page else escape(video)
    others = [link(path, text) for path, text in _linked(outputs) if path]
    return f'{name}<br><span style="white-space: nowrap">{" · ".join(others)}</span>'


def _linked(outputs: Outputs) -> list[tuple[Path | None, str]]:
    return [(outputs.table, "table"), (outputs.clip, "row"), (outputs.overlay, "overlay")]


def _cell(value: str | int | float) -> str:
    return f"{value:.3f}" if isinstance(value, float) else escape(str(value))
