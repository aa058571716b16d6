"""The MLflow run of a whole run of the workflow: parent of its trainings, and where its final scores stand.

A run of the workflow is known by the variable AFFECTFLOW_RUN. The first of its jobs that has something to log begins
the parent; a file in the folder of the ledger tells the others.
"""

import fcntl
import json
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any, Literal

from affectflow.artifacts import ledger
from affectflow.core.advice import affectflow
from affectflow.tracking.store import client, experiment_id, within

if TYPE_CHECKING:
    from mlflow.tracking import MlflowClient

VARIABLE = "AFFECTFLOW_RUN"
TAG = "affectflow.workflow"
Status = Literal["FINISHED", "FAILED", "KILLED"]

_SECONDS = 30.0


def current_workflow() -> str | None:
    """The run of the workflow that this process belongs to."""
    return os.environ.get(VARIABLE) or None


def join_workflow_run(
    api: "MlflowClient", experiment: str, workflow: str, tags: Mapping[str, str], folder: Path = ledger.FOLDER
) -> str:
    """The id of the parent run of `workflow`, which is begun where nobody has begun it yet.

    Args:
        api: of the store.
        experiment: its name; made where it does not exist.
        workflow: the value of AFFECTFLOW_RUN.
        tags: of a run that is begun.
        folder: where the jobs of a workflow run leave word for each other.
    """
    with _open_note(folder, workflow) as note:
        note.pop("status", None)  # it goes on, perhaps after it had failed
        return _join(api, experiment, workflow, tags, note)


def close_workflow_run(folder: Path, run: str, status: Status) -> str | None:
    """End the parent run of the workflow run `run`, if one was begun. Takes half a minute at most and never raises.

    Where the store does not answer, the status is kept in the file, for `affectflow sync-mlflow`.

    Args:
        folder: where the jobs of a workflow run leave word for each other.
        run: the value of AFFECTFLOW_RUN.
        status: how the workflow run ended.

    Returns:
        What went wrong, None where nothing did.
    """
    if not _path(folder, run).exists():
        return None
    failure = within(_SECONDS, lambda: _close(folder, run, status))
    return None if failure is None else f"MLflow: {failure}; call `{affectflow('sync-mlflow')}` later"


def ended_workflow_run(
    api: "MlflowClient", experiment: str, workflow: str, tags: Mapping[str, str], folder: Path = ledger.FOLDER
) -> str:
    """The same for a workflow run that may have ended long ago: found, or begun and ended."""
    if _path(folder, workflow).exists():
        with _open_note(folder, workflow) as note:
            return _join(api, experiment, workflow, tags, note)
    number = experiment_id(api, experiment)
    if earlier_run := _find(api, number, workflow):
        return earlier_run
    run = _begin(api, number, workflow, tags)
    api.set_terminated(run, "FINISHED")
    return run


def unclosed(folder: Path) -> dict[str, Status]:
    """Workflow runs that have ended and whose parent run could not be told so: how each ended."""
    notes = {path: _parse_note(path.read_text(encoding="utf-8")) for path in sorted(folder.glob("mlflow-*.json"))}
    return {
        path.stem.removeprefix("mlflow-"): note["status"]
        for path, note in notes.items()
        if note.get("status") and note.get("run_id")
    }


def _join(api: "MlflowClient", experiment: str, workflow: str, tags: Mapping[str, str], note: dict[str, Any]) -> str:
    if note.get("run_id") is None or (note["uri"], note["experiment"]) != (api.tracking_uri, experiment):
        number = experiment_id(api, experiment)
        run = _find(api, number, workflow)
        if run is None:
            run = _begin(api, number, workflow, tags)
        else:
            api.update_run(run, status="RUNNING")
        note |= {"uri": api.tracking_uri, "experiment": experiment, "run_id": run}
    return str(note["run_id"])


def _close(folder: Path, run: str, status: Status) -> None:
    with _open_note(folder, run) as note:
        note["status"] = status
    if note.get("run_id") is not None:
        client(note["uri"]).set_terminated(note["run_id"], status)
        _path(folder, run).unlink()


def _find(api: "MlflowClient", number: str, workflow: str) -> str | None:
    runs = api.search_runs([number], f"tags.`{TAG}` = '{workflow}'", max_results=1)
    return runs[0].info.run_id if runs else None


def _begin(api: "MlflowClient", number: str, workflow: str, tags: Mapping[str, str]) -> str:
    name = f"workflow {datetime.now(UTC):%Y-%m-%d %H:%M} UTC"
    run: str = api.create_run(number, run_name=name, tags={**tags, TAG: workflow}).info.run_id
    return run


@contextmanager
def _open_note(folder: Path, workflow: str) -> Iterator[dict[str, Any]]:
    """What the jobs of a workflow run know of its parent run; changes are written. One job at a time."""
    folder.mkdir(parents=True, exist_ok=True)
    with _path(folder, workflow).open("a+", encoding="utf-8") as stream:
        fcntl.flock(stream, fcntl.LOCK_EX)
        note = _read_from(stream)
        before = dict(note)
        yield note
        if note != before:
            stream.truncate(0)
            stream.write(json.dumps(note))


def _read_from(stream: IO[str]) -> dict[str, Any]:
    stream.seek(0)
    return _parse_note(stream.read())


def _parse_note(text: str) -> dict[str, Any]:
    try:
        note = json.loads(text)
    except json.JSONDecodeError:  # empty: begun by a job that found no store
        return {}
    return note if isinstance(note, dict) else {}


def _path(folder: Path, workflow: str) -> Path:
    return folder / f"mlflow-{workflow}.json"
