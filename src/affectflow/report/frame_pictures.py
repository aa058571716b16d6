"""The pictures of a frame's page, read from the artifacts of its shard."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from affectflow.artifacts.schemas import BODY, FACES
from affectflow.artifacts.tables import read_arrow, read_parquet, spans
from affectflow.audio.window import MelTrack
from affectflow.body.box import touched
from affectflow.lineage.chain import Chain
from affectflow.media.pictures import Frames
from affectflow.report.moment import Moment, mel_pictures, subject_rows
from affectflow.report.page import figure
from affectflow.report.score_trace import ScoreTrace
from affectflow.report.table_fusion import recorded

_WIDTH = 720
_SIDE = 320
_NOT_LOOKED_FOR = {"found": False}
_SILENCE = np.zeros((1, 1, 3), np.uint8)


def frame_times(chain: Chain, trace: ScoreTrace) -> NDArray[np.float64]:
    """Times of all frames of the subject in seconds, shape (frames,)."""
    return Frames(chain.folder / trace.files["frames"]).times(trace.video)


def frame_figures(chain: Chain, trace: ScoreTrace) -> Iterator[str]:
    """The frame with what was found in it, the masked context, body, face and mel window, as HTML.

    Raises:
        InputError: an artifact is missing, damaged or does not belong to the video.
    """
    seconds = _mel_seconds(chain, trace)
    moment = _moment(chain, trace, seconds)
    height = round(moment.picture.shape[0] * _WIDTH / moment.picture.shape[1])
    body = bool(moment.body["found"])
    words = {
        kind: "found" if row["found"] else "not found" if kind in trace.files else "not looked for"
        for kind, row in (("faces", moment.face), ("body", moment.body))
    }
    seen = f"face {words['faces']}, body {words['body']}"
    yield figure(moment.marked(_WIDTH, height), f"Frame {trace.frame}: {seen}", "half")
    masked = "Context, the body masked (equation 2)" if body else f"Context: body {words['body']}, nothing masked"
    yield figure(moment.context(_WIDTH, height), masked, "half")
    width = _SIDE
    if body:
        rows, columns = touched(np.array(moment.body["box"], np.float32))
        width = max(1, round(_SIDE * (columns.stop - columns.start) / (rows.stop - rows.start)))
    yield figure(moment.body_crop(width, _SIDE), "Body", "third", f"body {words['body']}")
    yield figure(moment.aligned_face(_SIDE, _SIDE), "Face, aligned", "third", f"face {words['faces']}")
    silent = not moment.mel.any()
    caption = f"Mel spectrogram, {seconds:g} s around the frame, high bands on top"
    yield figure(None if silent else moment.sound(_SIDE * 2, _SIDE), caption, "third", "no sound", crisp=True)


def _moment(chain: Chain, trace: ScoreTrace, mel_seconds: float) -> Moment:
    paths = {kind: chain.folder / name for kind, name in trace.files.items()}
    frames = Frames(paths["frames"])
    count = frames.count(trace.video)
    return Moment(
        frames.picture(trace.video, trace.frame),
        _found(read_arrow(paths["faces"], FACES), trace, count, "faces") if "faces" in paths else _NOT_LOOKED_FOR,
        _found(read_parquet(paths["body"], BODY), trace, count, "bodies") if "body" in paths else _NOT_LOOKED_FOR,
        _mel_picture(paths["mel"], trace, mel_seconds) if "mel" in paths else _SILENCE,
    )


def _found(table: pa.Table, trace: ScoreTrace, count: int, what: str) -> dict[str, Any]:
    rows = subject_rows(table, spans(table.column("subject")), trace.subject, count, what)
    row: dict[str, Any] = rows.slice(trace.frame, 1).to_pylist()[0]
    return row


def _mel_picture(mel: Path, trace: ScoreTrace, seconds: float) -> NDArray[np.uint8]:
    return mel_pictures(MelTrack.open(mel, trace.video).window([trace.time], seconds))[0]


def _mel_seconds(chain: Chain, trace: ScoreTrace) -> float:
    """Length of the window that the branches read; of one that listens, where there is one."""
    trained = [recorded(chain, branch.model).options["branch"] for branch in trace.branches]
    listening = [settings for settings in trained if "mel" in settings["streams"]]
    return float((listening or trained)[0]["mel"]["seconds"])
