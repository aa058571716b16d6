"""Encoders that are pre-trained on still pictures: what they learn, how they go on, and what starts from them."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from killed_script import kill_at, run_again

import affectflow.compute.torch_pair  # noqa: F401  must come before torchvision

# isort: split
import torchvision
from affectnet_factory import write_later
from kills_lab import assert_goes_on_from_each
from safetensors.torch import load_file
from sklearn.metrics import accuracy_score, f1_score

from affectflow.config.data.images import AffectNetImages
from affectflow.config.system.execution import Device, Loader
from affectflow.config.training.pretraining import Pretraining
from affectflow.config.training.trained import Augment
from affectflow.config.validate import validated
from affectflow.core.errors import InputError
from affectflow.core.tasks import tasks_of
from affectflow.core.tracks import track_of
from affectflow.dataloading.images import Images
from affectflow.dataloading.inputs import normalise
from affectflow.datasets.images.registry import list_images
from affectflow.models.readout import Readout
from affectflow.networks.backbones.resnet import ResNet
from affectflow.networks.classifier import Classifier, as_published
from affectflow.networks.initial import load_backbone
from affectflow.preprocessing.face.images import write_images
from affectflow.tracking.store import client
from affectflow.training.image_data import ImageData
from affectflow.training.objective import Objective
from affectflow.training.pretrain import PretrainingPaths, pretrain

SPLITS = ("train", "validation")
SAME_BYTES = ("model.safetensors", "pretraining.json", "metrics.csv")


def encoder(**changes: Any) -> Pretraining:
    values: dict[str, Any] = {
        "images": "affectnet",
        "backbone": "resnet18",
        "width": 4,
        "size": 32,
        "optimizer": {"name": "adamw", "lr": 3e-3},
        "schedule": {"name": "onecycle"},
        "batch": 8,
        "epochs": 4,
    }
    return Pretraining.model_validate(values | changes)


@pytest.fixture(scope="module")
def faces(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Stored faces of a tiny AffectNet."""
    root = tmp_path_factory.mktemp("affectnet")
    write_later(root, {"train": 88, "validation": 32})
    corpus = AffectNetImages(kind="affectnet", root=root, size=32)
    for split in SPLITS:
        write_images(list_images(corpus, split), 32, 95, root / f"{split}.arrow", root / f"{split}.csv", split)
    return root


def paths(faces: Path, folder: Path, root: Path) -> PretrainingPaths:
    return PretrainingPaths(
        train={"affectnet": faces / "train.arrow"},
        validation={"affectnet": faces / "validation.arrow"},
        checkpoints=folder / "checkpoints",
        out=folder / "out",
        weights=root / "config/weights.yaml",
        weights_dir=folder / "weights",
    )


def run(faces: Path, folder: Path, root: Path, settings: Pretraining, seed: int = 1) -> Path:
    return pretrain(
        "tiny",
        settings,
        paths(faces, folder, root),
        seed=seed,
        loader=Loader(),
        device=Device(gpus=0, threads=1),
        tracking=None,
        experiment="",
    )


@pytest.mark.parametrize("classes", [7, 8])
def test_pictures_of_other_classes_are_not_learnt(faces: Path, classes: int) -> None:
    """Of 88 pictures, eleven in turn are of all eleven kinds, and then one in eight is of contempt."""
    images = Images({"affectnet": faces / "train.arrow"}, encoder(classes=classes).track, 32)
    kinds = [n % 11 if n < 11 else n % 8 for n in range(88)]
    assert len(images) == sum(kind < classes for kind in kinds)
    assert set(images.targets[:, 0]) == set(range(classes))
    sample = images[0]
    assert sample["face"].shape == (32, 32, 3) and sample["face"].dtype == torch.uint8


def test_classes_can_be_weighted_and_pictures_changed(faces: Path, tmp_path: Path, root: Path) -> None:
    """The loss is the weighted mean over the pictures, each weighted by how rare its class is: here by numpy."""
    settings = encoder(batch=88, epochs=1, loss={"class_weights": "balanced"}, augment={"flip": 1.0})
    files = [{"affectnet": faces / f"{split}.arrow"} for split in SPLITS]
    data = ImageData(settings, *files, 1, Loader()).train
    classes = data.targets[:, 0].astype(int)
    objective = Objective(Readout(tasks_of("expr", "abaw2")), settings.loss, data.targets)
    raw = torch.randn(len(classes), 7, generator=torch.Generator().manual_seed(0), dtype=torch.float64)
    mask = torch.ones(len(classes), dtype=torch.bool)
    loss = float(objective.double()(raw, torch.from_numpy(data.targets).double(), mask))
    cost = -torch.log_softmax(raw, 1).numpy()[np.arange(len(classes)), classes]
    weight = (1 / np.bincount(classes))[classes]
    assert loss == pytest.approx((cost * weight).sum() / weight.sum()) and loss != pytest.approx(cost.mean())
    assert data[0]["draw"][0] == 1, "mirrored"
    record = json.loads((run(faces, tmp_path, root, settings) / "pretraining.json").read_text())
    assert record["settings"]["loss"]["class_weights"] == "balanced"


