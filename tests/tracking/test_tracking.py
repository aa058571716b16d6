"""What a training and the final scores leave in MLflow, and what happens where the store does not answer."""

import json
import os
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import cv2
import numpy as np
import pytest
from tracking_lab import PLACE, SCORES, Project, assert_every_metric
from tracking_server import free_port
from training_lab import VA, predict

from affectflow.artifacts.digest import file_digest
from affectflow.artifacts.record import read_record, record_path
from affectflow.config.system.execution import Tracking
from affectflow.config.validate import validated
from affectflow.core.errors import InputError
from affectflow.core.tasks import Tasks
from affectflow.dataloading.dataset import open_sequences
from affectflow.dataloading.index import read_index
from affectflow.dataloading.inputs import make_inputs
from affectflow.dataloading.source import Source
from affectflow.models.folder import read_branch
from affectflow.tracking.pictures import draw_agreement
from affectflow.tracking.scores import metric_name
from affectflow.tracking.store import client
from affectflow.tracking.tracker import Tracker
from affectflow.tracking.training_run import About, TrainingRun
from affectflow.tracking.workflow_run import close_workflow_run, join_workflow_run

NOTES = Path(".snakemake/affectflow")


@pytest.fixture(scope="module")
def tracked_project(tmp_path_factory: pytest.TempPathFactory) -> Project:
    """A run of a workflow with one training and its scores, all of which reached the store, and closed."""
    folder = tmp_path_factory.mktemp("tracked")
    project = Project(folder, f"sqlite:///{folder}/mlflow.db")
    project.train("F", epochs=4)
    project.log_scores("F")
    assert close_workflow_run(folder / NOTES, "w0", "FINISHED") is None
    return project


def test_a_run_holds_settings_and_every_epoch(tracked_project: Project):
    run = tracked_project.api.get_run(tracked_project.run_json()["mlflow_run"])
    assert run.info.status == "FINISHED" and run.info.run_name == "va F seed 1"
    assert tracked_project.api.get_experiment(run.info.experiment_id).name == "demo/ntua"
    expected = {"branch_name": "F", "seed": "1", "branch.optimizer.lr": "0.003", "branch.network.backbone": "resnet18"}
    assert expected.items() <= run.data.params.items()
    assert_every_metric(tracked_project, "F", 4)
    best_epoch = json.loads((tracked_project.model() / "branch.json").read_text())["kept"]
    assert (
        run.data.metrics["kept_total"] == best_epoch["total"] and run.data.metrics["kept_epoch"] == best_epoch["epoch"]
    )


def test_a_run_leads_to_its_record_and_the_record_to_the_run(tracked_project: Project, root: Path):
    run_info = tracked_project.run_json()
    tags = tracked_project.api.get_run(run_info["mlflow_run"]).data.tags
    assert tags["affectflow.record_path"] == f"models/{PLACE}/F/official-1/model.safetensors.record.json"
    record = read_record(tracked_project.folder / tags["affectflow.record_path"])
    assert tags["affectflow.record"] == record.seal
    assert (
        record.mlflow is not None
        and record.mlflow.run == run_info["mlflow_run"]
        and record.mlflow.uri == tracked_project.uri
    )
    assert record.machine.device == tags["affectflow.device"] == "cpu"
    assert tags["affectflow.code"] == record.code.fingerprint
    commit = subprocess.run(["git", "-C", root, "rev-parse", "HEAD"], capture_output=True, text=True).stdout.strip()
    assert tags.get("affectflow.git", "") == (record.code.commit or "") == commit
    expected = {"corpus": "demo", "system": "ntua", "track": "va", "branch": "F", "seed": "1"}
    assert {f"affectflow.{name}": value for name, value in expected.items()}.items() <= tags.items()
    copy = tracked_project.api.download_artifacts(run_info["mlflow_run"], "records/model.safetensors.record.json")
    assert Path(copy).read_bytes() == record_path(tracked_project.model() / "model.safetensors").read_bytes()


