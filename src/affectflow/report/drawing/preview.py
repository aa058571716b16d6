"""The contact sheet of a shard: what preprocessing found, for a person to judge at a glance."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
import pyarrow as pa

from affectflow.artifacts.atomic import atomic_path
from affectflow.artifacts.schemas import BODY, FACES
from affectflow.artifacts.tables import read_arrow, read_parquet, spans
from affectflow.config.data.preprocessing import Preview
from affectflow.datasets.video.shard import Subject, Video
from affectflow.preprocessing.audio.window import MelTrack
from affectflow.preprocessing.media.pictures import Frames, Picture
from affectflow.report.drawing import marks
from affectflow.report.drawing.moment import Moment, mel_pictures, subject_rows

_QUALITY = 88
_GAP = 6
_LABEL = 22
_TITLE = 34
_NARROW = 600
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
    masked by equation 2 of Antoniadis et al.; body and aligned face; the mel window, its middle marked. What was not
    found is said in red. A video of which no frame could be decoded is a line that says so. At most 40 subjects are
    shown, the last line counts the others.

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
        blocks.append(_line(f"… and {len(pairs) - _MOST} more subjects, not shown", _NARROW))
    sheet = marks.stack(blocks)
    with atomic_path(out) as temporary:
        temporary.write_bytes(cv2.imencode(".jpg", sheet, [cv2.IMWRITE_JPEG_QUALITY, _QUALITY])[1].tobytes())


def _block(shard: _Shard, video: Video, subject: Subject, settings: Preview, mel_seconds: float) -> Picture:
    count = shard.frames.count(video.video)
    if not count:
        return _line(f"{subject.subject} · no frame can be decoded: left out", _NARROW)
    times = shard.frames.times(video.video)
    faces = subject_rows(shard.faces, shard.faces_at, subject.subject, count, "faces")
    bodies = subject_rows(shard.body, shard.body_at, subject.subject, count, "bodies")
    picks = sorted({int((column + 0.5) * count / settings.columns) for column in range(settings.columns)})
    windows = mel_pictures(MelTrack.open(shard.mel, video.video).window(times[picks], mel_seconds))
    columns = []
    for pick, window in zip(picks, windows, strict=True):
        rows = faces.slice(pick, 1).to_pylist()[0], bodies.slice(pick, 1).to_pylist()[0]
        moment = Moment(shard.frames.picture(video.video, pick), *rows, window)
        columns.append(_moment(moment, settings.height, f"{times[pick]:.2f} s · frame {pick}"))
    gap = marks.ground(_GAP, columns[0].shape[0])
    moments = np.concatenate([part for column in columns for part in (gap, column)] + [gap], axis=1)
    side = "" if subject.side == "only" else f" ({subject.side})"
    found_shares = [float(np.mean(table.column("found").to_numpy())) for table in (faces, bodies)]
    title = (
        f"{subject.subject}{side} · {count} frames, {times[0]:.2f} to {times[-1]:.2f} s · "
        f"face found {found_shares[0]:.0%} · body found {found_shares[1]:.0%}"
    )
    return marks.stack([_line(title, moments.shape[1]), moments])


def _moment(moment: Moment, height: int, label: str) -> Picture:
    width = round(moment.picture.shape[1] * height / moment.picture.shape[0])
    half = (width - _GAP) // 2
    body, face = moment.body_crop(half, height), moment.aligned_face(half, height)
    context = moment.context(width, height)
    if body is None:
        body = marks.missing("no body", half, height)
        marks.text(context, (8, 6), "not masked", marks.RED)
    if face is None:
        face = marks.missing("no face", half, height)
    pair = np.concatenate([body, marks.ground(width - 2 * half, height), face], axis=1)
    sound = moment.sound(width, height // 2)
    if not moment.mel.any():
        marks.text(sound, (8, height // 4 - 9), "silence", marks.RED)
    caption = marks.ground(width, _LABEL)
    marks.text(caption, (2, 3), label, marks.GREY, 13)
    gap, frame = marks.ground(width, _GAP // 2), moment.marked(width, height)
    return np.concatenate([caption, frame, gap, context, gap, pair, gap, sound, marks.ground(width, _GAP)])


def _line(words: str, width: int) -> Picture:
    canvas = marks.ground(width, _TITLE, (70, 60, 50))
    marks.text(canvas, (_GAP, 7), words, marks.WHITE, 17)
    return canvas
