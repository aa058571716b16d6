"""The real workflow: from a score to its runs, from a run to its records."""

import json
from pathlib import Path

import pytest
from miniature import Miniature

from affectflow.artifacts.record import read_record, record_path
from affectflow.tracking.store import client

pytestmark = pytest.mark.slow

SCORED = "results/tracked_scores_track1.json"


def test_a_score_leads_to_its_runs_and_a_run_to_its_records(finished: Miniature):
    finished.snakemake(SCORED)
    assert finished.planned(SCORED) == set()
    folder = finished.folder
    api = client(f"sqlite:///{folder}/mlflow.db")
    tracked_scores = json.loads((folder / SCORED).read_text())
    assert tracked_scores["failure"] is None and tracked_scores["run"] is not None
    record = read_record(record_path(folder / SCORED))
    assert record.mlflow is not None and record.mlflow.run == tracked_scores["run"]

    parent = api.get_run(tracked_scores["run"])
    assert parent.info.status == "FINISHED"
    assert (
        parent.data.tags["affectflow.record"]
        == read_record(record_path(folder / "results/validation_track1.json")).seal
    )
    scores = json.loads((folder / "results/metrics.json").read_text())["track1"]["validation"]
    best = scores["Audio + Visual (F + BCF)"]["total"]
    assert parent.data.metrics["va.validation.audio_visual_f_bcf.total"] == best
    held_out = json.loads((folder / "results/demo_test_score_track1.json").read_text())
    assert parent.data.metrics["va.test.audio_visual_f_bcf.total"] == held_out["total"]

    workflows = set()
    for branch in ("F", "BCF", "A"):
        run = api.get_run(parent.data.tags[f"affectflow.run.{branch}"])
        assert run.info.status == "FINISHED" and run.data.tags["affectflow.branch"] == branch
        assert run.info.experiment_id == parent.info.experiment_id
        model = Path(run.data.tags["affectflow.record_path"])
        model_record = read_record(folder / model)
        assert model_record.seal == run.data.tags["affectflow.record"] and model_record.rule == "train"
        assert model_record.mlflow is not None and model_record.mlflow.run == run.info.run_id
        assert run.data.tags["affectflow.code"] == model_record.code.fingerprint
        assert api.get_model_version(f"ntua.va.{branch}", "1").run_id == run.info.run_id
        workflows.add(run.data.tags["mlflow.parentRunId"])
    assert len(workflows) == 1
    assert api.get_run(workflows.pop()).info.status == "FINISHED"
    assert not list((folder / ".snakemake/affectflow").glob("mlflow-*.json"))


def test_a_new_experiment_or_store_trains_nothing_anew(finished: Miniature):
    finished.settings(tracking={"uri": "sqlite:///other.db", "experiment": "another"})
    try:
        jobs = finished.planned("results/test_track1.csv")
    finally:
        finished.settings()
    assert jobs == set()