def test_scores_lead_to_trainings_and_trainings_to_their_workflow(tracked_project: Project):
    training = tracked_project.api.get_run(tracked_project.run_json()["mlflow_run"])
    parent = tracked_project.api.get_run(training.data.tags["mlflow.parentRunId"])
    assert parent.info.status == "FINISHED" and parent.data.tags["affectflow.workflow"] == "w0"
    assert parent.data.tags["affectflow.run.F"] == training.info.run_id
    assert parent.data.metrics == {f"va.validation.audio_visual_f_bcf.{name}": value for name, value in SCORES.items()}
    assert not list((tracked_project.folder / NOTES).glob("mlflow-*.json"))
    scores_info = json.loads((tracked_project.folder / "results/tracked_scores_track1.json").read_text())
    assert scores_info["run"] == parent.info.run_id and scores_info["failure"] is None
    table = Path(tracked_project.api.download_artifacts(parent.info.run_id, "validation_track1.csv"))
    assert table.read_bytes() == (tracked_project.folder / "results/validation_track1.csv").read_bytes()


def test_pictures_show_curves_and_agreement(tracked_project: Project):
    run = tracked_project.run_json()["mlflow_run"]
    for name in ("curves.png", "validation.png"):
        stored = Path(tracked_project.api.download_artifacts(run, f"pictures/{name}"))
        assert stored.read_bytes() == (tracked_project.model() / name).read_bytes()
        assert coloured(stored).any(), f"{name} shows nothing"


def coloured(path: Path) -> np.ndarray:
    """Where a picture is blue or orange, which only its points and lines are."""
    picture = cv2.imread(str(path))
    assert picture is not None and min(picture.shape[:2]) >= 400
    mask: np.ndarray = np.ptp(picture.astype(int), axis=2) > 40
    return mask