def test_random_changes_follow_from_seed_epoch_and_picture(faces: Path) -> None:
    images = Images({"x": faces / "train.arrow"}, track_of("expr"), 32, Augment(flip=0.5, crop=0.1), seed=3)
    first = images[5]["draw"]
    assert torch.equal(first, images[5]["draw"])
    images.epoch = 1
    assert not torch.equal(first, images[5]["draw"])


def test_an_encoder_learns_and_its_folder_says_all(faces: Path, tmp_path: Path, root: Path) -> None:
    out = run(faces, tmp_path, root, encoder(epochs=10))
    record = json.loads((out / "pretraining.json").read_text())
    assert record["kept"]["accuracy"] > 0.9
    assert record["outputs"] == ["neutral", "anger", "disgust", "fear", "happiness", "sadness", "surprise"]
    assert Pretraining.model_validate(record["settings"]) == encoder(epochs=10)
    assert {path.name for path in out.iterdir()} == {*SAME_BYTES, "run.json", "curves.png", "validation.png"}
    # The scores are those of the kept parameters on all validation pictures, by scikit-learn.
    network = Classifier("resnet18", 4, 32, 7)
    stored = load_file(out / "model.safetensors")
    assert stored.keys() == as_published(network.state_dict()).keys()
    network.load_state_dict({key: stored[key.removeprefix("encoder.")] for key in network.state_dict()})
    images = Images({"affectnet": faces / "validation.arrow"}, encoder().track, 32)
    with torch.inference_mode():
        pictures = torch.stack([images[n]["face"] for n in range(len(images))])
        predicted = network.eval()(normalise(pictures, "imagenet")).argmax(1).numpy()
    assert record["pictures"]["validation"] == len(images)
    assert record["kept"]["accuracy"] == pytest.approx(accuracy_score(images.targets[:, 0], predicted), abs=1e-9)
    assert record["kept"]["f1"] == pytest.approx(f1_score(images.targets[:, 0], predicted, average="macro"), abs=1e-9)


def test_valence_and_arousal_can_be_learnt_instead(faces: Path, tmp_path: Path, root: Path) -> None:
    out = run(faces, tmp_path, root, encoder(target="va", select="total", epochs=1))
    assert load_file(out / "model.safetensors")["classifier.weight"].shape[0] == 2
    assert "ccc_valence" in json.loads((out / "pretraining.json").read_text())["kept"]


def test_a_backbone_takes_all_of_an_encoder_but_its_classifier(faces: Path, tmp_path: Path, root: Path) -> None:
    state = load_file(run(faces, tmp_path, root, encoder(epochs=1)) / "model.safetensors")
    backbone = ResNet("resnet18", 4)
    load_backbone(backbone, state, "tiny")
    assert set(state) - set(backbone.state_dict()) == {"classifier.weight", "classifier.bias"}
    for name, tensor in backbone.state_dict().items():
        assert torch.equal(tensor, state[name]), name


def test_an_encoder_may_itself_start_from_published_weights() -> None:
    published = torchvision.models.resnet18(weights=None).state_dict()
    network = ResNet("resnet18", 64)
    load_backbone(network, published, "imagenet_resnet18")
    assert torch.equal(network.layer4[1].conv2.weight, published["layer4.1.conv2.weight"])


def test_same_seed_same_bytes_and_another_seed_others(faces: Path, tmp_path: Path, root: Path) -> None:
    settings = encoder(epochs=2, augment={"flip": 0.5, "crop": 0.1})
    first, second, other = (run(faces, tmp_path / n, root, settings, s) for n, s in (("a", 1), ("b", 1), ("c", 2)))
    for name in SAME_BYTES:
        assert (first / name).read_bytes() == (second / name).read_bytes(), name
    assert (first / "model.safetensors").read_bytes() != (other / "model.safetensors").read_bytes()


def test_a_killed_pre_training_goes_on_to_the_same_bytes(faces: Path, tmp_path: Path, root: Path) -> None:
    settings = encoder(epochs=5)
    whole = run(faces, tmp_path / "whole", root, settings)
    run_paths, uri = paths(faces, tmp_path, root), f"sqlite:///{tmp_path}/mlflow.db"
    options = {
        "name": "tiny",
        "pretraining": settings.model_dump_json(),
        **{split: f"affectnet={faces / f'{split}.arrow'}" for split in SPLITS},
        "seed": 1,
        "device": '{"gpus": 0, "threads": 1}',
        "tracking": json.dumps({"uri": uri}),
        "experiment": "corpus/system",
        "checkpoints": run_paths.checkpoints,
        "out": run_paths.out,
    }
    words = [str(word) for name, value in options.items() for word in (f"--{name}", value)]
    words.insert(0, str(root / "workflow/scripts/pretrain.py"))
    kill_at(words, "tiny: epoch 2/5")
    assert not (tmp_path / "out/model.safetensors").exists()
    rerun = run_again(words)
    assert rerun.returncode == 0, rerun.stderr
    assert "going on from" in rerun.stderr and "epoch 1/5" not in rerun.stderr
    for name in SAME_BYTES:
        assert (tmp_path / "out" / name).read_bytes() == (whole / name).read_bytes(), name
    record = json.loads((tmp_path / "out/run.json").read_text())
    assert record["resumed"] and record["mlflow_run"] and record["mlflow_failure"] is None, rerun.stderr
    _assert_logged(uri, record["mlflow_run"], whole)


