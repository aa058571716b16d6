"""`affectflow sync-mlflow`: log to MLflow what could not be logged when it was made."""

import argparse
import json
import sys
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from affectflow.artifacts import ledger
from affectflow.artifacts.layout import MODELS, RUN_NOTES, track_result
from affectflow.artifacts.record import Tracked, read_record, record_path
from affectflow.artifacts.rewrite import rewrite
from affectflow.cli.main import settings_of, settings_option
from affectflow.config.system.load import load_run
from affectflow.core.advice import affectflow
from affectflow.core.errors import InputError
from affectflow.tracking.store import client, first_line
from affectflow.tracking.workflow_run import close_workflow_run, unclosed

if TYPE_CHECKING:
    from mlflow.tracking import MlflowClient


@dataclass(frozen=True)
class _Kind:
    """A kind of file that notes what was logged, by the names of its keys."""

    uri: str
    run: str
    failure: str
    is_complete: Callable[[dict[str, Any]], bool]
    """Whether all was logged."""
    log: Callable[["MlflowClient", Path, dict[str, Any], str | None], str]
    """Log what the file tells, to an earlier run where one is given; returns the run."""


def add_options(options: argparse.ArgumentParser) -> None:
    settings_option(options)


def main(arguments: argparse.Namespace) -> int:
    """Log every training and score of this folder that the tracking store has not, or not whole.

    Raises:
        InputError: the store does not answer, or a file is damaged. What was logged before stays logged.
    """
    uri = load_run(settings_of(arguments)).tracking.uri
    trainings = _Kind("mlflow_uri", "mlflow_run", "mlflow_failure", _training_is_complete, _log_training)
    scores = _Kind("uri", "run", "failure", _scores_are_complete, _log_scores)
    count = _log_all(uri, trainings, sorted(Path(MODELS).rglob(RUN_NOTES)))
    count += _log_all(uri, scores, sorted(Path().glob(track_result("tracked_scores", "?", "json"))))
    failed = False
    for workflow, status in unclosed(ledger.FOLDER).items():
        if failure := close_workflow_run(ledger.FOLDER, workflow, status):
            print(f"run {workflow} of the workflow: {failure}", file=sys.stderr)
            failed = True
    print(f"{count} logged to {uri}" if count else f"nothing to log: {uri} has all that this folder holds")
    return 1 if failed else 0


def _log_all(uri: str, kind: _Kind, files: Iterable[Path]) -> int:
    count = 0
    for path in files:
        values = _read(path)
        if kind.is_complete(values):
            continue
        earlier_run = values.get(kind.run) if values.get(kind.uri) == uri else None
        try:
            run = kind.log(client(uri), path, values, earlier_run)
        except InputError:
            raise
        # Whatever a store raises, from any of its many libraries.
        except Exception as error:
            raise InputError(
                f"MLflow at {uri} cannot log {path}: {first_line(error)}. Start the store, or set tracking.uri, and "
                f"call `{affectflow('sync-mlflow')}` again; nothing is lost"
            ) from error
        values |= {kind.uri: uri, kind.run: run, kind.failure: None}
        rewrite(path, json.dumps(values, indent=1, ensure_ascii=False) + "\n", Tracked(run=run, uri=uri))
        print(f"{path}: logged as run {run}")
        count += 1
    return count


def _log_training(api: "MlflowClient", path: Path, values: dict[str, Any], earlier_run: str | None) -> str:
    from affectflow.artifacts.layout import MODEL
    from affectflow.models.folder import read_described
    from affectflow.tracking.training_run import About, open_training
    from affectflow.tracking.upload import upload

    kind, described = read_described(path.parent)
    record = record_path(path.with_name(MODEL))
    about = About(
        kind=kind,
        name=described[kind],
        seed=described["seed"],
        experiment=values["experiment"],
        place=values["place"],
        code=read_record(record).code if record.exists() else None,
        workflow=values["workflow"],
    )
    run = open_training(api, about, earlier_run, ended=True)
    upload(api, run, path.parent)
    return run


def _log_scores(api: "MlflowClient", path: Path, values: dict[str, Any], earlier_run: str | None) -> str:
    from affectflow.tracking.scores import linked_anew, log_scores, open_scores

    values |= linked_anew(values)
    run = earlier_run or open_scores(api, values, ended=True)
    log_scores(api, run, values)
    return run


def _training_is_complete(values: dict[str, Any]) -> bool:
    untracked = values["mlflow_uri"] is None
    return untracked or (values["mlflow_failure"] is None and values["mlflow_run"] is not None)


def _scores_are_complete(values: dict[str, Any]) -> bool:
    linked = all(training["run"] is not None for training in values["trainings"].values())
    return values["failure"] is None and values["run"] is not None and linked


def _read(path: Path) -> dict[str, Any]:
    try:
        return dict(json.loads(path.read_text(encoding="utf-8")))
    except (TypeError, ValueError) as error:
        raise InputError(f"{path}: not readable ({error}); delete it and run the workflow again") from error