def test_points_stand_where_annotation_and_prediction_say(tmp_path: Path):
    annotated = np.full((50, 2), (0.7, -0.7), np.float32)
    annotated[25:, 1] = np.nan
    scores = {"ccc_valence": 0.1, "ccc_arousal": 0.2, "total": 0.15}
    predicted = np.full((50, 2), (-0.7, 0.9), np.float32)
    draw_agreement(tmp_path / "p.png", Tasks((VA,)), predicted, annotated, scores, "two points")
    points = coloured(tmp_path / "p.png")
    height, width = points.shape
    for panel, (right, top) in enumerate([(True, False), (False, True)]):
        rows, columns = np.nonzero(points[:, panel * width // 2 : (panel + 1) * width // 2])
        assert len(rows) and np.ptp(rows) < 12 and np.ptp(columns) < 12, "one place"
        assert (columns.mean() > width / 4) == right and (rows.mean() < height / 2) == top


SERVE = """
import sys, numpy, mlflow.pyfunc
model = mlflow.pyfunc.load_model("models:/ntua.va.F/1")
with numpy.load(sys.argv[1]) as inputs:
    numpy.save(sys.argv[2], model.predict(dict(inputs)))
print(model.metadata.signature)
"""


def test_the_registered_model_predicts_what_the_branch_predicts(tracked_project: Project, tmp_path: Path):
    version = tracked_project.api.get_model_version("ntua.va.F", "1")
    assert version.run_id == tracked_project.run_json()["mlflow_run"]
    assert (
        version.tags["affectflow.record"]
        == read_record(record_path(tracked_project.model() / "model.safetensors")).seal
    )
    work = tracked_project.folder / "work"
    branch_settings, _ = read_branch(tracked_project.model())
    sequence = open_sequences(
        Source(read_index(work / "manifest.parquet", None, "validation", VA), work, branch_settings)
    )[0]
    inputs = make_inputs(
        {name: value[None] for name, value in sequence.items()}, branch_settings.streams, branch_settings.picture
    )
    np.savez(tmp_path / "inputs.npz", **{name: tensor.numpy() for name, tensor in inputs.items()})
    result = subprocess.run(
        [sys.executable, "-c", SERVE, tmp_path / "inputs.npz", tmp_path / "outputs.npy"],
        env=os.environ | {"MLFLOW_TRACKING_URI": tracked_project.uri, "MLFLOW_DISABLE_TELEMETRY": "true"},
        capture_output=True,
        text=True,
    )
    assert result.returncode == 0, result.stderr
    assert "'face': Tensor('float32', (-1, -1, 3, 32, 32))" in result.stdout
    outputs = np.load(tmp_path / "outputs.npy")
    expected = predict(work, tracked_project.model(), "validation", tmp_path / "p.parquet")
    assert outputs.shape == (1, 16, 2)
    np.testing.assert_allclose(outputs[0, :, 0], expected["valence"][:16], atol=1e-5)
    np.testing.assert_allclose(outputs[0, :, 1], expected["arousal"][:16], atol=1e-5)


def test_no_pickle_is_stored(tracked_project: Project):
    stored = {path.name for path in (tracked_project.folder / "mlruns").rglob("*") if path.is_file()}
    assert {"MLmodel", "model.safetensors", "branch.json"} <= stored
    assert not {name for name in stored if Path(name).suffix in (".pkl", ".pickle", ".pth", ".pt", ".bin", ".ckpt")}


def test_a_store_that_is_away_is_said_before_training_and_caught_up_with_later(tmp_path: Path):
    project = Project(tmp_path, f"http://127.0.0.1:{free_port()}", workflow="w1")
    output = project.train("F", epochs=2)
    assert output.index("warning: MLflow at http") < output.index("F: epoch 1/2"), "a warning comes before training"
    assert "training goes on" in output and output.count("warning: MLflow") == 1
    run_info = project.run_json()
    assert run_info["mlflow_run"] is None and run_info["mlflow_failure"]
    assert "the scores stand in results" in project.log_scores("F")
    assert close_workflow_run(tmp_path / NOTES, "w1", "FAILED") is None
    failed = project.track()
    assert failed.returncode == 2 and "cannot log models/demo/ntua/va/F/official-1/run.json" in failed.stderr
    assert project.run_json() == run_info

    project.settings(f"sqlite:///{tmp_path}/mlflow.db")
    result = project.track()
    assert result.returncode == 0, result.stderr
    assert_every_metric(project, "F", 2)
    run_info = project.run_json()
    assert run_info["mlflow_failure"] is None and run_info["mlflow_uri"] == project.uri
    run = project.api.get_run(run_info["mlflow_run"])
    seal = read_record(record_path(project.model() / "model.safetensors")).seal
    assert run.info.status == "FINISHED" and run.data.tags["affectflow.record"] == seal
    assert project.api.get_model_version("ntua.va.F", "1").run_id == run.info.run_id
    parent = project.api.get_run(run.data.tags["mlflow.parentRunId"])
    assert parent.info.status == "FAILED", "as the workflow run ended"
    assert parent.data.metrics["va.validation.audio_visual_f_bcf.total"] == SCORES["total"]
    assert parent.data.tags["affectflow.run.F"] == run.info.run_id
    record = read_record(record_path(project.model() / "run.json"))
    assert record.rule == "train" and record.artifact.sha256 == file_digest(project.model() / "run.json")
    assert record.mlflow is not None and record.mlflow.run == run.info.run_id
    again = project.track()
    assert again.returncode == 0 and "nothing to log" in again.stdout


def test_calls_return_at_once_and_the_last_brings_what_was_lost(tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    store = tmp_path / "later" / "mlflow.db"
    store.parent.touch()  # where a folder should be
    tracker = Tracker(f"sqlite:///{store}", lambda api: api.create_run("0").info.run_id, "work goes on")
    assert tracker.ask(lambda api, run: None, 60) is not None and tracker.run_id is None
    begin = time.monotonic()
    for step in range(1000):
        tracker.call(lambda api, run, step=step: api.log_metric(run, "m", step, step=step))
    assert time.monotonic() - begin < 1
    store.parent.unlink()
    store.parent.mkdir()
    assert tracker.ask(lambda api, run: api.log_metric(run, "last", 1), 60) is None
    assert tracker.run_id is not None
    assert capsys.readouterr().err.count("work goes on") == 1
    tracker.stop()


def test_a_store_that_hangs_is_not_waited_for(capsys: pytest.CaptureFixture[str]):
    tracker = Tracker("sqlite://", lambda api: time.sleep(3600) or "", "work goes on")
    begin = time.monotonic()
    assert tracker.ask(lambda api, run: None, 0.5) == "no answer within 0 s"
    tracker.call(lambda api, run: None)
    assert time.monotonic() - begin < 5
    assert "no answer" in capsys.readouterr().err


def test_an_epoch_that_is_trained_again_is_logged_once(tmp_path: Path):
    uri = f"sqlite:///{tmp_path}/mlflow.db"
    about = About("branch", "F", 1, "demo/ntua", PLACE, None, None)

    def training(earlier_run: str | None, epochs: range) -> str:
        run = TrainingRun(uri, about, {"seed": "1"}, earlier_run, lambda run_id: None)
        for epoch in epochs:
            row = {"epoch": epoch, "steps": epoch, "lr": 0.1, "total": epoch / 10}
            run.epoch(row, {"time": time.time_ns() // 10**6, "frames_per_second": 100.0 + epoch})
        run.settle()
        run.abandon("KILLED")
        assert run.run_id is not None
        return run.run_id

    first = training(None, range(1, 4))
    assert training(first, range(3, 6)) == first
    api = client(uri)
    assert sorted(m.step for m in api.get_metric_history(first, "total")) == [1, 2, 3, 4, 5]
    api.delete_run(first)
    assert training("0" * 32, range(1, 2)) != first, "a run that the store has not is begun anew"


def test_jobs_of_a_workflow_run_share_one_parent_also_when_it_is_resumed(tmp_path: Path):
    uri, notes = f"sqlite:///{tmp_path}/mlflow.db", tmp_path / "notes"

    def join(_: int) -> str:
        return join_workflow_run(client(uri), "demo/ntua", "w", {"affectflow.corpus": "demo"}, notes)

    def status() -> str:
        return str(client(uri).get_run(parent).info.status)

    with ThreadPoolExecutor(6) as pool:
        parents = set(pool.map(join, range(6)))
    parent = parents.pop()
    assert not parents and status() == "RUNNING"
    assert close_workflow_run(notes, "w", "FAILED") is None
    assert status() == "FAILED" and close_workflow_run(notes, "w", "FINISHED") is None
    assert status() == "FAILED", "it was closed"
    assert join(0) == parent and status() == "RUNNING"
    assert close_workflow_run(notes, "w", "FINISHED") is None
    assert status() == "FINISHED" and not list(notes.iterdir())


@pytest.mark.parametrize(
    ("uri", "message"),
    [
        ("postgresql://me:hunter2@host/db", "a password"),
        ("https://hunter2@mlflow.example.org", r"a user or token before the host \(\*\*\*@mlflow.example.org\)"),
        ("https://:hunter2@mlflow.example.org", "a password"),
        ("https://mlflow.example.org/?token=hunter2", r"a secret in its query \(\?token=\*\*\*\)"),
        ("https://mlflow.example.org/?a=1&Access_Token=hunter2", r"\(\?Access_Token=\*\*\*\)"),
        ("postgresql://me@host/db?sslmode=require&password=hunter2", r"\(\?password=\*\*\*\)"),
        ("mysql://host/db?passwd=hunter2", r"\(\?passwd=\*\*\*\)"),
        ("mssql+pyodbc:///?odbc_connect=DRIVER%3Dx%3BPWD%3Dhunter2", r"\(\?odbc_connect=\*\*\*\)"),
        ("https://mlflow.example.org/?p%61ssword=hunter2", r"\(\?password=\*\*\*\)"),
    ],
)
def test_a_secret_in_the_uri_is_refused_and_not_repeated(uri: str, message: str):
    with pytest.raises(InputError, match=f"uri holds .*{message}.*MLFLOW_TRACKING_TOKEN") as error:
        validated(Tracking, {"uri": uri}, "config.yaml")
    assert "hunter2" not in str(error.value)


@pytest.mark.parametrize(
    "uri",
    ["postgresql://me@host/db?sslmode=require&passfile=x", "sqlite:///a@b.db", "http://127.0.0.1:5000", "databricks"],
)
def test_an_address_without_a_secret_is_taken(uri: str):
    assert validated(Tracking, {"uri": uri}, "config.yaml").uri == uri


@pytest.mark.parametrize(
    ("title", "name"),
    [("Audio + Visual (F + BCF)", "audio_visual_f_bcf"), ("Audio", "audio"), ("Visual (F)", "visual_f")],
)
def test_methods_have_readable_names(title: str, name: str):
    assert metric_name(title) == name
