"""A project's folder that was copied logs into itself; values that are no numbers lead no comparison."""

import hashlib
import math
import os
import shutil
import signal
import sqlite3
import subprocess
import sys
import time
import urllib.request
from pathlib import Path

import pytest
from browser import browser
from mlflow.tracking import MlflowClient
from selenium.webdriver.support.ui import WebDriverWait
from tracking_lab import Project
from tracking_server import free_port

from affectflow.tracking.moved import settle
from affectflow.tracking.store import client, experiment_id, log_steps
from affectflow.tracking.training_run import About, open_training

RELATIVE = "sqlite:///mlflow.db"


@pytest.fixture(scope="module")
def original(tmp_path_factory: pytest.TempPathFactory) -> Project:
    """A folder with one logged training, by the settings' default address."""
    project = Project(tmp_path_factory.mktemp("first") / "original", RELATIVE)
    project.train("F")
    return project


def content(folder: Path) -> dict[str, tuple[str, int]]:
    """Digest and time of change of every file."""
    files = (path for path in folder.rglob("*") if path.is_file())
    return {str(file): (hashlib.sha256(file.read_bytes()).hexdigest(), file.stat().st_mtime_ns) for file in files}


def places(store: Path) -> list[str]:
    """Every place of an artifact in a store."""
    columns = {"experiments": "artifact_location", "runs": "artifact_uri"}
    with sqlite3.connect(store) as database:
        return [
            row[0] for table, column in columns.items() for row in database.execute(f"SELECT {column} FROM {table}")
        ]


@pytest.fixture(scope="module")
def copied_project(original: Project, tmp_path_factory: pytest.TempPathFactory) -> Project:
    """The same folder, copied, in which another branch was trained."""
    before = content(original.folder)
    folder = tmp_path_factory.mktemp("second") / "copy"
    shutil.copytree(original.folder, folder)
    project = Project.__new__(Project)
    project.folder, project.uri, project.workflow = folder, RELATIVE, "w1"
    project.train("A")
    assert content(original.folder) == before, "nothing of the original was touched"
    return project


def test_a_copied_folder_logs_into_itself(original: Project, copied_project: Project) -> None:
    store = copied_project.folder / "mlflow.db"
    locations = places(store)
    assert locations and all(place.startswith(f"{copied_project.folder}/mlruns") for place in locations), locations
    api = client(f"sqlite:///{store}")
    for name in ("F", "A"):
        run = api.get_run(copied_project.run_json(name)["mlflow_run"])
        assert run.info.artifact_uri.startswith(f"{copied_project.folder}/mlruns/demo-ntua/")
        assert {artifact.path for artifact in api.list_artifacts(run.info.run_id)} == {"model", "pictures", "records"}
    new = copied_project.run_json("A")["mlflow_run"]
    assert (copied_project.folder / f"mlruns/demo-ntua/{new}/artifacts/model/MLmodel").is_file()
    assert not list(original.folder.rglob(f"*{new}*"))


def test_a_store_that_stayed_is_left_as_it_is(copied_project: Project, tmp_path: Path) -> None:
    store = copied_project.folder / "mlflow.db"
    before = places(store)
    assert settle(store) == 0 and places(store) == before
    (tmp_path / "link").symlink_to(copied_project.folder)
    assert settle(tmp_path / "link/mlflow.db") == 0 and places(store) == before
    assert settle(tmp_path / "none.db") == 0 and not (tmp_path / "none.db").exists()


def test_artifacts_in_a_bucket_stay_there(tmp_path: Path) -> None:
    (tmp_path / "one").mkdir()
    api = client(f"sqlite:///{tmp_path}/one/mlflow.db")
    api.create_experiment("mine", artifact_location="s3://bucket/mlruns/mine")
    api.create_experiment("there", artifact_location="/data/artifacts/there")
    experiment_id(api, "ours")
    shutil.copytree(tmp_path / "one", tmp_path / "two")
    api = client(f"sqlite:///{tmp_path}/two/mlflow.db")
    locations = {experiment.name: experiment.artifact_location for experiment in api.search_experiments()}
    assert (locations["mine"], locations["there"]) == ("s3://bucket/mlruns/mine", "/data/artifacts/there")
    assert locations["ours"] == f"{tmp_path}/two/mlruns/ours"


def api_of(folder: Path) -> MlflowClient:
    return client(f"sqlite:///{folder}/mlflow.db")


