"""Label files of AFEW-VA: one JSON file a clip, with valence and arousal of every picture."""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from affectflow.core.errors import InputError
from affectflow.core.tracks import Track
from affectflow.datasets.video.label_text import read_text
from affectflow.datasets.video.labels import Values

_LIMIT = 10.0


def read_subject(files: Sequence[Path], subject: str, track: Track) -> Values:
    """Valence and arousal of a clip, shape (rows, 2), in [-1, 1].

    Raises:
        InputError: as `read_frames`, or a value is missing or out of range.
    """
    (path,) = files
    frames = read_frames(path, subject)
    rows = [
        [affect(f"{path}, frame {name}", annotation, target) for target in track.targets]
        for name, annotation in frames.items()
    ]
    return np.array(rows, np.float64)


def read_frames(path: Path, clip: str) -> dict[str, Any]:
    """What is annotated of each picture of a clip, by its name without suffix and in its order, not yet checked.

    The file is `{"frames": {"00000": {"valence": 1.0, "arousal": 2.0, "landmarks": …}, …}, "video_id": "001"}`.

    Raises:
        InputError: anything else; a frame is missing, or is named twice.
    """
    content = _read_json(path)
    if content.get("video_id", clip) != clip:
        raise InputError(f"{path}: video_id is {content['video_id']!r}, expected {clip!r}")
    frames = content.get("frames")
    if not isinstance(frames, dict) or not frames:
        raise InputError(f"{path}: expected `frames`, a mapping of 00000, 00001, … to annotations")
    ordered = dict(sorted(frames.items()))
    for frame, name in enumerate(ordered):
        if name != f"{frame:05d}":
            raise InputError(f"{path}: frames hold {name!r}, expected {f'{frame:05d}'!r} next")
    return ordered


def affect(where: str, annotation: Any, target: str) -> float:
    """Valence or arousal of a picture, divided by 10: annotated in [-10, 10], here in [-1, 1].

    Args:
        where: file and frame, for messages.
        annotation: of the picture, as `read_frames` gives it.
        target: `valence` or `arousal`.

    Raises:
        InputError: there is none, or it is out of range.
    """
    value = annotation.get(target) if isinstance(annotation, dict) else None
    if isinstance(value, bool) or not isinstance(value, int | float) or not -_LIMIT <= value <= _LIMIT:
        raise InputError(f"{where}: {target} is {value!r}, expected a number in [{-_LIMIT:g}, {_LIMIT:g}]")
    return float(value) / _LIMIT


def _read_json(path: Path) -> dict[str, Any]:
    def refuse_duplicates(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        names = [name for name, _ in pairs]
        if duplicates := [name for name in names if names.count(name) > 1]:
            raise InputError(f"{path}: names {duplicates[0]!r} twice")
        return dict(pairs)

    try:
        content = json.loads(read_text(path), object_pairs_hook=refuse_duplicates)
    except json.JSONDecodeError as error:
        raise InputError(f"{path}, line {error.lineno}: no JSON: {error.msg}") from error
    if not isinstance(content, dict):
        raise InputError(f"{path}: expected a JSON object with `frames`")
    return content