@pytest.mark.parametrize(
    "changes",
    [{"schedule": {"name": "plateau", "patience": 0}, "ema": 0.9}, {"patience": 1}],
    ids=["plateau and average", "stop"],
)
def test_a_pre_training_goes_on_after_any_kill(
    faces: Path, tmp_path: Path, root: Path, changes: dict[str, Any], monkeypatch: Any, capsys: Any
) -> None:
    settings = encoder(**{"epochs": 7, "optimizer": {"name": "sgd", "lr": 0.05}} | changes)
    rows = assert_goes_on_from_each(
        lambda where: run(faces, where, root, settings), tmp_path, SAME_BYTES, monkeypatch, capsys
    )
    assert len(rows) < 7 if "patience" in changes else len({row["lr"] for row in rows}) > 1


def _assert_logged(uri: str, run_id: str, folder: Path) -> None:
    mlflow_run = client(uri).get_run(run_id)
    kept = json.loads((folder / "pretraining.json").read_text())["kept"]
    assert mlflow_run.info.status == "FINISHED" and mlflow_run.info.run_name == "tiny seed 1"
    assert mlflow_run.data.params["pretraining.optimizer.lr"] == "0.003"
    assert mlflow_run.data.tags["affectflow.pretraining"] == "tiny"
    assert mlflow_run.data.metrics["kept_accuracy"] == kept["accuracy"]


def test_missing_weights_are_named_before_the_first_epoch(faces: Path, tmp_path: Path, root: Path) -> None:
    with pytest.raises(InputError, match="affectflow weights fetch imagenet_resnet18"):
        run(faces, tmp_path, root, encoder(width=64, init="imagenet_resnet18"))


def test_a_loss_that_is_no_number_names_its_pictures(faces: Path, tmp_path: Path, root: Path) -> None:
    settings = encoder(optimizer={"name": "sgd", "lr": 1e30})
    with pytest.raises(InputError, match=r"pretraining tiny: the loss became (nan|inf).*pictures affectnet '\d+\.jpg'"):
        run(faces, tmp_path, root, settings)


def test_pictures_without_a_wanted_label_are_an_error(faces: Path, tmp_path: Path) -> None:
    write_later(tmp_path, {"train": 11, "validation": 1})
    for path in (tmp_path / "train_set/annotations").glob("*_exp.npy"):
        np.save(path, np.array(8))
    corpus = AffectNetImages(kind="affectnet", root=tmp_path, size=32)
    write_images(list_images(corpus, "train"), 32, 95, tmp_path / "f.arrow", tmp_path / "l.csv", "train")
    with pytest.raises(InputError, match="none of 9 pictures is annotated with expression"):
        Images({"affectnet": tmp_path / "f.arrow"}, track_of("expr"), 32)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"select": "ccc_valence"}, "select is 'ccc_valence', expected one of f1, accuracy, total"),
        ({"target": "va"}, "select is 'accuracy', expected one of ccc_valence, ccc_arousal, total"),
        ({"init": "imagenet_resnet18"}, "init needs the published width 64, found width 4"),
        ({"loss": {"cross_entropy": 0}}, "loss leaves nothing to learn from where target is expression"),
        ({"loss": {"embedding": 1}}, "loss.embedding is for branches"),
        ({"target": "va", "select": "total", "loss": {"class_weights": "balanced"}}, "target va has none"),
        ({"images": []}, "images names nothing; expected corpora, each once"),
        ({"images": ["a", "b", "a"]}, "images names a, b, a; expected corpora, each once"),
        ({"backbone": "resnet34"}, "backbone"),
        ({"backbone": "vit_b_16", "size": 40}, "vit_b_16 sees patches of 16 pixels, found size 40"),
        ({"backbone": "inception_resnet_v1"}, "inception_resnet_v1 sees pictures of 75 pixels and more, found size 32"),
        ({"bach": 3}, "bach: no such setting; did you mean batch?"),
    ],
)
def test_wrong_settings_say_what_to_change(changes: dict[str, Any], message: str) -> None:
    with pytest.raises(InputError) as caught:
        validated(Pretraining, encoder().model_dump() | changes, "x.yaml")
    assert message in str(caught.value)
