"""A real tracking server: four trainings at once on PostgreSQL, and one that is killed while a branch trains."""

from pathlib import Path

import pytest
from tracking_lab import Project, assert_every_metric, wait_for_success
from tracking_server import postgres, tracking_server

from affectflow.artifacts.record import read_record, record_path
from affectflow.tracking.workflow_run import close_workflow_run

pytestmark = pytest.mark.slow

NOTES = Path(".snakemake/affectflow")


def test_four_trainings_at_once_lose_nothing_on_postgresql(tmp_path: Path):
    names = ("A", "F", "BCF", "G")
    with postgres() as store, tracking_server(tmp_path / "server", store) as server:
        project = Project(tmp_path / "project", server.uri)
        for training in [project.start_training(name, epochs=5) for name in names]:
            assert "warning: MLflow" not in wait_for_success(training)
        parents = set()
        for name in names:
            assert_every_metric(project, name, 5)
            run = project.api.get_run(project.run_json(name)["mlflow_run"])
            assert run.info.status == "FINISHED"
            assert project.api.get_model_version(f"ntua.va.{name}", "1").run_id == run.info.run_id
            parents.add(run.data.tags["mlflow.parentRunId"])
        assert len(parents) == 1, "one parent for the whole run of the workflow"
        assert close_workflow_run(tmp_path / "project" / NOTES, "w0", "FINISHED") is None
        assert project.api.get_run(parents.pop()).info.status == "FINISHED"
        children = project.api.search_runs([run.info.experiment_id], "tags.`affectflow.branch` != ''")
        assert len(children) == len(names)


def test_a_server_killed_while_a_branch_trains_costs_nothing(tmp_path: Path):
    epochs = 12
    with tracking_server(tmp_path / "server") as server:
        project = Project(tmp_path / "project", server.uri)
        training = project.start_training("F", epochs)
        assert training.stderr is not None
        for line in training.stderr:
            if line.startswith("F: epoch 3/"):
                server.kill()
                break
        output = wait_for_success(training)
        assert f"F: epoch {epochs}/{epochs}" in output, "training goes on"
        assert output.count("warning: MLflow") == 1 and "affectflow sync-mlflow" in output
        run_json = project.run_json()
        assert run_json["mlflow_run"] and run_json["mlflow_failure"]
        record = read_record(record_path(project.model() / "model.safetensors"))
        assert record.mlflow is not None and record.mlflow.run == run_json["mlflow_run"]
        failure = close_workflow_run(tmp_path / "project" / NOTES, "w0", "FINISHED")
        assert failure is not None and "affectflow sync-mlflow" in failure

        server.start()
        unfinished_run = project.api.get_run(run_json["mlflow_run"])
        assert unfinished_run.info.status == "RUNNING"
        assert len(project.api.get_metric_history(run_json["mlflow_run"], "total")) < epochs
        result = project.track()
        assert result.returncode == 0, result.stderr
        assert_every_metric(project, "F", epochs)
        run = project.api.get_run(run_json["mlflow_run"])
        assert run.info.status == "FINISHED" and run.data.tags["affectflow.record"] == record.seal
        assert project.run_json()["mlflow_failure"] is None
        assert {file.path for file in project.api.list_artifacts(run.info.run_id)} == {"model", "pictures", "records"}
        assert project.api.get_model_version("ntua.va.F", "1").run_id == run.info.run_id
        assert project.api.get_run(run.data.tags["mlflow.parentRunId"]).info.status == "FINISHED"
        assert "nothing to log" in project.track().stdout
