"""Training and prediction on small real artifacts."""

import json
import subprocess
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow.parquet
import pytest
import warm
from artifact_factory import Person, make_corpus
from repository import ROOT
from training_lab import CPU, PEOPLE, SAME_BYTES, VA, branch, paths, predict, rows_of, train

from affectflow.artifacts.schemas import labels_schema
from affectflow.artifacts.tables import read_parquet, write_parquet
from affectflow.config.system.branch import Branch
from affectflow.config.system.execution import Loader
from affectflow.core.errors import InputError
from affectflow.core.tasks import Tasks
from affectflow.dataloading.index import Labelled
from affectflow.metrics.measures import ccc
from affectflow.training.train import train_branch


@pytest.fixture(scope="module")
def corpus(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("corpus")
    make_corpus(root, PEOPLE)
    return root / "work"


@pytest.fixture(scope="module")
def trained(corpus: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return train(corpus, tmp_path_factory.mktemp("trained"), branch(epochs=12, streams=["face", "context"]))


def test_a_branch_learns_and_its_folder_says_all(trained: Path, corpus: Path):
    rows = rows_of(trained)
    assert [int(row["epoch"]) for row in rows] == list(range(1, 13))
    assert float(rows[-1]["train_loss"]) < 0.5 * float(rows[0]["train_loss"])
    values = json.loads((trained / "branch.json").read_text())
    assert values["kept"]["total"] == max(float(row["total"]) for row in rows) > 0.7
    assert Branch.model_validate(values["settings"]) == branch(epochs=12, streams=["face", "context"])
    assert values["splits"]["train"] == {"subjects": 5, "frames": 200, "annotated": 200, "sequences": 15}
    assert values["parameters"]["total"] == sum(
        count for part, count in values["parameters"].items() if part != "total"
    )
    assert (trained.parent / "checkpoints" / "ended").exists(), "a run of the workflow removes them when it has ended"


def test_the_kept_score_is_that_of_all_validation_frames_together(trained: Path, corpus: Path, tmp_path: Path):
    predicted = predict(corpus, trained, "validation", tmp_path / "p.parquet")
    table = read_parquet(corpus / "labels.parquet", labels_schema(VA)).to_pylist()
    labels = {(row["subject"], row["frame"]): row for row in table}
    kept = json.loads((trained / "branch.json").read_text())["kept"]
    keys = list(zip(predicted["subject"], predicted["frame"], strict=True))
    assert len(keys) == 3 * 37
    for name in ("valence", "arousal"):
        target = [labels[key][name] for key in keys]
        assert kept[f"ccc_{name}"] == pytest.approx(ccc(predicted[name], target), abs=1e-5)


def test_every_decoded_frame_is_predicted_once(trained: Path, corpus: Path, tmp_path: Path):
    predicted = predict(corpus, trained, "test", tmp_path / "p.parquet")
    assert predicted["subject"].tolist() == ["tést"] * 21
    assert predicted["frame"].tolist() == list(range(21))
    for name in ("valence", "arousal"):
        assert np.isfinite(predicted[name]).all() and (np.abs(predicted[name]) <= 1).all()
    first = (tmp_path / "p.parquet").read_bytes()
    predict(corpus, trained, "test", tmp_path / "again.parquet")
    assert (tmp_path / "again.parquet").read_bytes() == first


def test_predictions_need_frames_of_the_trained_shape(trained: Path, corpus: Path, tmp_path: Path):
    values = json.loads((trained / "branch.json").read_text())
    for name in ("model.safetensors", "branch.json"):
        (tmp_path / name).write_bytes((trained / name).read_bytes())
    (tmp_path / "branch.json").write_text(json.dumps(values | {"inputs": {"face": [3, 32, 32], "context": [3, 9, 9]}}))
    with pytest.raises(InputError, match="trained on frames of shape"):
        predict(corpus, tmp_path, "test", tmp_path / "p.parquet")
    (tmp_path / "model.safetensors").write_bytes(b"short")
    with pytest.raises(InputError, match="not a whole trained branch"):
        predict(corpus, tmp_path, "test", tmp_path / "p.parquet")
    with pytest.raises(InputError, match="no such file"):
        predict(corpus, tmp_path / "absent", "test", tmp_path / "p.parquet")


def test_same_seed_same_bytes_and_another_seed_others(corpus: Path, tmp_path: Path):
    settings = branch(augment={"flip": 0.5, "crop": 0.1}, sequence={"length": 16, "stride": 8})
    first, second, other = (train(corpus, tmp_path / n, settings, s) for n, s in (("a", 1), ("b", 1), ("c", 2)))
    for name in SAME_BYTES:
        assert (first / name).read_bytes() == (second / name).read_bytes(), name
    assert (first / "model.safetensors").read_bytes() != (other / "model.safetensors").read_bytes()


def test_a_split_without_annotation_is_named(tmp_path: Path):
    everything = frozenset(range(40))
    _, _, work = make_corpus(tmp_path, [Person("p", "train"), Person("q", "validation", unannotated=everything)])
    with pytest.raises(
        InputError, match=r"'validation' has 1 subjects and 40 decoded frames.*none of them.*valence or arousal"
    ):
        train(work, tmp_path, branch())


def test_missing_weights_are_named_before_the_first_epoch(corpus: Path, tmp_path: Path, root: Path):
    settings = branch(network={"backbone": "resnet18", "width": 64, "hidden": 4}, init={"face": "imagenet_resnet18"})
    (tmp_path / "weights.yaml").write_bytes((root / "config/weights.yaml").read_bytes())
    with pytest.raises(InputError, match="affectflow weights fetch imagenet_resnet18"):
        train(corpus, tmp_path, settings)


def test_a_run_is_logged_to_mlflow(corpus: Path, tmp_path: Path):
    from mlflow.tracking import MlflowClient

    uri = f"sqlite:///{tmp_path}/mlflow.db"
    out = train(corpus, tmp_path, branch(), uri=uri)
    client = MlflowClient(uri)
    run = client.get_run(json.loads((out / "run.json").read_text())["mlflow_run"])
    rows = rows_of(out)
    assert run.info.status == "FINISHED"
    assert run.data.params["branch.optimizer.lr"] == "0.003"
    logged = [metric.value for metric in client.get_metric_history(run.info.run_id, "total")]
    assert logged == [float(row["total"]) for row in rows]
    assert {"lr", "frames_per_second", "train_loss", "kept_total"} <= run.data.metrics.keys()


def test_tracking_never_costs_a_result(corpus: Path, tmp_path: Path, capsys):
    (tmp_path / "file").write_text("")
    out = train(corpus, tmp_path, branch(epochs=1), uri=f"sqlite:///{tmp_path}/file/mlflow.db")
    assert "training goes on" in capsys.readouterr().err
    run = json.loads((out / "run.json").read_text())
    assert run["mlflow_run"] is None and run["mlflow_failure"]
    assert len(rows_of(out)) == 1


def test_predict_by_its_command_line(trained: Path, corpus: Path, tmp_path: Path):
    command = ROOT / "workflow/scripts/predict.py"
    options = [
        "--model",
        trained,
        "--manifest",
        corpus / "manifest.parquet",
        "--work",
        corpus,
        "--device",
        '{"gpus": 0, "threads": 1}',
    ]
    out = tmp_path / "p.parquet"
    result = subprocess.run([warm.python(), command, *options, "--split", "test", "--out", out], capture_output=True)
    assert result.returncode == 0, result.stderr
    assert pyarrow.parquet.read_table(out).num_rows == 21
    none = [warm.python(), command, *options, "--split", "x", "--out", tmp_path / "q.parquet"]
    failed = subprocess.run(none, capture_output=True, text=True)
    assert failed.returncode == 2 and failed.stderr.startswith("error: ") and "split 'x'" in failed.stderr


def test_labels_decide_what_counts(corpus: Path, tmp_path: Path):
    """Shuffled labels cannot be learnt as well as true ones."""
    table = read_parquet(corpus / "labels.parquet", labels_schema(VA))
    columns: dict[str, Any] = {name: table[name].combine_chunks() for name in table.column_names}
    order = np.random.default_rng(0).permutation(len(table))
    for name in ("valence", "arousal"):
        columns[name] = columns[name].to_numpy(zero_copy_only=False)[order]
    write_parquet(tmp_path / "labels.parquet", columns, labels_schema(VA))
    run_paths = paths(corpus, tmp_path)
    out = train_branch(
        "X",
        branch(epochs=6),
        Tasks((VA,)),
        replace(run_paths, sources={"va": Labelled(run_paths.sources["va"].manifest, tmp_path / "labels.parquet")}),
        seed=1,
        loader=Loader(),
        device=CPU,
        tracking=None,
        experiment="",
    )
    true = train(corpus, tmp_path / "true", branch(epochs=6))
    shuffled, real = (json.loads((f / "branch.json").read_text())["kept"]["total"] for f in (out, true))
    assert real > shuffled + 0.3
