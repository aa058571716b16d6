"""The final scores in the MLflow run of the workflow run that made them, with links to the trainings behind them."""

import json
import re
import time
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from affectflow.artifacts.record import read_record, record_path
from affectflow.core.errors import InputError
from affectflow.tracking.store import experiment_id, log_steps, log_tags
from affectflow.tracking.tags import place_tags, prefixed, record_tags
from affectflow.tracking.workflow_run import ended_workflow_run, join_workflow_run

if TYPE_CHECKING:
    from mlflow.tracking import MlflowClient

_NAME = "final scores"


def describe_scores(
    metrics: Path,
    table: Path,
    held_out: Path | None,
    trainings: Mapping[str, Path],
    experiment: str,
    place: str,
    workflow: str | None,
) -> dict[str, Any]:
    """All that is logged, as JSON can hold it: `log_scores` needs nothing else, then or later.

    Args:
        metrics: what score.py wrote as JSON.
        table: the validation table.
        held_out: the demo's score on its test split.
        trainings: run.json of every branch.
        experiment: its name.
        place: `<corpus>/<system>/<track>`.
        workflow: the run of the workflow, where there is one.

    Raises:
        InputError: a file is damaged.
    """
    record = read_record(record_path(metrics)) if record_path(metrics).exists() else None
    return {
        "experiment": experiment,
        "place": place,
        "workflow": workflow,
        "time": int(time.time() * 1000),
        "scores": logged_scores(metrics, held_out, place),
        "tags": record_tags(record) if record is not None else {},
        "trainings": {branch: {"file": path.as_posix(), "run": _run_of(path)} for branch, path in trainings.items()},
        "table": {"name": table.name, "text": table.read_text(encoding="utf-8")},
    }


def logged_scores(metrics: Path, held_out: Path | None, place: str) -> dict[str, float]:
    """The scores by the names of MLflow's metrics; arguments as those of `describe_scores`."""
    return _validation(metrics, place) | (_held_out(held_out, place) if held_out is not None else {})


def open_scores(api: "MlflowClient", description: Mapping[str, Any], ended: bool = False) -> str:
    """The run that the scores belong to: the workflow run's, else one of their own.

    Args:
        api: of the store.
        description: what `describe_scores` gave.
        ended: whether the workflow run may have ended.
    """
    tags, experiment = place_tags(description["place"]), description["experiment"]
    if description["workflow"] is not None:
        join = ended_workflow_run if ended else join_workflow_run
        return join(api, experiment, description["workflow"], tags)
    run: str = api.create_run(experiment_id(api, experiment), run_name=_NAME, tags=tags).info.run_id
    return run


def log_scores(api: "MlflowClient", run: str, description: Mapping[str, Any]) -> None:
    """Log the scores to a run; twice is once."""
    runs = {branch: training["run"] for branch, training in description["trainings"].items()}
    links = prefixed({f"run.{branch}": run for branch, run in runs.items() if run is not None})
    log_tags(api, run, {**description["tags"], **links})
    log_steps(api, run, [(0, description["time"], description["scores"])])
    api.log_text(run, description["table"]["text"], description["table"]["name"])
    if description["workflow"] is None:
        api.set_terminated(run, "FINISHED")


def linked_anew(description: Mapping[str, Any]) -> dict[str, Any]:
    """The description, with the runs that the trainings have now."""
    trainings = {
        branch: {"file": training["file"], "run": _run_of(Path(training["file"])) or training["run"]}
        for branch, training in description["trainings"].items()
    }
    return {**description, "trainings": trainings}


def metric_name(title: str) -> str:
    """A method's title as part of a metric's name: `Audio + Visual (F + BCF)` is `audio_visual_f_bcf`."""
    return re.sub(r"\W+", "_", title.lower()).strip("_")


def _validation(metrics: Path, place: str) -> dict[str, float]:
    """`<track>.validation.<method>.<score>`, of a file `{method: {score: number}}`."""
    return {
        f"{_track(place)}.validation.{metric_name(method)}.{name}": float(value)
        for method, scores in _read_json(metrics).items()
        for name, value in scores.items()
    }


def _held_out(path: Path, place: str) -> dict[str, float]:
    """`<track>.test.<method>.<score>` of the demo's test split."""
    values = _read_json(path)
    numbers = {name: value for name, value in values.items() if isinstance(value, int | float) and value is not True}
    method = metric_name(values["method"])
    return {f"{_track(place)}.test.{method}.{name}": float(value) for name, value in numbers.items()}


def _track(place: str) -> str:
    return place.rpartition("/")[2]


def _run_of(path: Path) -> str | None:
    return _read_json(path).get("mlflow_run") if path.exists() else None


def _read_json(path: Path) -> dict[str, Any]:
    try:
        values = json.loads(path.read_text(encoding="utf-8"))
    except json.JSONDecodeError as error:
        raise InputError(f"{path}: not JSON ({error}); delete it and run again") from error
    return dict(values)
