"""Pre-training on several corpora as one set of pictures, and of the encoders that lend their features (Meng et
al.)."""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from affectnet_factory import write_later
from safetensors.torch import load_file
from sklearn.metrics import accuracy_score
from stills_factory import corpus, write_ferplus, write_rafdb

from affectflow.artifacts.schemas import IMAGES
from affectflow.artifacts.tables import arrow_writer, read_arrow
from affectflow.config.system.execution import Device, Loader
from affectflow.config.training.pretraining import Pretraining
from affectflow.config.training.trained import Augment
from affectflow.core.errors import InputError
from affectflow.core.tracks import track_of
from affectflow.dataloading.images import Images
from affectflow.dataloading.inputs import normalise
from affectflow.datasets.images.registry import list_images
from affectflow.networks.encoders import build_encoder
from affectflow.networks.initial import load_backbone
from affectflow.preprocessing.face.images import write_images
from affectflow.pretrained.weights import fetch, read_registry
from affectflow.training.pretrain import PretrainingPaths, pretrain

NAMES = ("ferplus", "rafdb", "affectnet")


def settings(images: str | Sequence[str], **changes: Any) -> Pretraining:
    values: dict[str, Any] = {
        "images": images,
        "backbone": "iresnet18",
        "width": 4,
        "size": 32,
        "optimizer": {"name": "adamw", "lr": 3e-3},
        "schedule": {"name": "constant"},
        "augment": {"flip": 0.5, "crop": 0.1},
        "batch": 16,
        "epochs": 3,
    }
    return Pretraining.model_validate(values | changes)


