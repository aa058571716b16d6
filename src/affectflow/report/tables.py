"""Result tables as CSV and JSON: fixed columns, fixed digits, the same bytes for the same numbers."""

import csv
import io
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from affectflow.artifacts.atomic import write_text
from affectflow.config.systems import Method
from affectflow.errors import InputError
from affectflow.report.scores import Score

VALIDATION_COLUMNS = (
    "method",
    "ccc_valence",
    "ccc_arousal",
    "total",
    "frames",
    "subjects",
    "weights",
    "paper_ccc_valence",
    "paper_ccc_arousal",
    "paper_total",
    "corpus",
)
_PAPER = ("ccc_valence", "ccc_arousal", "total")


def validation_table(scores: Mapping[str, Score], methods: Mapping[str, Method], corpus: str) -> str:
    """Table 2 of paper 000 as CSV text: a row a method, in the order of `methods`; ours, then the paper's
    figures.

    `corpus` names what was scored; the paper's figures are of Aff-Wild2 and can be compared with no other.

    Raises:
        InputError: a method has no score.
    """
    text = io.StringIO()
    table = csv.writer(text, lineterminator="\n")
    table.writerow(VALIDATION_COLUMNS)
    for title, method in methods.items():
        score = _score_of(title, scores)
        ours = [validation_cell(score, column) for column in _PAPER]
        paper = [f"{method.paper[name]:.3f}" if name in method.paper else "" for name in _PAPER]
        table.writerow([title, *ours, score.frames, score.subjects, score.weights, *paper, corpus])
    return text.getvalue()


def validation_cell(score: Score, column: str) -> str | None:
    """The digits of a score in the table; None for a column that holds no score of ours."""
    return f"{getattr(score, column):z.4f}" if column in _PAPER else None


def validation_metrics(scores: Mapping[str, Score], methods: Mapping[str, Method]) -> str:
    """The same scores as JSON text for DVC: `{"track1": {"validation": {method: {…}}}}`."""
    rows = {title: metrics(_score_of(title, scores)) for title in methods}
    return as_json({"track1": {"validation": rows}})


def write_validation(
    scores: Mapping[str, Score], methods: Mapping[str, Method], corpus: str, table: Path, metrics_file: Path
) -> None:
    """Write the validation table and the metrics file."""
    write_text(table, validation_table(scores, methods, corpus))
    write_text(metrics_file, validation_metrics(scores, methods))


def metrics(score: Score) -> dict[str, float | int]:
    """A score as numbers by name, six decimals."""
    return {
        "ccc_valence": round(score.ccc_valence, 6) + 0.0,
        "ccc_arousal": round(score.ccc_arousal, 6) + 0.0,
        "total": round(score.total, 6) + 0.0,
        "frames": score.frames,
        "subjects": score.subjects,
    }


def as_json(values: dict[str, Any]) -> str:
    """Indented JSON text with a final newline."""
    return json.dumps(values, indent=2, ensure_ascii=False) + "\n"


def _score_of(title: str, scores: Mapping[str, Score]) -> Score:
    if title not in scores:
        raise InputError(f"method {title!r} has no score; scored are {', '.join(map(repr, scores))}: fuse again")
    return scores[title]
