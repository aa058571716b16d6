"""Frozen features of faces by the real workflow: their encoder is trained first, on several corpora."""

import json
from typing import Any

import numpy as np
import pytest
from affectnet_factory import write_later
from miniature import SETTINGS, Miniature, make_miniature
from stills_factory import write_rafdb

from affectflow.artifacts.record import read_record, record_path
from affectflow.artifacts.schemas import FACES, SET_FEATURES
from affectflow.artifacts.tables import read_arrow
from affectflow.lineage.chain import Chain

pytestmark = pytest.mark.slow

SETS = {"dense": 342, "random": 512}
TARGETS = [f"work/demo/features/{name}/video6.arrow" for name in SETS]
ENCODER = "models/images/faces/pre/123/model.safetensors"


def settings(pre: dict[str, Any] | None = None, dense: dict[str, Any] | None = None) -> dict[str, Any]:
    """One branch that reads two sets of faces: one whose encoder is pre-trained, and one with random weights."""
    branch = {
        "streams": ["features"],
        "features": {"sets": list(SETS)},
        "network": {"name": "head_gru", "reads": "all"},
    }
    pretraining = {"images": ["affectnet", "rafdb"], "backbone": "densenet", "size": 32, "batch": 8, "epochs": 1}
    faces = {"kind": "face", "size": 32}
    return {
        "corpus": SETTINGS["corpus"],
        "device": {"threads": 1},
        "images": {name: {"kind": name, "root": f"data/{name}", "size": 32} for name in ("affectnet", "rafdb")},
        "system": {
            "name": "faces",
            "pretraining": {"pre": pretraining | (pre or {})},
            "features": {
                "dense": faces | {"weights": "pre", "backbone": "densenet"} | (dense or {}),
                "random": faces | {"weights": "random_init", "backbone": "iresnet18", "width": 4},
            },
            "tracks": {"va": {"branches": {"L": branch}, "methods": {"L": {"branches": ["L"]}}, "submit": "L"}},
        },
    }


def describe(project: Miniature, **changes: dict[str, Any]) -> None:
    (project.folder / "config/config.yaml").write_text(json.dumps(settings(**changes)))


@pytest.fixture(scope="module")
def project(root: Any, tmp_path_factory: pytest.TempPathFactory) -> Miniature:
    """A miniature in which the features of one shard are made."""
    miniature = make_miniature(root, tmp_path_factory.mktemp("faces") / "project")
    write_later(miniature.folder / "data/affectnet", {"train": 24, "validation": 16})
    write_rafdb(miniature.folder / "data/rafdb")
    describe(miniature)
    miniature.snakemake(*TARGETS)
    return miniature


def test_each_set_has_a_row_for_every_frame_of_the_shard(project: Miniature) -> None:
    faces = read_arrow(project.folder / "work/demo/faces/video6.arrow", FACES)
    assert len(faces) > 10
    for target, size in zip(TARGETS, SETS.values(), strict=True):
        features = read_arrow(project.folder / target, SET_FEATURES)
        assert [features[key].to_pylist() for key in ("of", "frame", "found")] == [
            faces[key].to_pylist() for key in ("subject", "frame", "found")
        ]
        vectors = np.array(features["feature"].to_pylist())
        assert vectors.shape == (len(faces), size)
        assert np.array_equal(vectors.any(axis=1), np.array(features["found"].to_pylist()))


def test_the_encoder_has_learnt_from_both_corpora(project: Miniature) -> None:
    pretraining = json.loads((project.folder / ENCODER).with_name("pretraining.json").read_text())
    assert {name: corpus["train"] for name, corpus in pretraining["corpora"].items()} == {"affectnet": 18, "rafdb": 14}
    behind = Chain(project.folder).behind(TARGETS)
    for name in (ENCODER, "work/images/affectnet/train.arrow", "work/images/rafdb/validation.arrow"):
        assert name in behind, name


def test_the_records_name_rule_model_and_faces(project: Miniature) -> None:
    inputs = {}
    for target in TARGETS:
        record = read_record(record_path(project.folder / target))
        assert record.rule == "face_features"
        inputs[target] = {item.path for item in record.inputs}
    faces = "work/demo/faces/video6.arrow"
    assert list(inputs.values()) == [{faces, ENCODER}, {faces}]


@pytest.mark.parametrize(
    ("changes", "rules"),
    [
        ({}, []),
        ({"pre": {"epochs": 2}}, ["face_features", "pretrain"]),
        ({"dense": {"batch": 32}}, ["face_features"]),
        ({"dense": {"weights": "random_init"}}, ["face_features"]),
    ],
)
def test_only_what_depends_on_a_change_is_made_again(project: Miniature, changes: Any, rules: list[str]) -> None:
    describe(project, **changes)
    try:
        jobs = project.planned(*TARGETS)
    finally:
        describe(project)
    assert sorted(rule for rule, _ in jobs) == rules
    assert all("set=dense" in wildcards for rule, wildcards in jobs if rule == "face_features")


def test_a_change_of_one_network_makes_only_its_own_features_again(project: Miniature) -> None:
    path = project.folder / "src/affectflow/networks/backbones/iresnet.py"
    text = path.read_text()
    path.write_text(text.replace("nn.Dropout(0.0)", "nn.Dropout(0.1)"))
    try:
        jobs = project.planned(*TARGETS)
    finally:
        path.write_text(text)
    assert {(rule, "set=random" in wildcards) for rule, wildcards in jobs} == {("face_features", True)}
