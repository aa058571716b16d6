"""Training and prediction on small real artifacts."""

import csv
import json
import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow.parquet
import pytest
from artifact_factory import Person, make_corpus

from affectflow.artifacts.schemas import LABELS, PREDICTIONS
from affectflow.artifacts.tables import read_parquet, write_parquet
from affectflow.config.settings import Device, Loader, Tracking
from affectflow.config.systems import Branch
from affectflow.errors import InputError
from affectflow.metrics import ccc
from affectflow.training.predict import predict_split
from affectflow.training.train import Paths, train_branch

PEOPLE = [
    *(Person(f"train {k}", "train", 40) for k in range(5)),
    *(Person(f"val-{k}", "validation", 37) for k in range(3)),
    Person("tést", "test", 21, no_face=frozenset({2, 3})),
]


def branch(**changes: Any) -> Branch:
    values: dict[str, Any] = {
        "streams": ["face"],
        "network": {"backbone": "resnet18", "width": 4, "hidden": 8},
        "optimizer": {"name": "adamw", "lr": 3e-3},
        "schedule": {"name": "onecycle"},
        "picture": {"size": 32},
        "batch": 4,
        "epochs": 3,
    }
    return Branch.model_validate(values | changes)


@pytest.fixture(scope="module")
def corpus(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("corpus")
    make_corpus(root, PEOPLE)
    return root / "work"


def paths(work: Path, folder: Path) -> Paths:
    return Paths(
        manifest=work / "manifest.parquet",
        labels=work / "labels.parquet",
        work=work,
        checkpoints=folder / "checkpoints",
        out=folder / "out",
        weights=folder / "weights.yaml",
        weights_dir=folder / "weights",
    )


def train(work: Path, folder: Path, described: Branch, seed: int = 1, uri: str | None = None) -> Path:
    return train_branch(
        "X",
        described,
        paths(work, folder),
        seed=seed,
        loader=Loader(),
        device=CPU,
        tracking=None if uri is None else Tracking(uri=uri),
        experiment="corpus/system",
    )


def predict(work: Path, model: Path, split: str, out: Path) -> dict[str, np.ndarray]:
    predict_split(model, work / "manifest.parquet", work, split, out, device=CPU, loader=Loader())
    table = read_parquet(out, PREDICTIONS)
    return {name: np.array(table[name].to_pylist()) for name in table.column_names}


def rows_of(folder: Path) -> list[dict[str, str]]:
    with (folder / "metrics.csv").open() as stream:
        return list(csv.DictReader(stream))


CPU = Device(gpus=0, threads=1)
SAME_BYTES = ("model.safetensors", "branch.json", "metrics.csv")


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
    assert not (trained.parent / "checkpoints").exists(), "a training that has ended needs none"


def test_the_kept_score_is_that_of_all_validation_frames_together(trained: Path, corpus: Path, tmp_path: Path):
    predicted = predict(corpus, trained, "validation", tmp_path / "p.parquet")
    table = read_parquet(corpus / "labels.parquet", LABELS).to_pylist()
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
    described = branch(augment={"flip": 0.5, "crop": 0.1}, sequence={"length": 16, "stride": 8})
    first, second, other = (train(corpus, tmp_path / n, described, s) for n, s in (("a", 1), ("b", 1), ("c", 2)))
    for name in SAME_BYTES:
        assert (first / name).read_bytes() == (second / name).read_bytes(), name
    assert (first / "model.safetensors").read_bytes() != (other / "model.safetensors").read_bytes()


def script(work: Path, folder: Path, described: Branch, **more: str) -> list[str]:
    given = paths(work, folder)
    options = {
        "branch-name": "X",
        "branch": described.model_dump_json(),
        "manifest": given.manifest,
        "labels": given.labels,
        "work": given.work,
        "seed": 1,
        "device": '{"gpus": 0, "threads": 1}',
        "tracking": json.dumps({"uri": f"sqlite:///{folder}/mlflow.db"}),
        "experiment": "corpus/system",
        "checkpoints": given.checkpoints,
        "out": given.out,
    }
    named = [str(word) for name, value in (options | more).items() for word in (f"--{name}", value)]
    return [sys.executable, str(Path(__file__).parents[1] / "workflow/scripts/train.py"), *named]


def test_a_killed_training_goes_on_to_the_same_bytes(corpus: Path, tmp_path: Path):
    described = branch(epochs=6)
    whole = train(corpus, tmp_path / "whole", described)
    command = script(corpus, tmp_path, described)
    killed = subprocess.Popen(command, stderr=subprocess.PIPE, text=True, env=os.environ | {"LC_ALL": "C.UTF-8"})
    assert killed.stderr is not None
    for line in killed.stderr:
        if line.startswith("X: epoch 3/6"):
            killed.send_signal(signal.SIGKILL)
            break
    killed.wait()
    killed.stderr.close()
    assert not (tmp_path / "out/model.safetensors").exists()
    again = subprocess.run(command, capture_output=True, text=True)
    assert again.returncode == 0, again.stderr
    assert "going on from" in again.stderr
    assert "epoch 1/6" not in again.stderr
    for name in SAME_BYTES:
        assert (tmp_path / "out" / name).read_bytes() == (whole / name).read_bytes(), name
    run = json.loads((tmp_path / "out/run.json").read_text())
    assert run["resumed"] and run["mlflow_run"] and run["mlflow_failure"] is None


def test_checkpoints_of_other_settings_are_not_gone_on_from(corpus: Path, tmp_path: Path, capsys):
    folder = tmp_path / "checkpoints"
    folder.mkdir()
    (folder / "last.ckpt").write_bytes(b"of another training")
    (folder / "training.json").write_text(json.dumps({"digest": "0", "run_id": None}))
    train(corpus, tmp_path, branch(epochs=1))
    assert "other settings or data; starting anew" in capsys.readouterr().err


def test_a_loss_that_is_no_number_names_its_batch(corpus: Path, tmp_path: Path):
    described = branch(optimizer={"name": "sgd", "lr": 1e30})
    with pytest.raises(InputError, match=r"branch X: the loss became (nan|inf).*'train \d' frames \d+ to \d+.*lr"):
        train(corpus, tmp_path, described)
    assert not (tmp_path / "out").exists()


def test_early_stopping_keeps_the_best_epoch(corpus: Path, tmp_path: Path):
    described = branch(epochs=30, patience=2, optimizer={"name": "sgd", "lr": 1e-9}, schedule={"name": "plateau"})
    rows = rows_of(train(corpus, tmp_path, described))
    totals = [float(row["total"]) for row in rows]
    best = int(np.argmax(totals))
    assert len(rows) == best + 1 + 2 < 30
    assert json.loads((tmp_path / "out/branch.json").read_text())["kept"]["epoch"] == best + 1


def test_plateau_lowers_the_rate_and_constant_keeps_it(corpus: Path, tmp_path: Path):
    steady = {"name": "sgd", "lr": 1e-6}
    falling = branch(epochs=4, optimizer=steady, schedule={"name": "plateau", "patience": 0, "factor": 0.5})
    rates = [float(row["lr"]) for row in rows_of(train(corpus, tmp_path / "a", falling))]
    assert rates[0] == 1e-6 and rates[-1] in (5e-7, 2.5e-7)
    fixed = branch(epochs=2, optimizer=steady, schedule={"name": "constant"})
    assert {float(row["lr"]) for row in rows_of(train(corpus, tmp_path / "b", fixed))} == {1e-6}


def test_a_split_without_annotation_is_named(tmp_path: Path):
    everything = frozenset(range(40))
    _, _, work = make_corpus(tmp_path, [Person("p", "train"), Person("q", "validation", unannotated=everything)])
    with pytest.raises(InputError, match=r"'validation' has 1 subjects and 40 decoded frames.*none"):
        train(work, tmp_path, branch())


def test_missing_weights_are_named_before_the_first_epoch(corpus: Path, tmp_path: Path, root: Path):
    described = branch(network={"backbone": "resnet18", "width": 64, "hidden": 4}, init={"face": "imagenet_resnet18"})
    (tmp_path / "weights.yaml").write_bytes((root / "config/weights.yaml").read_bytes())
    with pytest.raises(InputError, match="affectflow weights fetch imagenet_resnet18"):
        train(corpus, tmp_path, described)


def test_a_run_is_logged_to_mlflow(corpus: Path, tmp_path: Path):
    from mlflow.tracking import MlflowClient

    uri = f"sqlite:///{tmp_path}/mlflow.db"
    stamp = tmp_path / "stamp"
    init = Path(__file__).parents[1] / "workflow/scripts/init_tracking.py"
    subprocess.run([sys.executable, str(init), "--uri", uri, "--out", str(stamp)], check=True, capture_output=True)
    assert stamp.exists() and (tmp_path / "mlflow.db").exists()
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
    command = Path(__file__).parents[1] / "workflow/scripts/predict.py"
    given = [
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
    done = subprocess.run([sys.executable, command, *given, "--split", "test", "--out", out], capture_output=True)
    assert done.returncode == 0, done.stderr
    assert pyarrow.parquet.read_table(out).num_rows == 21
    none = [sys.executable, command, *given, "--split", "x", "--out", tmp_path / "q.parquet"]
    failed = subprocess.run(none, capture_output=True, text=True)
    assert failed.returncode == 2 and failed.stderr.startswith("error: ") and "split 'x'" in failed.stderr


def test_labels_decide_what_counts(corpus: Path, tmp_path: Path):
    """Shuffled labels cannot be learnt as well as true ones."""
    table = read_parquet(corpus / "labels.parquet", LABELS)
    columns: dict[str, Any] = {name: table[name].combine_chunks() for name in table.column_names}
    order = np.random.default_rng(0).permutation(len(table))
    for name in ("valence", "arousal"):
        columns[name] = columns[name].to_numpy(zero_copy_only=False)[order]
    write_parquet(tmp_path / "labels.parquet", columns, LABELS)
    given = paths(corpus, tmp_path)
    out = train_branch(
        "X",
        branch(epochs=6),
        Paths(**(vars(given) | {"labels": tmp_path / "labels.parquet"})),
        seed=1,
        loader=Loader(),
        device=CPU,
        tracking=None,
        experiment="",
    )
    true = train(corpus, tmp_path / "true", branch(epochs=6))
    shuffled, real = (json.loads((f / "branch.json").read_text())["kept"]["total"] for f in (out, true))
    assert real > shuffled + 0.3
