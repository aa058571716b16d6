"""MLflow, so that it can never slow down or cost a training.

All calls are made in order by one thread. What fails is said once; the training goes on, and every number it
would have logged is in metrics.csv and run.json beside the model.
"""

import os
import queue
import sys
import threading
import time
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from mlflow.tracking import MlflowClient

_END_SECONDS = 30.0


def _client(uri: str) -> "MlflowClient":
    # The client's defaults try for minutes; a training must not wait for a server that is not there.
    os.environ.setdefault("MLFLOW_HTTP_REQUEST_MAX_RETRIES", "2")
    os.environ.setdefault("MLFLOW_HTTP_REQUEST_TIMEOUT", "10")
    os.environ.setdefault("MLFLOW_SUPPRESS_PRINTING_URL_TO_STDOUT", "true")
    from mlflow.tracking import MlflowClient

    return MlflowClient(tracking_uri=uri)


def init_store(uri: str) -> None:
    """Create or upgrade the tracking store, so that training jobs that start at once find it ready.

    Raises:
        Exception: of MLflow, where the store cannot be opened.
    """
    _client(uri).search_experiments(max_results=1)


class Tracker:
    """One MLflow run. Every method returns at once."""

    def __init__(self, uri: str, experiment: str, name: str, run_id: str | None = None) -> None:
        """
        Args:
            uri: tracking store.
            experiment: made where it does not exist.
            name: of the run.
            run_id: an interrupted run to go on with.
        """
        self.uri, self.experiment = uri, experiment
        self.run_id = run_id
        self._name = name
        self._api: MlflowClient | None = None
        self._failed: str | None = None
        self._calls: queue.SimpleQueue[Callable[[MlflowClient, str], object] | None] = queue.SimpleQueue()
        self._thread = threading.Thread(target=self._work, name="mlflow", daemon=True)
        self._thread.start()

    def on_open(self, call: Callable[[str], object]) -> None:
        """Call with the run's id as soon as there is one."""
        self._calls.put(lambda api, run: call(run))

    def params(self, values: Mapping[str, Any]) -> None:
        """Log settings, nested ones under dotted names."""
        flat = dict(_flatten(values))
        self._calls.put(lambda api, run: _log_params(api, run, flat))

    def tags(self, values: Mapping[str, str]) -> None:
        """Log what finds the run."""
        self._calls.put(lambda api, run: [api.set_tag(run, key, value) for key, value in values.items()])

    def metrics(self, values: Mapping[str, float], step: int) -> None:
        """Log numbers of an epoch."""
        now = int(time.time() * 1000)
        self._calls.put(lambda api, run: _log_metrics(api, run, values, now, step))

    def close(self, status: str = "FINISHED") -> str | None:
        """End the run; waits for what is still to be logged, at most half a minute.

        Returns:
            What went wrong, None where nothing did.
        """
        self._calls.put(lambda api, run: api.set_terminated(run, status))
        self._calls.put(None)
        self._thread.join(_END_SECONDS)
        if self._thread.is_alive():
            self._fail(TimeoutError(f"no answer within {_END_SECONDS:.0f} s"))
        return self._failed

    def _work(self) -> None:
        try:
            self._api = _client(self.uri)
            self.run_id = self._open(self._api)
        # Whatever an unreachable store raises, from any of its many libraries, must not end a training.
        except Exception as error:
            self._fail(error)
        while (call := self._calls.get()) is not None:
            if self._failed is None and self._api is not None and self.run_id is not None:
                try:
                    call(self._api, self.run_id)
                except Exception as error:
                    self._fail(error)

    def _open(self, api: "MlflowClient") -> str:
        if self.run_id is not None:
            api.update_run(self.run_id, status="RUNNING")
            return self.run_id
        found = api.get_experiment_by_name(self.experiment)
        number = found.experiment_id if found is not None else _create_experiment(api, self.experiment)
        run: str = api.create_run(number, run_name=self._name).info.run_id
        return run

    def _fail(self, error: Exception) -> None:
        if self._failed is None:
            self._failed = str(error).splitlines()[0] if str(error) else type(error).__name__
            print(
                f"warning: MLflow at {self.uri} does not answer ({self._failed}); training goes on, its figures "
                "are kept beside the model in metrics.csv",
                file=sys.stderr,
            )


def _create_experiment(api: "MlflowClient", name: str) -> str:
    from mlflow.exceptions import MlflowException

    try:
        number: str = api.create_experiment(name)
    except MlflowException:
        found = api.get_experiment_by_name(name)
        if found is None:
            raise
        number = found.experiment_id  # another job was first
    return number


def _log_params(api: "MlflowClient", run: str, values: Mapping[str, str]) -> None:
    from mlflow.entities import Param

    api.log_batch(run, params=[Param(key, value) for key, value in values.items()])


def _log_metrics(api: "MlflowClient", run: str, values: Mapping[str, float], now: int, step: int) -> None:
    from mlflow.entities import Metric

    api.log_batch(run, metrics=[Metric(key, value, now, step) for key, value in values.items()])


def _flatten(values: Mapping[str, Any], above: str = "") -> list[tuple[str, str]]:
    flat: list[tuple[str, str]] = []
    for key, value in values.items():
        name = f"{above}{key}"
        flat += _flatten(value, f"{name}.") if isinstance(value, Mapping) else [(name, str(value))]
    return flat
