"""Label files of AFEW-VA: one JSON file a clip, with valence and arousal of every picture."""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from affectflow.corpus.label_text import read_text
from affectflow.corpus.labels import Values
from affectflow.errors import InputError
from affectflow.tracks import Track

_LIMIT = 10.0


def read_subject(files: Sequence[Path], subject: str, track: Track) -> Values:
    """Valence and arousal of a clip, shape (rows, 2), divided by 10: annotated in [-10, 10], here in [-1, 1].

    The file is `{"frames": {"00000": {"valence": 1.0, "arousal": 2.0, "landmarks": …}, …}, "video_id": "001"}`.

    Raises:
        InputError: anything else; a frame is missing, or is named twice.
    """
    (path,) = files
    held = _parsed(path)
    if held.get("video_id", subject) != subject:
        raise InputError(f"{path}: video_id is {held['video_id']!r}, expected {subject!r}")
    frames = held.get("frames")
    if not isinstance(frames, dict) or not frames:
        raise InputError(f"{path}: expected `frames`, a mapping of 00000, 00001, … to annotations")
    rows = []
    for frame, name in enumerate(sorted(frames)):
        if name != f"{frame:05d}":
            raise InputError(f"{path}: frames hold {name!r}, expected {f'{frame:05d}'!r} next")
        rows.append([_value(f"{path}, frame {name}", frames[name], target) for target in track.targets])
    return np.array(rows, np.float64) / _LIMIT


def _parsed(path: Path) -> dict[str, Any]:
    def once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        names = [name for name, _ in pairs]
        if twice := [name for name in names if names.count(name) > 1]:
            raise InputError(f"{path}: names {twice[0]!r} twice")
        return dict(pairs)

    try:
        held = json.loads(read_text(path), object_pairs_hook=once)
    except json.JSONDecodeError as error:
        raise InputError(f"{path}, line {error.lineno}: no JSON: {error.msg}") from error
    if not isinstance(held, dict):
        raise InputError(f"{path}: expected a JSON object with `frames`")
    return held


def _value(where: str, annotation: Any, target: str) -> float:
    value = annotation.get(target) if isinstance(annotation, dict) else None
    if isinstance(value, bool) or not isinstance(value, int | float) or not -_LIMIT <= value <= _LIMIT:
        raise InputError(f"{where}: {target} is {value!r}, expected a number in [{-_LIMIT:g}, {_LIMIT:g}]")
    return float(value)
