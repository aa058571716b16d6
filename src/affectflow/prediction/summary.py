"""One row a person of each video: what a folder of scores says at a glance."""

import math
from collections.abc import Iterable, Mapping, Sequence
from html import escape
from pathlib import Path
from urllib.parse import quote

import numpy as np
import pandas as pd

from affectflow.artifacts.atomic import write_text
from affectflow.prediction.detection_notes import describe_share
from affectflow.prediction.integrity import Integrity
from affectflow.prediction.outputs import TABLE_OF_CLIPS, TABLE_OF_PEOPLE, Outputs
from affectflow.prediction.system import TrainedSystem, TrainedTrack
from affectflow.prediction.table import DECIMALS, PERSON, SEEN, VIDEO, seconds_of
from affectflow.report.drawing.page import document, scrolling

Row = dict[str, str | int | float]

SUMMARY, INDEX = "summary.csv", "index.html"
_COUNTS = ("frames", "expected", "damaged")
_SENTENCES = ("warning", "notes", "unscored")


def video_rows(
    video: str, frames: pd.DataFrame | None, clip: pd.DataFrame | None, system: TrainedSystem, integrity: Integrity
) -> list[Row]:
    """The rows of a video's people, in the order of its tables; arguments as of `summary_row`, of all people."""
    tables = [table for table in (frames, clip) if table is not None]
    names = dict.fromkeys(name for table in tables for name in table[PERSON])

    def of(table: pd.DataFrame | None, name: str) -> pd.DataFrame | None:
        return None if table is None else table[table[PERSON] == name]

    return [summary_row(video, name, of(frames, name), of(clip, name), system, integrity) for name in names]


def summary_row(
    video: str,
    person: str,
    frames: pd.DataFrame | None,
    clip: pd.DataFrame | None,
    system: TrainedSystem,
    integrity: Integrity,
) -> Row:
    """A person of a video in numbers.

    `seconds` as in `clip_table`. `<track>_seen_share` is the share of the frames that count, as the table marks them;
    what follows is of these frames alone, and blank where they are fewer than `summary.least_seen`, which `unscored`
    then says in words. Deviations are those of the frames themselves (no estimate for others). `expression` is the
    class that is the most probable one in most frames, its share that of these frames; a unit's share is that of frames
    whose probability reaches the fused method's threshold. What is scored as a whole stands as it is.

    Args:
        video: its file's name.
        person: the person's name.
        frames: the person's scores by frame, from `read_table`; None where no track has any.
        clip: the scores as a whole, in the same way.
        system: what made them.
        integrity: how whole the file is.
    """
    row: Row = {VIDEO: video, PERSON: person}
    if clip is not None:
        row |= {name: clip[name].item() for name in ("frames", "seconds", "face_share")}
    if frames is not None:
        row |= {"frames": len(frames), "seconds": seconds_of(frames["time"].to_numpy())}
        row |= {"face_share": float(frames["face_found"].mean()), "body_share": float(frames["body_found"].mean())}
        row |= {"head_only_share": float(frames["head_only"].mean())}
    row |= integrity.columns(system.run.summary.damage_limit)
    row["unscored"] = ""  # its place
    blank: dict[str, list[str]] = {}
    for name, trained in system.tracks.items():
        table = clip if trained.track.per_clip else frames
        assert table is not None
        share = _share(name, trained, table)
        enough = share > 0 and share >= system.run.summary.least_seen
        row[f"{name}_{SEEN}_share"] = share
        numbers = _of_clip(trained, table) if trained.track.per_clip else _of_frames(trained, table, f"{name}_{SEEN}")
        row |= (
            numbers if enough else {key: "" if isinstance(value, str) else math.nan for key, value in numbers.items()}
        )
        if not enough:
            blank.setdefault(describe_share(trained.needs, share), []).append(name)
    row["unscored"] = "; ".join(f"{', '.join(names)}: {why}" for why, names in blank.items())
    return row


def _share(name: str, trained: TrainedTrack, table: pd.DataFrame) -> float:
    return float(table[f"{name}_{SEEN}_share"].item() if trained.track.per_clip else table[f"{name}_{SEEN}"].mean())


def _of_clip(trained: TrainedTrack, table: pd.DataFrame) -> Row:
    return {output: table[output].item() for output in trained.track.outputs}


def _of_frames(trained: TrainedTrack, table: pd.DataFrame, mark: str) -> Row:
    """Of the frames that count; of none, nothing but the names."""
    table, track = table[table[mark]], trained.track
    if track.continuous:
        row: Row = {}
        for target in track.targets:
            row[f"{target}_mean"] = float(table[target].mean())
            row[f"{target}_deviation"] = float(table[target].std(ddof=0))
        return row
    if track.kind == "classes":
        (target,) = track.targets
        counts = [int((table[target] == label).sum()) for label in track.outputs]
        most = int(np.argmax(counts))
        return {target: track.outputs[most], f"{target}_share": counts[most] / max(len(table), 1)}
    limits = zip(track.outputs, trained.limits, strict=True)
    return {f"{unit}_share": float((table[unit] >= limit).mean()) for unit, limit in limits}