def test_what_is_not_finite_is_a_tag_and_no_metric(tmp_path: Path) -> None:
    api = api_of(tmp_path)
    number = experiment_id(api, "demo/ntua")
    runs = [api.create_run(number).info.run_id for _ in range(2)]
    log_steps(api, runs[0], [(1, 10, {"train_loss": 0.5}), (2, 20, {"train_loss": math.inf, "total": math.nan})])
    log_steps(api, runs[0], [(3, 30, {"train_loss": -math.inf}), (4, 40, {"train_loss": 2.5})])
    log_steps(api, runs[0], [(3, 30, {"train_loss": -math.inf})])  # again, as after an interruption
    log_steps(api, runs[1], [(1, 10, {"train_loss": 3.0, "total": 0.1})])
    diverged = api.get_run(runs[0]).data
    assert diverged.metrics == {"train_loss": 2.5}
    assert diverged.tags["affectflow.not_finite.train_loss"] == "inf at 2, -inf at 3"
    assert diverged.tags["affectflow.not_finite.total"] == "nan at 2"
    assert [(m.step, m.value) for m in api.get_metric_history(runs[0], "train_loss")] == [(1, 0.5), (4, 2.5)]
    ranked = api.search_runs([number], order_by=["metrics.train_loss DESC"])
    assert [run.info.run_id for run in ranked] == [runs[1], runs[0]], "the largest float led"


def test_an_experiment_is_one_of_trainings(tmp_path: Path) -> None:
    api = api_of(tmp_path)
    api.create_experiment("old")
    for name in ("new", "old"):
        tags = api.get_experiment(experiment_id(api, name)).tags
        assert tags["mlflow.experimentKind"] == "custom_model_development"


def test_a_run_is_called_by_its_track_branch_and_seed(tmp_path: Path) -> None:
    api = api_of(tmp_path)
    for place, name in (("demo/ntua/va+expr", "va+expr F seed 3"), (None, "F seed 3")):
        about = About("branch", "F", 3, "demo/ntua", place, None, None)
        assert api.get_run(open_training(api, about, None)).info.run_name == name


@pytest.mark.slow
def test_the_page_of_an_experiment_shows_its_runs(copied_project: Project) -> None:
    port = free_port()
    words = ("-m", "affectflow.cli.main", "ui", "--settings", "config.yaml", "--port", str(port))
    environment = os.environ | {"MLFLOW_SERVER_ENABLE_JOB_EXECUTION": "false"}
    command = [sys.executable, *words]
    with (
        subprocess.Popen(command, cwd=copied_project.folder, env=environment, start_new_session=True) as server,
        browser() as page,
    ):
        try:
            environ_file = Path(f"/proc/{server.pid}/environ")
            address = f"http://127.0.0.1:{port}"
            for _ in range(400):
                try:
                    urllib.request.urlopen(f"{address}/health", timeout=5)
                    break
                except OSError:
                    time.sleep(0.3)
            variables = environ_file.read_text().split("\0")
            assert {"MLFLOW_DISABLE_TELEMETRY=true", "DO_NOT_TRACK=true"} <= set(variables)
            number = (
                client(f"sqlite:///{copied_project.folder}/mlflow.db").get_experiment_by_name("demo/ntua").experiment_id
            )
            page.driver.get(f"{address}/#/experiments/{number}/runs?workflowType=machine_learning")
            # Trainings are folded below the runs of the workflow that they belong to.
            WebDriverWait(page.driver, 120).until(lambda driver: "workflow 20" in driver.page_source)
            assert "/runs" in page.driver.current_url
        finally:
            os.killpg(server.pid, signal.SIGKILL)  # with its workers, which may outlive a milder signal


_OPEN = """
import sys, time
from pathlib import Path
from affectflow.tracking.store import client
import mlflow.tracking
Path(sys.argv[1], f"ready-{sys.argv[2]}").touch()
while len(list(Path(sys.argv[1]).glob("ready-*"))) < int(sys.argv[3]):
    time.sleep(0.005)
client(f"sqlite:///{sys.argv[1]}/mlflow.db").search_experiments(max_results=1)
"""


def test_processes_that_open_a_new_store_at_once_all_find_it(tmp_path: Path) -> None:
    processes = 4
    commands = [[sys.executable, "-c", _OPEN, str(tmp_path), str(n), str(processes)] for n in range(processes)]
    children = [subprocess.Popen(command, stderr=subprocess.PIPE, text=True) for command in commands]
    errors = [child.communicate(timeout=300)[1] for child in children]
    assert [child.returncode for child in children] == [0] * processes, errors
