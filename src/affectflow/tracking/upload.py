"""Log a training that has ended from the files in its folder: all that its MLflow run has not yet.

The one way in which a run becomes whole, at the end of a training and by `affectflow sync-mlflow` days later.
"""

import csv
import json
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from affectflow.artifacts.layout import METRICS, MODEL, RUN_NOTES
from affectflow.artifacts.record import read_record, record_path
from affectflow.models.folder import Kind, read_described
from affectflow.tracking.model import log_model
from affectflow.tracking.pictures import AGREEMENT, CURVES
from affectflow.tracking.store import flat, log_params, log_steps, log_tags, logged_steps
from affectflow.tracking.tags import place_tags, prefixed, record_tags

if TYPE_CHECKING:
    from mlflow.tracking import MlflowClient

LOGGED = "frames_per_second"
"""A metric of every epoch, which tells whether the epoch was logged: of a diverged training the scores are none."""

_KEPT = "kept_"
"""Before the names of a kept epoch's metrics, of which `kept_epoch` is always a number."""


def params_of(kind: Kind, name: str, fixed: Mapping[str, Any]) -> dict[str, str]:
    """The settings of a training as MLflow's parameters.

    Args:
        kind: what is trained.
        name: of the branch or pre-training.
        fixed: what its result follows from: its settings (under the kind's name), `seed`, `precision`, `threads`.
    """
    return flat({f"{kind}_name": name, **{key: fixed[key] for key in (kind, "seed", "precision", "threads")}})


def registered_name(place: str | None, branch: str) -> str | None:
    """`<system>.<track>.<branch>`."""
    return None if place is None else ".".join([*place.split("/")[1:], branch])


def epoch_metrics(row: Mapping[str, float | int], note: Mapping[str, float | int]) -> dict[str, float]:
    """What is logged of an epoch: losses, scores, learning rate, throughput."""
    values = {name: float(value) for name, value in row.items() if name not in ("epoch", "steps")}
    return values | {"frames_per_second": float(note["frames_per_second"])}


def upload(api: "MlflowClient", run: str, folder: Path) -> None:
    """Log all that the run `run` lacks of the training in `folder`, and end it.

    Raises:
        InputError: a file of the folder is damaged.
        Exception: of MLflow, where the store does not answer or refuses.
    """
    run_notes = json.loads((folder / RUN_NOTES).read_text(encoding="utf-8"))
    kind, description = read_described(folder)
    with (folder / METRICS).open(encoding="utf-8", newline="") as stream:
        rows = [{name: float(value) for name, value in row.items()} for row in csv.DictReader(stream)]
    name, seed, place = description[kind], description["seed"], run_notes["place"]
    record = read_record(record_path(folder / MODEL)) if record_path(folder / MODEL).exists() else None
    tags = place_tags(place) | prefixed({kind: name, "seed": str(seed), "device": run_notes["device"]})
    tags |= record_tags(record) if record is not None else {}
    log_params(api, run, params_of(kind, name, {**run_notes, kind: description["settings"], "seed": seed}))
    log_tags(api, run, tags)
    logged_epochs = logged_steps(api, run, LOGGED)
    notes = run_notes["by_epoch"]
    steps = [
        (int(row["epoch"]), int(note["time"]), epoch_metrics(row, note))
        for row, note in zip(rows, notes, strict=True)
        if int(row["epoch"]) not in logged_epochs
    ]
    log_steps(api, run, steps)
    if not any(name.startswith(_KEPT) for name in api.get_run(run).data.metrics):
        log_steps(api, run, _kept_metrics(description["kept"], notes))
    for picture in (CURVES, AGREEMENT):
        api.log_artifact(run, str(folder / picture), "pictures")
    if record is not None:
        api.log_artifact(run, str(record_path(folder / MODEL)), "records")
    if kind == "branch":  # a pre-training predicts no video: its weights go on in a branch's model
        log_model(api, run, folder, description, registered_name(place, name), tags)
    api.set_terminated(run, "FINISHED")


def _kept_metrics(kept_rows: Any, notes: list[dict[str, Any]]) -> list[tuple[int, int, dict[str, float]]]:
    """What is logged of the kept epoch, at the last one; of several kept epochs each at its own."""
    last = len(notes)
    rows = [(int(row["epoch"]), row) for row in kept_rows] if isinstance(kept_rows, list) else [(last, kept_rows)]
    return [
        (step, int(notes[step - 1]["time"]), {f"{_KEPT}{name}": value for name, value in row.items()})
        for step, row in rows
    ]
