"""The MLflow run of one training, from before its first epoch to after its last."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from affectflow.artifacts.layout import MODEL
from affectflow.artifacts.record import Code
from affectflow.config.project import SQLITE
from affectflow.core.advice import affectflow
from affectflow.models.folder import Kind
from affectflow.tracking.store import experiment_id, log_params, log_steps, log_tags, logged_steps
from affectflow.tracking.tags import code_tags, git_tags, place_tags, prefixed
from affectflow.tracking.tracker import Call, Tracker
from affectflow.tracking.upload import LOGGED, epoch_metrics, upload
from affectflow.tracking.workflow_run import ended_workflow_run, join_workflow_run

if TYPE_CHECKING:
    from mlflow.tracking import MlflowClient

PARENT = "mlflow.parentRunId"

_OPEN_SECONDS, _END_SECONDS, _BYTES_A_SECOND = 15.0, 30.0, 4 << 20
# A SQLite file that is not there yet is made by the first training that opens it, while others wait: no server that may
# never answer, but a hundred tables.
_MAKE_SECONDS = 120.0


@dataclass(frozen=True)
class About:
    """What a training's run is called and where it stands."""

    kind: Kind
    name: str
    """Of the branch or pre-training."""
    seed: int
    experiment: str
    place: str | None
    """`<corpus>/<system>/<track>`, where known."""
    code: Code | None
    """What the training runs, where known."""
    workflow: str | None
    """The run of the workflow that it belongs to, where it belongs to one."""

    def title(self) -> str:
        """Of the training's run: `<track> <branch> seed <seed>`, of a pre-training without a track."""
        track = [] if self.place is None else [self.place.rpartition("/")[2]]
        return " ".join([*track, self.name, f"seed {self.seed}"])

    def tags(self) -> dict[str, str]:
        """Of the training's run."""
        return place_tags(self.place) | code_tags(self.code) | prefixed({self.kind: self.name, "seed": str(self.seed)})

    def shared_tags(self) -> dict[str, str]:
        """Of the workflow's run."""
        return place_tags(self.place) | git_tags(self.code)


class TrainingRun:
    """Logs a training as it goes on. No method raises what MLflow raises.

    Args:
        uri: tracking store.
        about: name and place.
        params: settings.
        earlier_run: an interrupted run to go on with.
        on_open: called with the run's id, once there is one.
    """

    def __init__(
        self,
        uri: str,
        about: About,
        params: Mapping[str, str],
        earlier_run: str | None,
        on_open: Callable[[str], object],
    ) -> None:
        self.uri = uri
        self._about, self._earlier_run, self._on_open = about, earlier_run, on_open
        self._logged_epochs: set[int] | None = None
        self._tracker = Tracker(
            uri,
            self._open,
            f"training goes on; its figures are kept beside the model, and `{affectflow('sync-mlflow')}` logs them "
            "later",
        )
        self._tracker.call(lambda api, run: log_params(api, run, params))

    @property
    def run_id(self) -> str | None:
        """The run; None while there is none."""
        return self._tracker.run_id

    def settle(self) -> None:
        """Wait until what was handed over is logged, a quarter of a minute at most, of a local file two minutes; a
        store that fails is said."""
        self._tracker.ask(lambda api, run: None, _MAKE_SECONDS if self.uri.startswith(SQLITE) else _OPEN_SECONDS)

    def epoch(self, row: Mapping[str, float | int], note: Mapping[str, float | int]) -> None:
        """Log an epoch; returns at once."""
        step, time, values = int(row["epoch"]), int(note["time"]), epoch_metrics(row, note)
        self._tracker.call(lambda api, run: self._epoch(api, run, step, time, values))

    def complete(self, folder: Path) -> str | None:
        """Log what is missing of the training that has ended in `folder`, and end the run.

        Waits half a minute at most, and longer only for as long as a large model takes at 4 MiB a second.

        Returns:
            What went wrong, None where nothing did.
        """
        seconds = _END_SECONDS + (folder / MODEL).stat().st_size / _BYTES_A_SECOND
        return self._end(lambda api, run: upload(api, run, folder), seconds)

    def abandon(self, status: str) -> None:
        """End the run of a training that failed."""
        self._end(lambda api, run: api.set_terminated(run, status), _OPEN_SECONDS)

    def _open(self, api: "MlflowClient") -> str:
        run = open_training(api, self._about, self._earlier_run)
        self._on_open(run)
        return run

    def _epoch(self, api: "MlflowClient", run: str, step: int, time: int, values: Mapping[str, float]) -> None:
        # An interrupted training may have logged an epoch that it has to train again.
        if self._logged_epochs is None:
            self._logged_epochs = logged_steps(api, run, LOGGED)
        if step not in self._logged_epochs:
            log_steps(api, run, [(step, time, values)])

    def _end(self, call: Call, seconds: float) -> str | None:
        failure = self._tracker.ask(call, seconds)
        self._tracker.stop()
        return failure


def open_training(api: "MlflowClient", about: About, earlier_run: str | None, ended: bool = False) -> str:
    """Begin a training's run under its workflow's, or go on with the run `earlier_run` where the store still has it.

    Args:
        api: of the store.
        about: name and place.
        earlier_run: an earlier run of the same training.
        ended: whether the training has ended, and its workflow run perhaps too.
    """
    from mlflow.exceptions import MlflowException

    tags = about.tags()
    if about.workflow is not None:
        join = ended_workflow_run if ended else join_workflow_run
        tags[PARENT] = join(api, about.experiment, about.workflow, about.shared_tags())
    if earlier_run is not None:
        try:
            api.update_run(earlier_run, status="RUNNING")
            log_tags(api, earlier_run, tags)
            return earlier_run
        except MlflowException as error:
            if error.error_code != "RESOURCE_DOES_NOT_EXIST":
                raise
    run: str = api.create_run(experiment_id(api, about.experiment), run_name=about.title(), tags=tags).info.run_id
    return run
