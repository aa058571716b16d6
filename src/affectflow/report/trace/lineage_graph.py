"""A picture of everything behind some artifacts: like ones as one box, arrows from what was read to what was made."""

import posixpath
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from html import escape
from pathlib import Path, PurePosixPath

from affectflow.artifacts.atomic import atomic_path
from affectflow.artifacts.digest import digest_of
from affectflow.artifacts.record import SOURCES, Record
from affectflow.lineage.chain import Chain, input_digests
from affectflow.report.drawing.layered import place

STAGES = {
    "decode": "preprocessing",
    "find_people": "preprocessing",
    "align_face": "preprocessing",
    "mask_body": "preprocessing",
    "resize": "preprocessing",
    "images": "preprocessing",
    "mel_filters": "preprocessing",
    "spectrogram": "preprocessing",
    "preview": "preprocessing",
    "labels": "preprocessing",
    "manifest": "preprocessing",
    "fold": "preprocessing",
    "expand_labels": "preprocessing",
    "utterance_tables": "preprocessing",
    "pretrain": "training",
    "train": "training",
    "features": "prediction",
    "sound_features": "preprocessing",
    "image_features": "prediction",
    "face_features": "preprocessing",
    "predict": "prediction",
    "predict_images": "prediction",
    "find_smoothing": "prediction",
    "smooth": "prediction",
    "postprocess": "prediction",
    "utterances": "prediction",
    "fuse": "fusion",
    "apply_fusion": "fusion",
    "score": "result",
    "score_held_out": "result",
    "log_scores": "result",
    "training_curves": "result",
    "trajectories": "result",
    "submit": "result",
    "submit_utterances": "result",
    "submit_clips": "result",
    "metrics": "result",
    "intervals": "result",
    "modality_ablation": "result",
    "spread": "result",
    "paper_table": "result",
    "score_images": "result",
    "image_table": "result",
    "leaderboard_entry": "result",
    "leaderboard": "result",
    "report": "result",
} | dict.fromkeys(SOURCES, "source")
"""Stage of each rule."""

COLOURS = {
    "source": ("#eef0f2", "#7b8794"),
    "preprocessing": ("#e3eefb", "#3b7dc4"),
    "training": ("#fdeeda", "#d9822b"),
    "prediction": ("#efe7fa", "#8250c4"),
    "fusion": ("#fae3ec", "#c2407a"),
    "result": ("#e2f4e6", "#2e8b4f"),
    "other": ("#ffffff", "#444444"),
}
"""Ground and edge of a stage's boxes."""

_MEDIA = {".mp4", ".avi", ".mkv", ".mov", ".webm", ".mpg", ".mpeg", ".m4v", ".wav"}
_WIDTH, _LINE, _PAD, _ACROSS, _DOWN, _MARGIN = 236, 15, 9, 56, 18, 24
# Letters that fit a box: of names, which may be all capitals, and of other lines.
_NAME, _FACTS = 33, 37
# More would make the tooltip longer than a screen.
_LISTED = 24


@dataclass(frozen=True)
class Box:
    """Artifacts that one rule made in one folder, or sources in one folder, as deep in the chain as each other."""

    rule: str | None
    """None for sources that no rule made."""
    folder: str
    kind: str
    """What they are, in the plural."""
    digests: dict[str, str]
    """SHA-256 by path, in the order of the paths."""
    made: str | None
    """When the last of them was made, UTC."""
    runs: tuple[str, ...]
    """MLflow runs."""

    @property
    def stage(self) -> str:
        """A key of `COLOURS`."""
        return "source" if self.rule is None else STAGES.get(self.rule, "other")

    @property
    def digest(self) -> str:
        """Of the one file, or of the list of several, as a folder's."""
        digests = list(self.digests.values())
        return digests[0] if len(digests) == 1 else digest_of(self.digests)

    @property
    def lines(self) -> list[str]:
        """What the box says."""
        single = len(self.digests) == 1
        content = PurePosixPath(next(iter(self.digests))).name if single else f"{len(self.digests)} {self.kind}"
        lines = [self.rule or "source", content, self.folder]
        digest = self.digest[:8] if single else f"{self.digest[:8]} (list)"
        lines.append(f"{digest} · {self.made[:16].replace('T', ' ')}" if self.made else digest)
        if self.runs:
            lines.append("MLflow " + ", ".join(run[:8] for run in self.runs[:3]) + (" …" if len(self.runs) > 3 else ""))
        return lines


