"""What was found of a traced subject in its frame, or in the frames of its clip."""

from typing import Any, Literal

import pyarrow as pa

from affectflow.artifacts.schemas import BODY, FACES
from affectflow.artifacts.tables import as_flags, read_arrow, read_parquet, spans
from affectflow.lineage.chain import Chain
from affectflow.report.drawing.moment import subject_rows
from affectflow.report.trace.score_trace import ScoreTrace

Row = dict[str, Any]
Kind = Literal["faces", "body"]


def frame_row(chain: Chain, trace: ScoreTrace, kind: Kind, frame: int) -> Row | None:
    """The row of FACES or BODY of one of the subject's frames; None where the system looks for none.

    Raises:
        InputError: the artifact is missing, damaged or does not belong to the subject.
    """
    rows = _rows(chain, trace, kind)
    if rows is None:
        return None
    row: Row = rows.slice(frame, 1).to_pylist()[0]
    return row


def describe_detection(chain: Chain, trace: ScoreTrace, kind: Kind) -> str:
    """Whether a face or body was found in the frame, or in how many frames of the clip, in words.

    Raises:
        InputError: as `frame_row`.
    """
    if trace.frame is not None:
        return describe_row(frame_row(chain, trace, kind, trace.frame))
    rows = _rows(chain, trace, kind)
    return (
        describe_row(None)
        if rows is None
        else f"found in {int(as_flags(rows['found']).sum())} of {trace.frames} frames"
    )


def _rows(chain: Chain, trace: ScoreTrace, kind: Kind) -> pa.Table | None:
    """The subject's rows of FACES or BODY, one a frame; None where the system looks for none."""
    if kind not in trace.files:
        return None
    path = chain.folder / trace.files[kind]
    table = read_arrow(path, FACES) if kind == "faces" else read_parquet(path, BODY)
    return subject_rows(table, spans(table.column("subject")), trace.subject, trace.frames, kind)


def describe_row(row: Row | None) -> str:
    """What a row says, in words."""
    return "not looked for" if row is None else "found" if row["found"] else "not found"
