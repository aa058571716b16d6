"""The pictures of a frame's page, read from the artifacts of its shard."""

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from affectflow.lineage.chain import Chain
from affectflow.preprocessing.audio.window import MelTrack
from affectflow.preprocessing.body.box import touched
from affectflow.preprocessing.media.pictures import Frames
from affectflow.report.drawing.moment import Moment, mel_pictures
from affectflow.report.drawing.page import figure
from affectflow.report.leaderboard.table_fusion import recorded
from affectflow.report.trace.frame_row import describe_row, frame_row
from affectflow.report.trace.score_trace import ScoreTrace

_WIDTH = 720
_SIDE = 320
_NOT_LOOKED_FOR = {"found": False}
_SILENCE = np.zeros((1, 1, 3), np.uint8)


def frame_times(chain: Chain, trace: ScoreTrace) -> NDArray[np.float64]:
    """Times of all frames of the subject in seconds, shape (frames,)."""
    return Frames(chain.folder / trace.files["frames"]).times(trace.video)


def frame_figures(chain: Chain, trace: ScoreTrace, frame: int) -> Iterator[str]:
    """A frame of the subject with what was found in it, the masked context, body, face and mel window, as HTML.

    Raises:
        InputError: an artifact is missing, damaged or does not belong to the video.
    """
    seconds = _mel_seconds(chain, trace)
    face_row, body_row = frame_row(chain, trace, "faces", frame), frame_row(chain, trace, "body", frame)
    face_status, body_status = describe_row(face_row), describe_row(body_row)
    moment = Moment(
        Frames(chain.folder / trace.files["frames"]).picture(trace.video, frame),
        face_row or _NOT_LOOKED_FOR,
        body_row or _NOT_LOOKED_FOR,
        _mel_picture(chain, trace, frame, seconds) if "mel" in trace.files else _SILENCE,
    )
    body = bool(moment.body["found"])
    height = round(moment.picture.shape[0] * _WIDTH / moment.picture.shape[1])
    yield figure(moment.marked(_WIDTH, height), f"Frame {frame}: face {face_status}, body {body_status}", "half")
    masked = "Context, the body masked (equation 2)" if body else f"Context: body {body_status}, nothing masked"
    yield figure(moment.context(_WIDTH, height), masked, "half")
    width = _SIDE
    if body:
        rows, columns = touched(np.array(moment.body["box"], np.float32))
        width = max(1, round(_SIDE * (columns.stop - columns.start) / (rows.stop - rows.start)))
    yield figure(moment.body_crop(width, _SIDE), "Body", "third", f"body {body_status}")
    yield figure(moment.aligned_face(_SIDE, _SIDE), "Face, aligned", "third", f"face {face_status}")
    silent = not moment.mel.any()
    caption = f"Mel spectrogram, {seconds:g} s around the frame, high bands on top"
    yield figure(None if silent else moment.sound(_SIDE * 2, _SIDE), caption, "third", "no sound", crisp=True)


def _mel_picture(chain: Chain, trace: ScoreTrace, frame: int, seconds: float) -> NDArray[np.uint8]:
    mel = MelTrack.open(chain.folder / trace.files["mel"], trace.video)
    return mel_pictures(mel.window([float(frame_times(chain, trace)[frame])], seconds))[0]


def _mel_seconds(chain: Chain, trace: ScoreTrace) -> float:
    """Length of the window that the branches read; of one that listens, where there is one."""
    trained = [recorded(chain, branch.model).options["branch"] for branch in trace.branches]
    listening = [settings for settings in trained if "mel" in settings["streams"]]
    return float((listening or trained)[0]["mel"]["seconds"])