def draw_graph(chain: Chain, names: Sequence[str], out: Path) -> None:
    """Write an SVG of the artifacts `names` and everything that they were made from.

    Files that one rule made in one folder are one box; its digest is that of their list. A box's tooltip has the
    full paths and digests.

    Raises:
        InputError: a record is damaged or altered.
    """
    boxes, lines = boxes_behind(chain, names)
    with atomic_path(out, recorded=False) as temporary:
        temporary.write_text(svg(boxes, lines), encoding="utf-8")


def boxes_behind(chain: Chain, names: Sequence[str]) -> tuple[dict[str, Box], set[tuple[str, str]]]:
    """The boxes by an arbitrary key, and the pairs of keys between which arrows go."""
    records = chain.behind(names)
    digests = input_digests(records)
    readers: dict[str, set[str]] = {}
    depth: dict[str, int] = {}
    for name, record in records.items():  # inputs come first
        inputs = [item.path for item in record.inputs] if record else []
        depth[name] = 1 + max((depth[path] for path in inputs), default=-1)
        for path in inputs:
            readers.setdefault(path, set()).add(record.rule if record else "")
    members: dict[str, list[str]] = {}
    for name, record in records.items():
        folder = posixpath.dirname(name) or "."
        # The depth keeps what follows from another out of the other's box: arrows never go in a circle.
        members.setdefault(f"{record.rule if record else ''}\n{folder}\n{depth[name]}", []).append(name)
    boxes = {key: _box(records, digests, readers, sorted(group)) for key, group in members.items()}
    key_of = {name: key for key, group in members.items() for name in group}
    lines = {(key_of[item.path], key_of[name]) for name, record in records.items() if record for item in record.inputs}
    return boxes, lines


def _box(
    record_by_name: Mapping[str, Record | None],
    digests: Mapping[str, str],
    readers: Mapping[str, set[str]],
    names: list[str],
) -> Box:
    records = [record for name in names if (record := record_by_name[name]) is not None]
    recorded_digests = {record.artifact.path: record.artifact.sha256 for record in records}
    kind = "files"
    if all(PurePosixPath(name).suffix.lower() in _MEDIA for name in names):
        kind = "videos"
    elif all("labels" in readers.get(name, ()) for name in names):
        kind = "label files"
    return Box(
        rule=records[0].rule if records else None,
        folder=posixpath.dirname(names[0]) or ".",
        kind=kind,
        digests={name: recorded_digests.get(name) or digests.get(name, "") for name in names},
        made=max((record.end for record in records), default=None),
        runs=tuple(sorted({record.mlflow.run for record in records if record.mlflow})),
    )


def svg(boxes: Mapping[str, Box], lines: set[tuple[str, str]]) -> str:
    """The boxes in layers from left to right, and the arrows."""
    layers = _layers(boxes, lines)
    heights = {key: len(box.lines) * _LINE + 2 * _PAD for key, box in boxes.items()}
    places = place(layers, heights, lines, _DOWN)
    left = {key: float(_MARGIN + layers[key] * (_WIDTH + _ACROSS)) for key in boxes}
    width = max(left.values(), default=0) + _WIDTH + _MARGIN
    height = places.height + 2 * _MARGIN + 2 * _LINE
    text = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width:g} {height:.0f}" width="{width:g}"'
        f' height="{height:.0f}" font-family="system-ui, Helvetica, Arial, sans-serif" font-size="11.5">',
        '<defs><marker id="tip" viewBox="0 0 8 8" refX="7.5" refY="4" markerWidth="7" markerHeight="7"'
        ' orient="auto"><path d="M0,0.5 L8,4 L0,7.5 z" fill="#8a949e"/></marker></defs>',
        f'<rect width="{width:g}" height="{height:.0f}" fill="#ffffff"/>',
        '<g fill="none" stroke="#a9b2bb" stroke-width="1.3">',
    ]
    for first, last in sorted(lines):
        points = [(left[first] + _WIDTH, places.middles[first] + _MARGIN)]
        for layer, y in enumerate(places.passes[first, last], start=layers[first] + 1):
            x = float(_MARGIN + layer * (_WIDTH + _ACROSS))
            points += [(x, y + _MARGIN), (x + _WIDTH, y + _MARGIN)]
        points.append((left[last] - 1, places.middles[last] + _MARGIN))
        text.append(f'<path d="{_draw_path(points)}" marker-end="url(#tip)"/>')
    text.append("</g>")
    for key, box in boxes.items():
        text.extend(_draw_box(box, left[key], places.middles[key] + _MARGIN - heights[key] / 2, heights[key]))
    text.extend(_legend({box.stage for box in boxes.values()}, height - _MARGIN))
    return "\n".join([*text, "</svg>", ""])


