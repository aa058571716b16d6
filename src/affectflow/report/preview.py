"""The contact sheet of a shard: what preprocessing found, for a person to judge at a glance."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from affectflow.artifacts.atomic import atomic_path
from affectflow.artifacts.schemas import BODY, FACES
from affectflow.artifacts.tables import read_arrow, read_parquet
from affectflow.audio.window import MelTrack
from affectflow.body.box import touched
from affectflow.config.preprocessing import Preview
from affectflow.corpus.shard import Subject, Video
from affectflow.errors import InputError
from affectflow.media.pictures import Frames, Picture, decode, spans
from affectflow.report import drawing

_QUALITY = 88
_GAP = 6
_LABEL = 22
_TITLE = 34
# A JPEG has at most 65,535 rows, and nobody looks at more.
_MOST = 40


@dataclass(frozen=True)
class _Shard:
    """The artifacts of a shard."""

    frames: Frames
    faces: pa.Table
    body: pa.Table
    mel: Path
    faces_at: dict[str, slice]
    body_at: dict[str, slice]


def preview_shard(
    frames: Path,
    faces: Path,
    body: Path,
    mel: Path,
    videos: Sequence[Video],
    settings: Preview,
    mel_seconds: float,
    out: Path,
) -> None:
    """Write a JPEG with a block for each subject of each video.

    A block has a title with the share of frames in which face and body were found, and `settings.columns` moments,
    evenly spaced. Each shows, from above: the frame with the face's box, landmarks and joints; the context that is
    masked by equation 2 of paper 000; body and aligned face; the mel window, its middle marked. What was not found
    is said in red. At most 40 subjects are shown, the last line counts the others.

    Args:
        mel_seconds: length of the mel window.

    Raises:
        InputError: an artifact is missing, damaged or does not belong to the videos.
    """
    face_table, body_table = read_arrow(faces, FACES), read_parquet(body, BODY)
    shard = _Shard(
        Frames(frames),
        face_table,
        body_table,
        mel,
        spans(face_table.column("subject")),
        spans(body_table.column("subject")),
    )
    pairs = [(video, subject) for video in videos for subject in video.subjects]
    blocks = [_block(shard, video, subject, settings, mel_seconds) for video, subject in pairs[:_MOST]]
    if len(pairs) > _MOST:
        blocks.append(_line(f"… and {len(pairs) - _MOST} more subjects, not shown", 600))
    sheet = drawing.stack(blocks)
    with atomic_path(out) as temporary:
        temporary.write_bytes(cv2.imencode(".jpg", sheet, [cv2.IMWRITE_JPEG_QUALITY, _QUALITY])[1].tobytes())


def _block(shard: _Shard, video: Video, subject: Subject, settings: Preview, mel_seconds: float) -> Picture:
    count, times = shard.frames.count(video.video), shard.frames.times(video.video)
    faces = _rows(shard.faces, shard.faces_at, subject.subject, count, "faces")
    bodies = _rows(shard.body, shard.body_at, subject.subject, count, "bodies")
    picks = sorted({int((column + 0.5) * count / settings.columns) for column in range(settings.columns)})
    windows = _mel_pictures(MelTrack.open(shard.mel, video.video).window(times[picks], mel_seconds))
    columns = []
    for pick, window in zip(picks, windows, strict=True):
        picture = shard.frames.picture(video.video, pick)
        row = faces.slice(pick, 1).to_pylist()[0], bodies.slice(pick, 1).to_pylist()[0]
        columns.append(_moment(picture, *row, window, settings.height, f"{times[pick]:.2f} s · frame {pick}"))
    gap = drawing.ground(_GAP, columns[0].shape[0])
    moments = np.concatenate([part for column in columns for part in (gap, column)] + [gap], axis=1)
    side = "" if subject.side == "only" else f" ({subject.side})"
    found = [float(np.mean(table.column("found").to_numpy())) for table in (faces, bodies)]
    title = (
        f"{subject.subject}{side} · {count} frames, {times[0]:.2f} to {times[-1]:.2f} s · "
        f"face found {found[0]:.0%} · body found {found[1]:.0%}"
    )
    return drawing.stack([_line(title, moments.shape[1]), moments])


def _moment(
    picture: Picture, face: dict[str, Any], body: dict[str, Any], mel: Picture, height: int, label: str
) -> Picture:
    width = round(picture.shape[1] * height / picture.shape[0])
    # Drawn on a picture of the final size, so that lines are as thick on every sheet.
    scale = height / picture.shape[0]
    shown = drawing.tile(picture, width, height)
    context = picture.copy()
    masked = bool(body["found"])
    half = (width - _GAP) // 2
    body_tile, face_tile = drawing.missing("no body", half, height), drawing.missing("no face", half, height)
    if masked:
        joints = np.array(body["joints"], np.float32).reshape(25, 3) * np.array([scale, scale, 1], np.float32)
        edges = np.array(body["box"], np.float32)
        drawing.box(shown, edges * scale, drawing.ORANGE)
        drawing.skeleton(shown, joints, drawing.ORANGE)
        context[touched(edges)] = 0
        body_tile = drawing.tile(picture[touched(edges)], half, height)
    if face["found"]:
        if face["box"] is not None:
            drawing.box(shown, np.array(face["box"]) * scale, drawing.GREEN)
        points = face["landmarks"] or face["anchors"]
        if points is not None:
            drawing.dots(shown, np.array(points).reshape(-1, 2) * scale, drawing.CYAN)
        face_tile = drawing.tile(decode(face["face"], "aligned face"), half, height)
    below = drawing.tile(context, width, height)
    if not masked:
        drawing.text(below, (8, 6), "not masked", drawing.RED)
    pair = np.concatenate([body_tile, drawing.ground(width - 2 * half, height), face_tile], axis=1)
    sound = cv2.resize(mel, (width, height // 2), interpolation=cv2.INTER_NEAREST)
    sound[:, width // 2] = drawing.WHITE
    if not mel.any():
        drawing.text(sound, (8, height // 4 - 9), "silence", drawing.RED)
    caption = drawing.ground(width, _LABEL)
    drawing.text(caption, (2, 3), label, drawing.GREY, 13)
    gap = drawing.ground(width, _GAP // 2)
    return np.concatenate([caption, shown, gap, below, gap, pair, gap, sound, drawing.ground(width, _GAP)])


def _mel_pictures(windows: NDArray[np.float32]) -> list[Picture]:
    """Windows (count, bands, columns) as pictures, high bands on top, one scale for all; silence is dark."""
    low, high = float(windows.min()), float(windows.max())
    shares = (windows - low) / (high - low) if high > low else np.zeros_like(windows)
    levels = np.round(shares[:, ::-1] * 255).astype(np.uint8)
    # The darkest colour of the map is black but for a trace of blue; silence is all black.
    pictures = [cv2.applyColorMap(np.ascontiguousarray(level), cv2.COLORMAP_MAGMA) for level in levels]
    return [picture * (level > 0)[..., None] for picture, level in zip(pictures, levels, strict=True)]


def _line(words: str, width: int) -> Picture:
    canvas = drawing.ground(width, _TITLE, (70, 60, 50))
    drawing.text(canvas, (_GAP, 7), words, drawing.WHITE, 17)
    return canvas


def _rows(table: pa.Table, at: dict[str, slice], subject: str, count: int, what: str) -> pa.Table:
    rows = at.get(subject, slice(0, 0))
    if rows.stop - rows.start != count:
        raise InputError(
            f"{what} of subject {subject!r}: {rows.stop - rows.start} rows, expected {count}, one a decoded frame; "
            "delete the file and run again"
        )
    return table.slice(rows.start, count)
