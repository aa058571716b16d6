"""One HTML page a video: the video plays, the curves of a person follow, a click on a curve seeks. Opens from disk,
offline."""

import json
from base64 import b64encode
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from html import escape
from importlib.resources import files
from pathlib import Path
from typing import Any, Literal
from urllib.parse import quote

import numpy as np
from numpy.typing import NDArray

from affectflow.artifacts.atomic import write_text
from affectflow.core.errors import InputError
from affectflow.report.viewer.colours import PALETTE
from affectflow.report.viewer.encoding import STEPS, encode_edges, encode_levels, encode_times, stretches

FACE, BODY = "Face", "Body"
"""What boxes hold."""

_STYLE, _SCRIPTS = "viewer.css", ("elements.js", "boxes.js", "lanes.js", "viewer.js")


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
class Person:
    """One person of a video as the page shows them."""

    name: str
    boxes: Mapping[str, NDArray[np.floating]]
    """By what they hold, such as `FACE` and `BODY`, the finest first: left, top, right, bottom in pixels; shape
    (frames, 4), NaN where nothing was found."""
    panels: Sequence[Panel]
    head_only: NDArray[np.bool_] | None = None
    """Frames whose `BODY` box is that of a head alone, shape (frames,); none when not given."""
    picture: bytes | None = None
    """A small picture of the face, JPEG."""
    first: str = ""
    """What must be said of this person before all else."""


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
    people: Sequence[Person]
    """At least one, all with the same kinds of boxes and the same panels but for the values. The curves of the first
    are shown at the start."""
    notes: Sequence[str] = ()
    """What a reader must know of the scores; plain text, one paragraph each."""
    caution: str = ""
    """What must not be overlooked."""
    first: str = ""
    """What must be said before all else."""


def asset_files() -> list[Path]:
    """Files that every page is made from."""
    return [Path(str(files("affectflow.report.viewer") / "assets" / name)) for name in (_STYLE, *_SCRIPTS)]


def write_viewer(out: Path, scene: Scene) -> None:
    """Write the page; the same arguments give the same bytes. It needs no file but the video.

    Raises:
        InputError: there is nobody, a person's series or box has another number of frames than the video, people
            differ in what is shown of them, or times do not ascend.
    """
    _check(out, scene)
    style, *scripts = (path.read_text(encoding="utf-8") for path in asset_files())
    # Text inside <script> ends at the first "</script", whatever the text means: no "<" is left in it.
    data = json.dumps(_data(scene), separators=(",", ":"), ensure_ascii=True).replace("<", "\\u003c")
    first = _first(scene)
    write_text(
        out,
        "\n".join(
            [
                "<!DOCTYPE html>",
                f'<html lang="en"><head><meta charset="utf-8"><title>{escape(scene.title)}</title>',
                '<meta name="viewport" content="width=device-width, initial-scale=1">',
                f"<style>\n{style}</style></head><body>",
                f"<header><h1>{escape(scene.title)}</h1>",
                *([f'<p class="caution first">{escape(first)}</p>'] if first else []),
                *(f'<p class="note">{escape(note)}</p>' for note in scene.notes),
                *([f'<p class="caution">{escape(scene.caution)}</p>'] if scene.caution else []),
                "</header>",
                '<main id="viewer"></main>',
                f'<script type="application/json" id="data">{data}</script>',
                f"<script>\n{''.join(scripts)}</script>",
                "</body></html>",
                "",
            ]
        ),
    )


def _first(scene: Scene) -> str:
    """What the whole page begins with: where there are several people, what is to be said of each of them stands with
    their curves."""
    of_person = scene.people[0].first if len(scene.people) == 1 else ""
    return " ".join(words for words in (scene.first, of_person) if words)


def _check(out: Path, scene: Scene) -> None:
    frames = len(scene.times)
    if not frames or not (np.diff(scene.times) > 0).all():
        raise InputError(f"{out}: {frames} frames whose times do not ascend; expected at least one, each later")
    if not scene.people:
        raise InputError(f"{out}: no person to show; expected at least one")
    for person in scene.people:
        for name, count in _counts(person):
            if count != frames:
                raise InputError(
                    f"{out}: {person.name}, {name} has {count} frames, the video {frames}; predict it again"
                )
        if _forms(person) != _forms(scene.people[0]):
            raise InputError(
                f"{out}: {person.name} has other boxes or panels than {scene.people[0].name}; expected the same"
            )


def _counts(person: Person) -> list[tuple[str, int]]:
    every = [(f"{panel.title}, {item.name}", item) for panel in person.panels for item in panel.series]
    series = [(name, len(item.values)) for name, item in every]
    series += [(f"{name}, seen,", len(item.seen)) for name, item in every if item.seen is not None]
    heads = [] if person.head_only is None else [("head only", len(person.head_only))]
    return series + [(name, len(box)) for name, box in person.boxes.items()] + heads


def _forms(person: Person) -> tuple[list[str], list[tuple[Panel, list[str]]]]:
    """What is shown of a person, without any values."""
    panels = [(replace(panel, series=()), [item.name for item in panel.series]) for panel in person.panels]
    return list(person.boxes), panels


def _data(scene: Scene) -> dict[str, Any]:
    return {
        "video": quote(scene.video),
        "name": scene.video,
        "size": list(scene.size),
        "times": encode_times(scene.times),
        "steps": STEPS,
        "colours": [{"fill": colour.fill, "ink": colour.ink} for colour in PALETTE],
        "boxes": list(scene.people[0].boxes),
        "panels": [_panel_data(panel) for panel in scene.people[0].panels],
        "people": [_person_data(person) for person in scene.people],
    }


def _panel_data(panel: Panel) -> dict[str, Any]:
    return {
        "title": panel.title,
        "low": panel.low,
        "high": panel.high,
        "kind": panel.kind,
        "namesHighest": panel.names_highest,
        "folded": panel.folded,
        "lacking": panel.lacking,
        "series": [item.name for item in panel.series],
    }


def _person_data(person: Person) -> dict[str, Any]:
    return {
        "name": person.name,
        "first": person.first,
        "picture": b64encode(person.picture or b"").decode(),
        "boxes": [
            {"edges": encode_edges(box), "headOnly": stretches(person.head_only) if name == BODY else []}
            for name, box in person.boxes.items()
        ],
        "curves": [[_curve_data(item, panel) for item in panel.series] for panel in person.panels],
    }


def _curve_data(item: Series, panel: Panel) -> dict[str, Any]:
    unseen = None if item.seen is None else ~item.seen
    return {"values": encode_levels(item.values, panel.low, panel.high), "unseen": stretches(unseen)}
