"""How the scores of a table were fused, from its record."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from affectflow.artifacts.record import Record
from affectflow.errors import InputError
from affectflow.lineage.chain import Chain
from affectflow.training.late_fusion import FusedMethod, read_validated, read_weights


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
        table: a table of test scores (its record names the method) or of validation scores.
        method: row of the validation table.

    Raises:
        InputError: the file has no record or is no such table, or the method is not in it.
    """
    record = recorded(chain, table)
    if record.rule in ("submit", "submit_utterances", "submit_clips"):
        test = recorded(chain, str(record.options["fused"]))
        options, chosen, split, labels = test.options, str(test.options["method"]), "test", None
        if method not in (None, chosen):
            raise InputError(f"{table}: holds the scores of {chosen!r}, not of {method!r}")
    elif record.rule == "score":
        options, split, labels = record.options, "validation", Path(record.options["labels"])
        known = list(read_validated(chain.folder / options["weights"]))
        if method not in known:
            raise InputError(f"{table}: --row {method!r}: expected one of {', '.join(map(repr, known))}")
        chosen = str(method)
    else:
        raise InputError(f"{table}: was made by {record.rule}; expected a table of scores, by submit or score")
    weights = chain.folder / str(options["weights"])
    found = read_weights(weights)[chosen]
    paths = {branch: chain.folder / path for branch, path in prediction_paths(options).items()}
    return Fusion(split, chosen, weights, {b: paths[b] for b in found.branches}, labels, found)


def prediction_paths(options: Mapping[str, Any]) -> dict[str, str]:
    """Predictions by branch, from a job's option `--prediction BRANCH=PATH`, once or more."""
    given = options["prediction"]
    return dict(text.split("=", 1) for text in ([given] if isinstance(given, str) else given))


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
