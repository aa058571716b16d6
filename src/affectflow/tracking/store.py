"""MLflow's store: what this project asks of it, through its client alone and never through its global state."""

import fcntl
import logging
import math
import os
import re
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from affectflow.config.project import SQLITE
from affectflow.config.secrets import masked
from affectflow.tracking.moved import ARTIFACTS, settle

if TYPE_CHECKING:
    from mlflow.tracking import MlflowClient

# MLflow refuses larger batches and longer values.
_PARAMS, _METRICS, _CHARACTERS = 100, 1000, 6000

DEFAULTS = {
    # Its own would try for minutes; nothing here may wait for a server that is not there.
    "MLFLOW_HTTP_REQUEST_MAX_RETRIES": "2",
    "MLFLOW_HTTP_REQUEST_BACKOFF_FACTOR": "1",
    "MLFLOW_HTTP_REQUEST_TIMEOUT": "10",
    "MLFLOW_SUPPRESS_PRINTING_URL_TO_STDOUT": "true",
    "MLFLOW_LOGGING_LEVEL": "WARNING",
    "MLFLOW_ENABLE_ARTIFACTS_PROGRESS_BAR": "false",
}

QUIET = {"MLFLOW_DISABLE_TELEMETRY": "true", "DO_NOT_TRACK": "true"}
"""Environment in which nobody but the store hears of a run."""

_KIND = "mlflow.experimentKind", "custom_model_development"
"""Tag by which MLflow tells experiments with trainings from those with traces of language models."""


def client(uri: str) -> "MlflowClient":
    """A client of the store at `uri` that gives up within half a minute where nobody answers."""
    for name, value in {**DEFAULTS, **QUIET}.items():
        os.environ.setdefault(name, value)
    # Each of its retries would be a line; who calls the client says once what went wrong.
    logging.getLogger("urllib3.connectionpool").setLevel(logging.ERROR)
    from mlflow.tracking import MlflowClient

    # It makes the tables of a store that has none as soon as it is built: two that do so at once break it.
    with _alone(uri):
        return MlflowClient(tracking_uri=uri, registry_uri=uri)


@contextmanager
def _alone(uri: str) -> Iterator[None]:
    """While no other process of this machine opens the same SQLite store; at once for any other store."""
    file = uri.removeprefix(SQLITE)
    if file == uri:
        yield
        return
    with Path(f"{file}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        settle(Path(file))
        yield


def init_store(uri: str, seconds: float = 120.0) -> str | None:
    """Create or upgrade a tracking store, as building its client does.

    Returns:
        What went wrong, None where nothing did.
    """
    return within(seconds, lambda: client(uri))


def within(seconds: float, call: Callable[[], object]) -> str | None:
    """Make a call of MLflow that may fail or hang, and wait for it so long at most.

    Returns:
        What went wrong, None where nothing did.
    """
    failures: list[str] = []

    def work() -> None:
        try:
            call()
        # Whatever a store raises, from any of its many libraries: tracking never costs a result.
        except Exception as error:
            failures.append(first_line(error))

    # A thread that can be left behind: a database's driver may wait for many minutes.
    thread = threading.Thread(target=work, name="mlflow", daemon=True)
    thread.start()
    thread.join(seconds)
    if thread.is_alive():
        return f"no answer within {seconds:.0f} s"
    return failures[0] if failures else None


def experiment_id(api: "MlflowClient", name: str) -> str:
    """The number of the experiment `name`, which is made where it does not exist."""
    from mlflow.exceptions import MlflowException

    experiment = api.get_experiment_by_name(name)
    if experiment is not None:
        if _KIND[0] not in experiment.tags:
            api.set_experiment_tag(experiment.experiment_id, *_KIND)
        return str(experiment.experiment_id)
    try:
        place = _artifacts(api.tracking_uri, name)
        return str(api.create_experiment(name, artifact_location=place, tags=dict([_KIND])))
    except MlflowException:
        experiment = api.get_experiment_by_name(name)
        if experiment is None:
            raise
        return str(experiment.experiment_id)  # another job was first


def flat(values: Mapping[str, Any], above: str = "") -> dict[str, str]:
    """Nested settings as texts under dotted names."""
    texts: dict[str, str] = {}
    for key, value in values.items():
        name = f"{above}{key}"
        texts |= flat(value, f"{name}.") if isinstance(value, Mapping) else {name: str(value)[:_CHARACTERS]}
    return texts


def log_params(api: "MlflowClient", run: str, values: Mapping[str, str]) -> None:
    """Log those settings that the run has not."""
    from mlflow.entities import Param

    logged = api.get_run(run).data.params
    new = [Param(key, value) for key, value in values.items() if key not in logged]
    for first in range(0, len(new), _PARAMS):
        api.log_batch(run, params=new[first : first + _PARAMS])


def log_tags(api: "MlflowClient", run: str, values: Mapping[str, str]) -> None:
    """Set tags."""
    from mlflow.entities import RunTag

    api.log_batch(run, tags=[RunTag(key, value) for key, value in values.items()])


def log_steps(api: "MlflowClient", run: str, steps: Sequence[tuple[int, int, Mapping[str, float]]]) -> None:
    """Log metrics of (step, time in ms, values by name), many steps a request and never half a step.

    Values that are not finite become tags `affectflow.not_finite.<name>`, such as `inf at 3, nan at 4`: MLflow's stores
    have no infinity, and would hold the largest float in its place, which leads every comparison.
    """
    from mlflow.entities import Metric

    _tag_others(api, run, steps)
    batches: list[list[Any]] = [[]]
    for step, time, values in steps:
        metrics = [Metric(key, float(value), time, step) for key, value in values.items() if math.isfinite(value)]
        if len(batches[-1]) + len(metrics) > _METRICS:
            batches.append([])
        batches[-1] += metrics
    for batch in batches:
        if batch:
            api.log_batch(run, metrics=batch)


def _tag_others(api: "MlflowClient", run: str, steps: Sequence[tuple[int, int, Mapping[str, float]]]) -> None:
    not_finite: dict[str, list[str]] = {}
    for step, _, values in steps:
        for key, value in values.items():
            if not math.isfinite(value):
                not_finite.setdefault(f"affectflow.not_finite.{key}", []).append(f"{float(value)} at {step}")
    if not not_finite:
        return
    tags = api.get_run(run).data.tags
    merged = {key: [*filter(None, tags.get(key, "").split(", ")), *new] for key, new in not_finite.items()}
    log_tags(api, run, {key: ", ".join(dict.fromkeys(remarks))[:_CHARACTERS] for key, remarks in merged.items()})


def logged_steps(api: "MlflowClient", run: str, name: str) -> set[int]:
    """Steps at which a metric was logged."""
    return {metric.step for metric in api.get_metric_history(run, name)}


def first_line(error: Exception) -> str:
    """What went wrong, in one line, without secrets of an address that it repeats."""
    return masked((str(error).strip().splitlines() or [type(error).__name__])[0])[:300]


def _artifacts(uri: str, experiment: str) -> str | None:
    """Where artifacts of a new experiment go: beside the file of a SQLite store, else where the server says."""
    file = uri.removeprefix(SQLITE)
    if file == uri:
        return None
    folder = re.sub(r"[^\w-]+", "-", experiment)
    return str(Path(file).absolute().parent / ARTIFACTS / folder)
