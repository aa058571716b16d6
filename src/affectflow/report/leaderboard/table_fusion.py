"""How the scores of a table were fused, from its record."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from affectflow.artifacts.layout import LEADERBOARD_ENTRIES
from affectflow.artifacts.record import Record
from affectflow.core.errors import InputError
from affectflow.fusion.late_fusion import FusedMethod, read_validated, read_weights
from affectflow.lineage.chain import Chain
from affectflow.report.leaderboard.board import split_key


@dataclass(frozen=True)
class Fusion:
    """What a table's scores were fused from."""

    split: str
    method: str
    weights: Path
    predictions: dict[str, Path]
    labels: Path | None
    fused: FusedMethod


def fusion_of(chain: Chain, table: str, method: str | None) -> Fusion:
    """How the scores of a table were fused.

    Args:
        chain: the records.
        table: a table of test scores (its record names the method) or of validation scores, a system's entry, or the
            leaderboard.
        method: row of the validation table or of the entry; of the leaderboard its `row`, which names the entry.

    Raises:
        InputError: the file has no record or is no such table, or the method is not in it.
    """
    record = recorded(chain, table)
    if record.rule == "leaderboard":
        entry, title = entry_of(record, method)
        return fusion_of(chain, entry, title)
    if record.rule in ("submit", "submit_utterances", "submit_clips"):
        test = recorded(chain, str(record.options["fused"]))
        options, fused_title, split, labels = test.options, str(test.options["method"]), "test", None
        if method not in (None, fused_title):
            raise InputError(f"{table}: holds the scores of {fused_title!r}, not of {method!r}")
    elif record.rule in ("score", "leaderboard_entry"):
        options, split, labels = record.options, "validation", Path(record.options["labels"])
        methods = list(read_validated(chain.folder / options["weights"]))
        if method not in methods:
            raise InputError(f"{table}: --row {method!r}: expected one of {', '.join(map(repr, methods))}")
        fused_title = str(method)
    else:
        made_by = "submit, score, leaderboard_entry or leaderboard"
        raise InputError(f"{table}: was made by {record.rule}; expected a table of scores, by {made_by}")
    weights = chain.folder / str(options["weights"])
    fused_method = read_weights(weights)[fused_title]
    paths = {branch: chain.folder / path for branch, path in prediction_paths(options).items()}
    return Fusion(split, fused_title, weights, {b: paths[b] for b in fused_method.branches}, labels, fused_method)


def entry_of(leaderboard: Record, row: str | None) -> tuple[str, str]:
    """The entry that a row of the leaderboard was read from, and its method.

    Raises:
        InputError: the leaderboard was made from no such entry.
    """
    entry, method = split_key(row or "")
    known_paths = [item.path for item in leaderboard.inputs if item.path.startswith(f"{LEADERBOARD_ENTRIES}/")]
    if entry not in known_paths:
        raise InputError(
            f"{leaderboard.artifact.path}: --row {row!r}: expected <corpus>/<system>/<track>/<method>, as in its "
            f"column row; it was made from {', '.join(known_paths)}"
        )
    return entry, method


def prediction_paths(options: Mapping[str, Any]) -> dict[str, str]:
    """Predictions by branch, from a job's option `--prediction BRANCH=PATH`, once or more."""
    return named_paths(options["prediction"])


def named_paths(values: str | Sequence[str]) -> dict[str, str]:
    """Paths by name, from a job's option `NAME=PATH`, once or more."""
    return dict(text.split("=", 1) for text in ([values] if isinstance(values, str) else values))


def recorded(chain: Chain, name: str) -> Record:
    """The record of an artifact; InputError where there is none."""
    record = chain.record(name)
    if record is None:
        raise InputError(f"{name}: has no record beside it: no job of the workflow made it")
    return record


def predicted(chain: Chain, name: str) -> Record:
    """The record of the job that predicted the frames or clips behind a table of predictions, be it of these, smoothed
    or not, or of utterances."""
    record = recorded(chain, name)
    return predicted(chain, str(record.options["predictions"])) if record.rule in ("utterances", "smooth") else record
