"""Sets of features of faces in the settings: what lends them is trained first, or brought, and fits."""

from pathlib import Path
from typing import Any

import pytest
import torch

import affectflow.compute.torch_pair  # noqa: F401  must come before torchvision

# isort: split
import torchvision

from affectflow.config.model.feature_sets import FaceSet
from affectflow.config.reading import merge
from affectflow.config.system.settings import Run
from affectflow.config.validate import validated
from affectflow.core.errors import InputError
from affectflow.features.faces import FaceWeights, load_encoder
from affectflow.preflight.starts import check_starts, find_pictures, wanted_weights
from affectflow.pretrained.weights import fetch, read_registry

CORPORA = ("ferplus", "rafdb", "affectnet")


def run_of(**system: Any) -> Run:
    """A run whose branch L reads `dense` and `ires`; no branch reads `other`."""
    face = {"kind": "face", "backbone": "densenet"}
    base = {
        "name": "small",
        "pretraining": {
            "pre": {"images": ["ferplus", "affectnet"], "backbone": "densenet"},
            "unused": {"images": "rafdb", "backbone": "iresnet100"},
        },
        "features": {
            "dense": face | {"weights": "pre"},
            "ires": {"kind": "face", "backbone": "iresnet100", "weights": "ires100_expression"},
            "other": {"kind": "face", "backbone": "iresnet100", "weights": "unused"},
        },
        "tracks": {
            "va": {
                "branches": {
                    "L": {
                        "streams": ["features"],
                        "features": {"sets": ["dense", "ires"]},
                        "network": {"name": "segment_lstm"},
                    }
                },
                "methods": {"L": {"branches": ["L"]}},
                "submit": "L",
            }
        },
    }
    images = system.pop("images", {name: {"kind": name, "root": f"data/{name}"} for name in CORPORA})
    settings = {"corpus": {"kind": "demo"}, "images": images, "system": merge(base, system)}
    return validated(Run, settings, "settings.yaml")


def test_what_a_read_set_is_made_from_is_part_of_the_run(root: Path) -> None:
    run = run_of()
    assert set(run.feature_sets) == {"dense", "ires"} and set(run.pretrained) == {"pre"}
    assert run.pictured == ["affectnet", "ferplus"], "of all corpora of a pre-training that something reads"
    assert wanted_weights(run) == {"ires100_expression": "system.features.ires"}
    check_starts(run, read_registry(root / "config/weights.yaml"))
    assert wanted_weights(run_of(features={"ires": {"weights": "random_init"}})) == {}


def test_a_densenet_of_torchvision_is_what_the_registry_asks_for(root: Path, tmp_path: Path) -> None:
    """As people save it: trained on several devices, with its classifier."""
    theirs = torchvision.models.DenseNet(12, (16, 16, 16), 24, num_classes=8)
    torch.save({f"module.{key}": tensor for key, tensor in theirs.state_dict().items()}, tmp_path / "brought.pth")
    registry = root / "config/weights.yaml"
    fetch("densenet_fer", read_registry(registry), tmp_path, tmp_path / "brought.pth")
    face_set = FaceSet(kind="face", weights="densenet_fer", backbone="densenet")
    state = load_encoder(face_set, FaceWeights(None, registry, tmp_path)).state_dict()
    assert set(theirs.state_dict()) - set(state) == {"classifier.weight", "classifier.bias"}
    for key, tensor in state.items():
        assert torch.equal(tensor, theirs.state_dict()[key]), key


def test_the_sets_of_paper_004_start_from_published_weights_or_what_is_learnt_here(root: Path) -> None:
    face = {"kind": "face", "size": 224}
    sets = {
        "dense": face | {"backbone": "poster_v2", "weights": "poster_v2_affectnet7"},
        "ires": face | {"backbone": "vit_b_16", "weights": "pre"},
        "casia": face | {"backbone": "inception_resnet_v1", "weights": "inception_casia", "normalise": "facenet"},
        "regnet": face | {"backbone": "regnet_y_1_6gf", "weights": "imagenet_regnet_y_1_6gf"},
        "sound": {"kind": "deep_spectrum"},
    }
    run = run_of(
        features=sets,
        pretraining={"pre": {"images": "affectnet", "backbone": "vit_b_16", "size": 224, "init": "imagenet_vit_b_16"}},
        images={"affectnet": {"kind": "affectnet", "root": "data", "size": 224}},
        tracks={"va": {"branches": {"L": {"features": {"sets": list(sets)}}}}},
    )
    check_starts(run, read_registry(root / "config/weights.yaml"))
    assert wanted_weights(run) == {
        "imagenet_vit_b_16": "pre-training pre",
        "poster_v2_affectnet7": "system.features.dense",
        "inception_casia": "system.features.casia",
        "imagenet_regnet_y_1_6gf": "system.features.regnet",
        "imagenet_densenet121": "system.features.sound",
    }


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        (
            {"features": {"ires": {"weights": "nothing"}}},
            "system.features.ires starts from nothing, which is unknown",
        ),
        (
            {"pretraining": {"pre": {"images": ["ferplus", "fer"]}}},
            "pretraining.pre.images has fer, and the setting images",
        ),
        (
            {"pretraining": {"pre": {"size": 128}}},
            "features.dense.size is 112, and pretraining.pre has learnt with 128",
        ),
        (
            {"pretraining": {"pre": {"size": 128}}, "features": {"dense": {"size": 128}}},
            "pretraining.pre.size is 128, larger than images.ferplus.size (112)",
        ),
        (
            {"pretraining": {"pre": {"target": "va", "select": "total", "loss": {"ccc": 1}}}},
            "pretraining.pre.target is va, which images.ferplus (kind ferplus) is not annotated with",
        ),
        ({"pretraining": {"pre": {"images": []}}}, "images names nothing; expected corpora, each once"),
        (
            {"features": {"ires": {"backbone": "densenet121", "size": 28}}},
            "densenet121 sees pictures of 29 pixels and more, found size 28",
        ),
        ({"features": {"ires": {"backbone": "vit_b_16", "size": 100}}}, "sees patches of 16 pixels, found size 100"),
        (
            {"features": {"ires": {"backbone": "vit_b_16", "width": 4}}},
            "features.ires: published weights are of width 64, found width 4",
        ),
        (
            {"features": {"sound": {"kind": "deep_spectrum", "seconds": 0.1, "n_fft": 4096}}},
            "fewer than the 4096 of n_fft",
        ),
    ],
)
def test_what_does_not_fit_is_said(root: Path, changes: dict[str, Any], message: str) -> None:
    with pytest.raises(InputError) as caught:
        check_starts(run_of(**changes), read_registry(root / "config/weights.yaml"))
    assert message in str(caught.value)


def test_without_one_corpus_the_start_says_what_to_do() -> None:
    with pytest.raises(InputError) as caught:
        find_pictures(run_of())
    message = str(caught.value)
    assert "data/affectnet: no such folder" in message
    assert "leave it out of system.pretraining.pre.images" in message
    assert "system.features.dense.weights reads it" in message and "or set it to random_init" in message
