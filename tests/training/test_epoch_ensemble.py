"""Branches that keep the network of several epochs, and those that learn from the validation split, too."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from artifact_factory import Person, make_corpus
from edges_lab import run_of
from killed_script import kill_at, run_again
from safetensors.torch import load_file
from segments_lab import CPU, PEOPLE, data_of, lstm, predict, train, write_corpus
from training_lab import SAME_BYTES, branch, rows_of, train_words

from affectflow.artifacts.layout import SETTINGS
from affectflow.config.system.branch import Branch
from affectflow.config.system.execution import Loader
from affectflow.core.errors import InputError
from affectflow.core.tasks import tasks_of
from affectflow.dataloading.index import Labelled, read_indices
from affectflow.inference.features import write_features
from affectflow.models.folder import load_model, save_json, save_model
from affectflow.tracking.served import Served
from affectflow.tracking.upload import _kept_metrics


@pytest.fixture(scope="module")
def corpus(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_corpus(tmp_path_factory.mktemp("corpus"))


KEEPS = {"epochs": 5, "epoch_ensemble": (2, 4), "patience": 1}


@pytest.fixture(scope="module")
def ensemble(corpus: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return train(corpus, tmp_path_factory.mktemp("kept"), lstm(**KEEPS))


def single(ensemble: Path, epoch: int, folder: Path, branch: Branch) -> Path:
    """One of the kept networks, as a branch of its own."""
    values = json.loads((ensemble / SETTINGS).read_text()) | {"settings": branch.model_dump(mode="json")}
    state = load_file(ensemble / "model.safetensors")
    prefix = f"epoch{epoch}."
    folder.mkdir()
    save_model(folder, {name.removeprefix(prefix): tensor for name, tensor in state.items() if name.startswith(prefix)})
    save_json(folder / SETTINGS, values)
    return folder


def test_training_stops_after_the_last_and_says_which_are_kept(ensemble: Path) -> None:
    rows = rows_of(ensemble)
    assert [row["epoch"] for row in rows] == ["1", "2", "3", "4"], "of 5, and patience of 1 stops nothing"
    record = json.loads((ensemble / SETTINGS).read_text())
    assert [{name: str(value) for name, value in row.items()} for row in record["kept"]] == rows[1:]
    names = load_file(ensemble / "model.safetensors")
    assert {name.partition(".")[0] for name in names} == {"epoch2", "epoch3", "epoch4"}
    assert "epoch3.standardised.mean" in names and "epoch3.encoder.0.weight_ih_l0" in names
    assert len(names) % 3 == 0
    assert not torch.equal(names["epoch2.fusion.weight"], names["epoch3.fusion.weight"])


@pytest.mark.parametrize("epoch", [1, 4])
def test_an_epoch_s_network_is_the_one_after_it(corpus: Path, ensemble: Path, tmp_path: Path, epoch: int) -> None:
    """A training of so many epochs that keeps its last has the same one."""
    if epoch == 1:
        ensemble = train(corpus, tmp_path / "one", lstm(epochs=5, epoch_ensemble=(1, 1)))
    alone = train(corpus, tmp_path / "alone", lstm(epochs=epoch, epoch_ensemble=(epoch, epoch)))
    first, second = (load_file(folder / "model.safetensors") for folder in (ensemble, alone))
    names = [name for name in first if name.startswith(f"epoch{epoch}.")]
    assert names and all(torch.equal(first[name], second[name]) for name in names)


def test_what_several_epochs_predict_is_averaged(corpus: Path, ensemble: Path, tmp_path: Path) -> None:
    predicted = predict(corpus, ensemble, "test", tmp_path / "p.parquet")
    models = [single(ensemble, epoch, tmp_path / str(epoch), lstm(epochs=5)) for epoch in (2, 3, 4)]
    each = [predict(corpus, model, "test", tmp_path / f"{model.name}.parquet") for model in models]
    assert np.abs(each[0]["i"] - each[2]["i"]).max() > 1e-3
    for name, values in predicted.items():
        np.testing.assert_allclose(values, np.mean([predictions[name] for predictions in each], axis=0), atol=1e-6)


def test_mlflow_serves_the_mean_too(ensemble: Path, tmp_path: Path) -> None:
    features = np.random.default_rng(0).normal(size=(1, 8, 5)).astype(np.float32)
    models = [single(ensemble, epoch, tmp_path / str(epoch), lstm(epochs=5)) for epoch in (2, 3, 4)]
    served = Served(load_model(ensemble)).predict({"features": features})
    each = [Served(load_model(model)).predict({"features": features}) for model in models]
    np.testing.assert_allclose(served, np.mean(each, axis=0), atol=1e-6)


def test_each_kept_epoch_is_logged_at_its_own() -> None:
    notes = [{"time": 10 * k} for k in range(1, 5)]
    assert _kept_metrics([{"epoch": 2, "total": 0.5}, {"epoch": 3, "total": 0.25}], notes) == [
        (2, 20, {"kept_epoch": 2, "kept_total": 0.5}),
        (3, 30, {"kept_epoch": 3, "kept_total": 0.25}),
    ]
    assert _kept_metrics({"epoch": 1, "total": 0.5}, notes) == [(4, 40, {"kept_epoch": 1, "kept_total": 0.5})]


def test_a_killed_training_keeps_the_same_bytes(corpus: Path, tmp_path: Path) -> None:
    settings = branch(epochs=6, epoch_ensemble=(2, 4))
    whole = train(corpus, tmp_path / "whole", settings)
    words = train_words(corpus, tmp_path, settings)
    kill_at(words, "X: epoch 3/4")
    assert (tmp_path / "checkpoints/epoch2.safetensors").exists()
    rerun = run_again(words)
    assert rerun.returncode == 0 and "going on from" in rerun.stderr, rerun.stderr
    assert "epoch 1/4" not in rerun.stderr
    for name in SAME_BYTES:
        assert (tmp_path / "out" / name).read_bytes() == (whole / name).read_bytes(), name
    (tmp_path / "checkpoints/epoch3.safetensors").unlink()
    incomplete = run_again(words)
    assert incomplete.returncode == 2 and "Delete" in incomplete.stderr and "epoch3.safetensors" in incomplete.stderr


def test_a_model_that_lacks_an_epoch_is_not_whole(ensemble: Path, tmp_path: Path) -> None:
    state = load_file(ensemble / "model.safetensors")
    save_json(tmp_path / SETTINGS, json.loads((ensemble / SETTINGS).read_text()))
    for broken in (
        {name: tensor for name, tensor in state.items() if not name.startswith("epoch3.")},
        state | {"epoch5.standardised.mean": state["epoch4.standardised.mean"].clone()},
    ):
        save_model(tmp_path, broken)
        with pytest.raises(InputError, match="not a whole trained branch"):
            load_model(tmp_path)


def test_nothing_is_made_from_several_epochs(corpus: Path, ensemble: Path, tmp_path: Path) -> None:
    with pytest.raises(InputError, match="keeps the epochs 2 to 4, whose predictions are averaged"):
        _ = load_model(ensemble).network
    changes = {"init": {"all": "K"}}
    with pytest.raises(InputError, match="holds the network after several epochs"):
        train(corpus, tmp_path / "x", lstm(**changes), pretrained={"K": ensemble / "model.safetensors"})
    faces = train(corpus, tmp_path / "faces", cnn(epoch_ensemble=(1, 2), epochs=2))
    with pytest.raises(InputError, match="keeps the epochs 1 to 2"):
        manifest = corpus / "manifest.parquet"
        write_features(faces, [manifest], corpus, "test", tmp_path / "f.arrow", device=CPU, loader=Loader())


def cnn(**changes: Any) -> Branch:
    """A CNN on single faces."""
    network = {"name": "head_cnn", "backbone": "resnet18", "width": 4, "hidden": 6}
    return branch(network=network, sequence={"length": 1, "stride": 1}, **changes)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"T": {"epoch_ensemble": [1, 2]}}, "S is made from T, which keeps several epochs"),
        ({"S": {"epoch_ensemble": [1, 2]}}, "G is made from S, which keeps several epochs"),
        ({"G": {"epoch_ensemble": [1, 2]}}, "H is made from G, which keeps several epochs"),
        ({"T": {"epoch_ensemble": [2, 1]}}, "expected epochs in order"),
    ],
)
def test_settings_say_what_cannot_be_made_from_several_epochs(changes: dict[str, Any], message: str) -> None:
    assert run_of(H={"epoch_ensemble": [1, 2]}).system.tracks["va"].branches["H"].epoch_ensemble == (1, 2)
    with pytest.raises(InputError, match=message):
        run_of(**changes)


def test_mixed_learns_from_the_validation_split_and_says_so(corpus: Path, tmp_path: Path, capsys: Any) -> None:
    mixed = branch(fit_on="train_and_validation", epochs=2, epoch_ensemble=(1, 2))
    data = data_of(corpus, mixed)
    assert [entry.subject for entry in data.train.index.subjects] == ["a", "b", "c", "d", "e", "f", "g"]
    assert data.train.index.split == "train"
    assert {entry.subject for entry in data.validation.index.subjects} == {"e", "f", "g"}
    annotated = np.concatenate([person.affect() for person in PEOPLE if person.split == "validation"])
    np.testing.assert_array_equal(data.targets[-len(annotated) :], annotated)
    out = train(corpus, tmp_path / "mixed", mixed)
    lines = [line for line in capsys.readouterr().err.splitlines() if line.startswith("X: epoch")]
    assert len(lines) == 2 and all("of people whom it has learnt from" in line for line in lines)
    record = json.loads((out / SETTINGS).read_text())
    assert "has learnt from the validation split" in record["note"]
    assert record["splits"]["train"]["subjects"] == 7
    plain = train(corpus, tmp_path / "plain", branch(epochs=2, epoch_ensemble=(1, 2)))
    assert "learnt from" not in capsys.readouterr().err
    assert json.loads((plain / SETTINGS).read_text())["note"] == ""
    assert (plain / "model.safetensors").read_bytes() != (out / "model.safetensors").read_bytes()


def test_mixed_leaves_out_whom_another_track_tests_on(tmp_path: Path) -> None:
    """Of two tracks p is in train and validation, q in train and test, r in validation and test."""
    for track, splits in {"va": ("train", "train", "validation"), "expr": ("validation", "test", "test")}.items():
        people = [Person(name, split, 4) for name, split in zip("pqr", splits, strict=True)]
        make_corpus(tmp_path / track, [*people, Person(f"own {track}", "train", 4)])
    sources = [Labelled(tmp_path / track / "work/manifest.parquet", None) for track in ("va", "expr")]
    both = tasks_of("va+expr", "abaw2")
    index = read_indices(sources, "train", both, "leave_out", also=("validation",))
    assert [entry.subject for entry in index.subjects] == ["own expr", "own va", "p"]
    assert index.left_out == ("q", "r")
    alone = read_indices(sources, "train", both, "leave_out")
    assert [entry.subject for entry in alone.subjects] == ["own expr", "own va"]