def _layers(boxes: Mapping[str, Box], lines: set[tuple[str, str]]) -> dict[str, int]:
    """Each box right of all that it was made from; what nothing was made into moves up to what it is for."""
    layers = dict.fromkeys(boxes, 0)
    for _ in boxes:
        moved = {last: layers[first] + 1 for first, last in sorted(lines) if layers[last] <= layers[first]}
        if not moved:
            break
        layers |= moved
    derived = {last for _, last in lines}
    for key in boxes:
        right = [layers[last] for first, last in lines if first == key]
        if key not in derived and right:
            layers[key] = min(right) - 1
    return layers


def _draw_path(points: Sequence[tuple[float, float]]) -> str:
    """A smooth path: curves between layers, straight lines through them."""
    (x, y), text = points[0], f"M{points[0][0]:g},{points[0][1]:.1f}"
    for number, (nx, ny) in enumerate(points[1:]):
        middle = (x + nx) / 2
        text += f" H{nx:g}" if number % 2 else f" C{middle:g},{y:.1f} {middle:g},{ny:.1f} {nx:g},{ny:.1f}"
        x, y = nx, ny
    return text


def _draw_box(box: Box, x: float, y: float, height: float) -> Iterator[str]:
    ground, edge = COLOURS[box.stage]
    yield f"<g><title>{escape(_tooltip(box))}</title>"
    yield f'<rect x="{x:g}" y="{y:.1f}" width="{_WIDTH}" height="{height:g}" rx="5" fill="{ground}" stroke="{edge}"/>'
    for number, line in enumerate(box.lines):
        style = ' font-weight="600"' if number == 0 else ' fill="#52606d"' if number > 1 else ""
        row = y + _PAD + (number + 0.78) * _LINE
        label = _shorten(line, _NAME if number in (1, 2) else _FACTS)
        yield f'<text x="{x + 11:g}" y="{row:.1f}"{style}>{escape(label)}</text>'
    yield "</g>"


def _tooltip(box: Box) -> str:
    head = f"{box.rule or 'source'}, {box.made}" if box.made else "source"
    files = [f"{path}  {digest}" for path, digest in list(box.digests.items())[:_LISTED]]
    if len(box.digests) > _LISTED:
        files.append(f"… and {len(box.digests) - _LISTED} more")
    if len(box.digests) > 1:
        files.append(f"SHA-256 of the list: {box.digest}")
    return "\n".join([head, *files, *(f"MLflow run {run}" for run in box.runs)])


def _legend(stages: set[str], y: float) -> Iterator[str]:
    x = float(_MARGIN)
    for stage in (stage for stage in COLOURS if stage in stages):
        ground, edge = COLOURS[stage]
        yield f'<rect x="{x:g}" y="{y - 10:.1f}" width="12" height="12" rx="2" fill="{ground}" stroke="{edge}"/>'
        yield f'<text x="{x + 18:g}" y="{y:.1f}" fill="#52606d">{stage}</text>'
        x += 40 + 7 * len(stage)


def _shorten(line: str, limit: int) -> str:
    """A line of at most so many letters: what is left out is in its middle."""
    room = limit - 1
    return line if len(line) <= limit else f"{line[: room // 3]}…{line[-(room - room // 3) :]}"