@pytest.fixture(scope="module")
def stored(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Stored faces of tiny corpora of three kinds, in a folder each, and of all three as one in `all`."""
    root = tmp_path_factory.mktemp("corpora")
    write_ferplus(root / "given/ferplus", 40)
    write_rafdb(root / "given/rafdb", train=21)
    write_later(root / "given/affectnet", {"train": 30, "validation": 16})
    for split in ("train", "validation"):
        for name in NAMES:
            stills = list_images(corpus(name, root / "given" / name), split)
            write_images(stills, 32, 95, root / f"{name}/{split}.arrow", root / f"{name}/{split}.csv", split)
        with arrow_writer(root / f"all/{split}.arrow", IMAGES) as out:
            for name in NAMES:
                for row in read_arrow(root / f"{name}/{split}.arrow", IMAGES).to_pylist():
                    out.append(row)
    return root


def run(stored: Path, folder: Path, pretraining: Pretraining, names: Sequence[str] | None = None) -> Path:
    train, validation = (
        {name: stored / name / f"{split}.arrow" for name in names or pretraining.corpora}
        for split in ("train", "validation")
    )
    return pretrain(
        "tiny",
        pretraining,
        PretrainingPaths(train, validation, folder / "checkpoints", folder / "out", folder / "x.yaml", folder),
        seed=1,
        loader=Loader(),
        device=Device(gpus=0, threads=1),
        tracking=None,
        experiment="",
    )


def read_record(out: Path) -> dict[str, Any]:
    return dict(json.loads((out / "pretraining.json").read_text()))


def test_several_corpora_are_learnt_as_one_set_of_pictures(stored: Path, tmp_path: Path) -> None:
    several = run(stored, tmp_path / "several", settings(NAMES))
    one = run(stored, tmp_path / "one", settings("all"))
    assert (several / "model.safetensors").read_bytes() == (one / "model.safetensors").read_bytes()
    kept, whole = read_record(several)["kept"], read_record(one)["kept"]
    assert {key: kept[key] for key in whole} == whole
    assert read_record(several)["pictures"] == read_record(one)["pictures"]
    assert "corpora" not in read_record(one)


def test_scores_on_each_corpus_are_those_of_the_kept_parameters(stored: Path, tmp_path: Path) -> None:
    out = run(stored, tmp_path, settings(NAMES))
    state = load_file(out / "model.safetensors")
    encoder = build_encoder("iresnet18", 4, 32)
    load_backbone(encoder, state, "tiny")
    record = read_record(out)
    right = 0.0
    for name in NAMES:
        images = Images({name: stored / name / "validation.arrow"}, settings(name).track, 32)
        with torch.inference_mode():
            features = encoder.eval()(normalise(torch.stack([sample["face"] for sample in images]), "imagenet"))
            predicted = (features @ state["classifier.weight"].T + state["classifier.bias"]).argmax(1).numpy()
        entry = record["corpora"][name]
        assert entry["validation"] == len(images) and entry["train"] > entry["validation"] > 5
        assert entry["kept"]["accuracy"] == pytest.approx(accuracy_score(images.targets[:, 0], predicted), abs=1e-6)
        right += entry["kept"]["accuracy"] * entry["validation"]
    assert record["pictures"]["validation"] == sum(entry["validation"] for entry in record["corpora"].values())
    assert record["kept"]["accuracy"] == pytest.approx(right / record["pictures"]["validation"])
    header = (out / "metrics.csv").read_text().splitlines()[0].split(",")
    assert {f"{name}_accuracy" for name in NAMES} <= set(header)


def test_samples_say_their_corpus_and_are_each_changed_by_itself(stored: Path) -> None:
    files = {name: stored / name / "train.arrow" for name in NAMES}
    images = Images(files, track_of("expr"), 32, Augment(flip=0.5, crop=0.1), seed=1)
    assert list(images.sizes) == list(NAMES) and sum(images.sizes.values()) == len(images)
    names = [images.name(number) for number in range(len(images))]
    assert [name.split()[0] for name in names] == [name for name in NAMES for _ in range(images.sizes[name])]
    assert names[images.sizes["ferplus"]] == "rafdb 'train_00001.jpg'" and len(set(names)) == len(names)
    draws = np.stack([images[number]["draw"].numpy() for number in range(len(images))])
    assert len(np.unique(draws, axis=0)) == len(images)
    assert list(images.parts()) == list(NAMES)
    for name, part in images.parts().items():
        alone = Images({name: files[name]}, track_of("expr"), 32)
        assert np.array_equal(images.targets[part], alone.targets)
        assert torch.equal(images[part.start]["face"], alone[0]["face"])


@pytest.mark.parametrize("backbone", ["densenet", "iresnet18", "vit_b_16"])
def test_the_encoders_of_features_learn(stored: Path, tmp_path: Path, backbone: str) -> None:
    changes = {"augment": {}, "epochs": 12, "width": 8, "size": 32}
    record = read_record(run(stored, tmp_path, settings("affectnet", backbone=backbone, **changes)))
    assert record["kept"]["accuracy"] > 0.8
    assert record["parameters"]["classifier"] == 7 * (1 + {"densenet": 342, "iresnet18": 512, "vit_b_16": 96}[backbone])


def test_pictures_of_other_corpora_than_the_settings_name_are_refused(stored: Path, tmp_path: Path) -> None:
    with pytest.raises(InputError, match="pictures are given of ferplus, expected those of ferplus, rafdb, affectnet"):
        run(stored, tmp_path, settings(NAMES), ["ferplus"])


def test_published_weights_start_an_encoder_of_their_own_kind_alone(stored: Path, tmp_path: Path) -> None:
    """The 342 numbers of a DenseNet, which a DenseNet takes and an IResNet refuses before the first epoch."""
    source = {"title": "a network", "licence": "free", "used_by": "tests", "format": "checkpoint", "how": "ask"}
    (tmp_path / "x.yaml").write_text(json.dumps({"net": source}))
    published = build_encoder("densenet", 64, 32).state_dict()
    torch.save(published, tmp_path / "net.pth")
    fetch("net", read_registry(tmp_path / "x.yaml"), tmp_path, tmp_path / "net.pth")
    options = {"optimizer": {"name": "sgd", "lr": 1e-30, "weight_decay": 0.0}, "width": 64, "init": "net", "epochs": 1}
    state = load_file(run(stored, tmp_path, settings("rafdb", backbone="densenet", **options)) / "model.safetensors")
    convolutions = [name for name, tensor in published.items() if tensor.dim() == 4]
    assert len(convolutions) == 1 + 3 * 32 + 2
    for name in convolutions:
        assert torch.equal(state[name], published[name]), name
    with pytest.raises(InputError, match=r"net \(init of pretraining tiny\) lack .* change backbone, size or init"):
        run(stored, tmp_path, settings("rafdb", **options))
