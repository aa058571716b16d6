"""What was found of a traced subject in its frame."""

from typing import Any, Literal

from affectflow.artifacts.schemas import BODY, FACES
from affectflow.artifacts.tables import read_arrow, read_parquet, spans
from affectflow.lineage.chain import Chain
from affectflow.report.moment import subject_rows
from affectflow.report.score_trace import ScoreTrace

Row = dict[str, Any]


def frame_row(chain: Chain, trace: ScoreTrace, kind: Literal["faces", "body"]) -> Row | None:
    """The frame's row of FACES or BODY; None where the system looks for none.

    Raises:
        InputError: the artifact is missing, damaged or does not belong to the subject.
    """
    if kind not in trace.files:
        return None
    path = chain.folder / trace.files[kind]
    table = read_arrow(path, FACES) if kind == "faces" else read_parquet(path, BODY)
    rows = subject_rows(table, spans(table.column("subject")), trace.subject, trace.frames, kind)
    row: Row = rows.slice(trace.frame, 1).to_pylist()[0]
    return row


def seen(row: Row | None) -> str:
    """What a row says, in words."""
    return "not looked for" if row is None else "found" if row["found"] else "not found"
