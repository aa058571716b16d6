"""One HTML page a video: the video plays, the curves follow, a click on a curve seeks. Opens from disk, offline."""

import json
from base64 import b64encode
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from html import escape
from importlib.resources import files
from pathlib import Path
from typing import Any, Literal
from urllib.parse import quote

import numpy as np
from numpy.typing import NDArray

from affectflow.artifacts.atomic import write_text
from affectflow.core.errors import InputError

_STEPS = 65_534
"""Values travel as whole numbers from 0 to this: finer than the three digits that the page shows."""
_NONE, _NO_BOX = 65_535, -32_768

_ASSETS = ("viewer.css", "viewer.js")


@dataclass(frozen=True)
class Series:
    """One value a frame; NaN where there is none."""

    name: str
    values: NDArray[np.floating]
    seen: NDArray[np.bool_] | None = None
    """Where a value counts, shape (frames,): elsewhere it is shown dimmed. Everywhere when not given."""


@dataclass(frozen=True)
class Panel:
    """What is drawn in one frame of axes, with a time axis shared by all panels."""

    title: str
    low: float
    high: float
    """Range of every series."""
    series: tuple[Series, ...]
    kind: Literal["lines", "rows"] = "lines"
    """Curves over each other, the first one in front; or a row of shades for each series."""
    names_highest: bool = False
    """Whether the title names the series with the highest value, as for probabilities of classes."""
    folded: bool = False
    """Whether it opens only when asked for."""
    lacking: str = ""
    """What was lacking where the first series does not count, in two words: shown there in place of a highest value."""


@dataclass(frozen=True)
class Scene:
    """A video as the page shows it."""

    title: str
    video: str
    """Name of a video file beside the page that browsers play, whose frames have the times `times`."""
    size: tuple[int, int]
    """Width and height of its frames in pixels, without what an encoder has padded."""
    times: NDArray[np.float64]
    """Seconds of each frame, ascending; shape (frames,)."""
    boxes: Mapping[str, NDArray[np.floating]]
    """By what they hold: left, top, right, bottom in pixels; shape (frames, 4), NaN where nothing was found."""
    notes: Sequence[str] = ()
    """What a reader must know of the scores; plain text, one paragraph each."""
    caution: str = ""
    """What must not be overlooked."""
    first: str = ""
    """What must be said before all else."""


def asset_files() -> list[Path]:
    """Files that every page is made from."""
    return [Path(str(files("affectflow.report.viewer") / "assets" / name)) for name in _ASSETS]


def write_viewer(out: Path, scene: Scene, panels: Sequence[Panel]) -> None:
    """Write the page; the same arguments give the same bytes. It needs no file but the video.

    Raises:
        InputError: a series or box has another number of frames than the video, or times do not ascend.
    """
    frames = len(scene.times)
    if not frames or not (np.diff(scene.times) > 0).all():
        raise InputError(f"{out}: {frames} frames whose times do not ascend; expected at least one, each later")
    for name, count in _counts(scene, panels):
        if count != frames:
            raise InputError(f"{out}: {name} has {count} frames, the video {frames}; predict it again")
    style, script = (path.read_text(encoding="utf-8") for path in asset_files())
    # Text inside <script> ends at the first "</script", whatever the text means: no "<" is left in it.
    data = json.dumps(_data(scene, panels), separators=(",", ":"), ensure_ascii=True).replace("<", "\\u003c")
    write_text(
        out,
        "\n".join(
            [
                "<!DOCTYPE html>",
                f'<html lang="en"><head><meta charset="utf-8"><title>{escape(scene.title)}</title>',
                '<meta name="viewport" content="width=device-width, initial-scale=1">',
                f"<style>\n{style}</style></head><body>",
                f"<header><h1>{escape(scene.title)}</h1>",
                *([f'<p class="caution first">{escape(scene.first)}</p>'] if scene.first else []),
                *(f'<p class="note">{escape(note)}</p>' for note in scene.notes),
                *([f'<p class="caution">{escape(scene.caution)}</p>'] if scene.caution else []),
                "</header>",
                '<main id="viewer"></main>',
                f'<script type="application/json" id="data">{data}</script>',
                f"<script>\n{script}</script>",
                "</body></html>",
                "",
            ]
        ),
    )


def _counts(scene: Scene, panels: Sequence[Panel]) -> list[tuple[str, int]]:
    every = [(f"{panel.title}, {item.name}", item) for panel in panels for item in panel.series]
    series = [(name, len(item.values)) for name, item in every]
    series += [(f"{name}, seen,", len(item.seen)) for name, item in every if item.seen is not None]
    return series + [(name, len(box)) for name, box in scene.boxes.items()]


def _data(scene: Scene, panels: Sequence[Panel]) -> dict[str, Any]:
    return {
        "video": quote(scene.video),
        "name": scene.video,
        "size": list(scene.size),
        "times": _base64(scene.times, "<f8"),
        "boxes": [{"name": name, "edges": _base64(_edges(box), "<i2")} for name, box in scene.boxes.items()],
        "steps": _STEPS,
        "panels": [
            {
                "title": panel.title,
                "low": panel.low,
                "high": panel.high,
                "kind": panel.kind,
                "namesHighest": panel.names_highest,
                "folded": panel.folded,
                "lacking": panel.lacking,
                "series": [
                    {"name": s.name, "values": _base64(_levels(s.values, panel), "<u2"), "unseen": _stretches(s.seen)}
                    for s in panel.series
                ],
            }
            for panel in panels
        ],
    }


def _stretches(seen: NDArray[np.bool_] | None) -> list[list[int]]:
    """First frame of each stretch that does not count, and the frame after its last."""
    if seen is None:
        return []
    edges = np.flatnonzero(np.diff(~seen, prepend=False, append=False))
    return edges.reshape(-1, 2).tolist()


def _levels(values: NDArray[np.floating], panel: Panel) -> NDArray[np.floating]:
    shares = np.clip((np.asarray(values, np.float64) - panel.low) / (panel.high - panel.low), 0, 1)
    return np.where(np.isnan(shares), _NONE, np.round(shares * _STEPS))


def _edges(box: NDArray[np.floating]) -> NDArray[np.floating]:
    """Whole pixels."""
    return np.where(np.isnan(box), _NO_BOX, np.clip(np.round(box), _NO_BOX + 1, -_NO_BOX - 1))


def _base64(values: NDArray[np.floating], kind: str) -> str:
    return b64encode(np.ascontiguousarray(values).astype(kind).tobytes()).decode()