def write_summary(rows: Sequence[Row], failed: Mapping[str, str], out: Path) -> None:
    """Write the rows as CSV, those that failed last, with the reason in the column `failed`."""
    every = [*rows, *({VIDEO: video, "failed": reason} for video, reason in failed.items())]
    columns = list(dict.fromkeys([VIDEO, *_columns(rows), "failed"]))
    table = pd.DataFrame(every, columns=columns)
    if rows:
        counts = [name for name in _COUNTS if name in table]
        table[counts] = table[counts].astype("Int64")
    write_text(out, table.to_csv(index=False, float_format=f"%.{DECIMALS}f", lineterminator="\n"))


def write_index(
    rows: Sequence[Row], outputs: Mapping[str, Outputs], failed: Mapping[str, str], system: TrainedSystem, out: Path
) -> None:
    """Write a page with the summary of all videos, each with links to its results.

    Args:
        rows: the summary, a video's rows together.
        outputs: results by video.
        failed: reason by video that has none.
        system: what made the scores.
        out: the page, in the folder of the results.
    """
    columns = _columns(rows)
    body = ["<h1>Scores</h1>"]
    if unscored := len({row[VIDEO] for row in rows if row["unscored"]}):
        limit = f"{100 * system.run.summary.least_seen:g} %"
        body.append(
            f'<p class="note">{unscored} of {len(outputs)} video(s) have a person whose scores count in fewer than '
            f"{limit} of the frames, or in none: they are left blank, and the column “unscored” says why.</p>"
        )
    if warned := len({row[VIDEO] for row in rows if row["warning"]}):
        limit = f"{100 * system.run.summary.damage_limit:g} %"
        body.append(
            f'<p class="note">{warned} of {len(outputs)} video(s) have lost more than {limit} of their frames or '
            "sound: the column “warning” says how much.</p>"
        )
    body += [f'<p class="dim">{escape(note)}</p>' for note in system.notes()]
    if system.synthetic:
        body.append(f'<p class="note">{escape(system.caution())}</p>')
    if system.per_clip and rows:
        link = f'<a href="{TABLE_OF_CLIPS}">{TABLE_OF_CLIPS}</a>'
        body.append(f"<p>{link}: one row a person, with the scores of every branch.</p>")
    if rows:
        link = f'<a href="{TABLE_OF_PEOPLE}">{TABLE_OF_PEOPLE}</a>'
        body.append(f"<p>{link}: everyone whose face was found, also who is not scored.</p>")
    names = [str(row[VIDEO]) for row in rows]
    firsts = [n == 0 or name != names[n - 1] for n, name in enumerate(names)]
    cells = [
        [
            _links(name, outputs[name], out.parent) if first else escape(name),
            *(_wrap_cell(column, row.get(column, "")) for column in columns),
        ]
        for name, first, row in zip(names, firsts, rows, strict=True)
    ]
    heads = ["video", *(escape(name.replace("_", " ")) for name in columns)]
    numbers = [place for place, name in enumerate(columns, start=1) if name not in _SENTENCES]
    body += [scrolling(heads, cells, numbers)]
    if failed:
        body.append("<h2>Failed</h2>")
        body.append(scrolling(["video", "reason"], [[escape(video), escape(why)] for video, why in failed.items()]))
    write_text(out, document("Scores: affectflow", body))


def _columns(rows: Iterable[Row]) -> list[str]:
    """What any video has but its name, each once."""
    return list(dict.fromkeys(name for row in rows for name in row if name != VIDEO))


def _links(video: str, outputs: Outputs, folder: Path) -> str:
    def link(path: Path, text: str) -> str:
        return f'<a href="{quote(path.relative_to(folder).as_posix())}">{escape(text)}</a>'

    name = link(outputs.page, video) if outputs.page else escape(video)
    links = [link(path, text) for path, text in _list_links(outputs) if path]
    return f'{name}<br><span style="white-space: nowrap">{" · ".join(links)}</span>'


def _list_links(outputs: Outputs) -> list[tuple[Path | None, str]]:
    return [(outputs.table, "table"), (outputs.clip, "row"), (outputs.overlay, "overlay")]


def _wrap_cell(name: str, value: str | int | float) -> str:
    wide = name in _SENTENCES and value  # a column of one word's width is no place for a sentence
    return f'<div style="min-width: 18em">{_cell(value)}</div>' if wide else _cell(value)


def _cell(value: str | int | float) -> str:
    if isinstance(value, float):
        return "–" if math.isnan(value) else f"{value:.3f}"
    return escape(str(value))
