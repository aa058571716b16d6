"""Interrupted training goes on; schedules and stopping; losses that are no numbers."""

import json
from pathlib import Path

import numpy as np
import pytest
from artifact_factory import make_corpus
from killed_script import kill_at, run_again
from training_lab import PEOPLE, SAME_BYTES, branch, rows_of, train, train_words

from affectflow.core.errors import InputError


@pytest.fixture(scope="module")
def corpus(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("corpus")
    make_corpus(root, PEOPLE)
    return root / "work"


def test_a_killed_training_goes_on_to_the_same_bytes(corpus: Path, tmp_path: Path):
    settings = branch(epochs=6)
    whole = train(corpus, tmp_path / "whole", settings)
    words = train_words(corpus, tmp_path, settings)
    kill_at(words, "X: epoch 3/6")
    assert not (tmp_path / "out/model.safetensors").exists()
    rerun = run_again(words)
    assert rerun.returncode == 0, rerun.stderr
    assert "going on from" in rerun.stderr
    assert "epoch 1/6" not in rerun.stderr
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
    settings = branch(optimizer={"name": "sgd", "lr": 1e30})
    with pytest.raises(InputError, match=r"branch X: the loss became (nan|inf).*'train \d' frames \d+ to \d+.*lr"):
        train(corpus, tmp_path, settings)
    assert not (tmp_path / "out").exists()


def test_early_stopping_keeps_the_best_epoch(corpus: Path, tmp_path: Path):
    settings = branch(epochs=30, patience=2, optimizer={"name": "sgd", "lr": 1e-9}, schedule={"name": "plateau"})
    rows = rows_of(train(corpus, tmp_path, settings))
    totals = [float(row["total"]) for row in rows]
    best = int(np.argmax(totals))
    assert len(rows) == best + 1 + 2 < 30
    assert json.loads((tmp_path / "out/branch.json").read_text())["kept"]["epoch"] == best + 1


def test_plateau_lowers_the_rate_and_constant_keeps_it(corpus: Path, tmp_path: Path):
    optimizer = {"name": "sgd", "lr": 1e-6}
    falling = branch(epochs=4, optimizer=optimizer, schedule={"name": "plateau", "patience": 0, "factor": 0.5})
    rates = [float(row["lr"]) for row in rows_of(train(corpus, tmp_path / "a", falling))]
    assert rates[0] == 1e-6 and rates[-1] in (5e-7, 2.5e-7)
    fixed = branch(epochs=2, optimizer=optimizer, schedule={"name": "constant"})
    assert {float(row["lr"]) for row in rows_of(train(corpus, tmp_path / "b", fixed))} == {1e-6}
