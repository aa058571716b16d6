"""Pre-training by the real workflow: a branch starts from it, and what reruns follows from it."""

import json
import os
import re
import shutil
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from affectnet_factory import write_later
from miniature import BRANCH, SETTINGS, Job, Miniature, make_miniature
from safetensors.torch import load_file

from affectflow.artifacts.record import read_record, record_path
from affectflow.lineage.chain import Chain

pytestmark = pytest.mark.slow

MODEL = "models/demo/ntua/va/F/official-123/model.safetensors"
ENCODER = "models/images/ntua/pretrain_face/123/model.safetensors"
TINY = {"init": None, "backbone": "resnet18", "width": 4, "size": 32, "batch": 8, "epochs": 2}
# Steps too small to move a parameter, so that it ends where it started.
STILL = {"name": "sgd", "lr": 1e-30, "weight_decay": 0.0}


def settings(encoder: dict[str, Any], size: int = 32, **branch: Any) -> dict[str, Any]:
    """Changes of the miniature's settings: F starts from an encoder, and stays what it was."""
    face_branch = BRANCH | {"init": {"face": "pretrain_face"}, "optimizer": STILL, "epochs": 1} | branch
    tracks = SETTINGS["system"]["tracks"]  # type: ignore[index]
    system = {
        "pretraining": {"pretrain_face": TINY | encoder},
        "tracks": tracks | {"va": {"branches": tracks["va"]["branches"] | {"F": face_branch}}},
    }
    images = {"affectnet": {"kind": "affectnet", "root": "data/affectnet", "size": size}}
    return {"system": system, "images": images, "videos_per_shard": 8}


@pytest.fixture(scope="module")
def trained(root: Path, tmp_path_factory: pytest.TempPathFactory) -> Miniature:
    """A miniature whose branch F of track va is trained, from an encoder of its own."""
    project = make_miniature(root, tmp_path_factory.mktemp("pretraining") / "project")
    write_later(project.folder / "data/affectnet", {"train": 40, "validation": 20})
    (project.folder / "data/affectnet/train_set/images/3.jpg").unlink()
    project.settings(**settings({}))
    project.snakemake(MODEL)
    return project


@pytest.fixture
def project(trained: Miniature) -> Iterator[Miniature]:
    """The same, with its settings put back afterwards."""
    yield trained
    trained.settings(**settings({}))


def rules_of(jobs: set[Job]) -> list[str]:
    return sorted(rule for rule, _ in jobs)


def test_a_branch_starts_from_the_encoder(project: Miniature) -> None:
    encoder, branch = load_file(project.folder / ENCODER), load_file(project.folder / MODEL)
    parameters = [name for name in encoder if not name.startswith("classifier.") and re.search(r"weight|bias", name)]
    assert len(parameters) > 50
    for name in parameters:
        assert (branch[f"backbones.face.{name}"] == encoder[name]).all(), name


def test_what_is_left_out_is_said(project: Miniature) -> None:
    table = (project.folder / "work/images/affectnet/train.left_out.csv").read_text()
    assert table.splitlines() == ["image,reason", "3.jpg,missing", "9.jpg,not annotated", "10.jpg,not annotated"]
    log = (project.folder / "logs/images/affectnet/train.log").read_text()
    assert "37 of 40 pictures stored; left out: 1 missing, 2 not annotated" in log


def test_records_lead_from_a_branch_to_the_labels_of_the_pictures(project: Miniature) -> None:
    record = read_record(record_path(project.folder / MODEL))
    assert ENCODER in {item.path for item in record.inputs}
    behind = Chain(project.folder).behind([MODEL])
    for name in (ENCODER, "work/images/affectnet/train.arrow", "data/affectnet/train_set/annotations"):
        assert name in behind, name
    encoder_record = behind[ENCODER]
    assert encoder_record is not None and encoder_record.rule == "pretrain"


def test_every_byte_and_link_holds(project: Miniature) -> None:
    project.affectflow("verify")


def test_a_crate_tells_of_the_encoder_and_holds_no_picture(project: Miniature, tmp_path: Path) -> None:
    project.affectflow("crate", tmp_path / "run.zip", "--target", MODEL)
    with zipfile.ZipFile(tmp_path / "run.zip") as archive:
        names = archive.namelist()
        graph = json.loads(archive.read("ro-crate-metadata.json"))["@graph"]
    assert not [name for name in names if name.endswith((".arrow", ".jpg", ".safetensors")) and name != MODEL]
    text = json.dumps(graph)
    for name in (ENCODER, "work/images/affectnet/train.arrow"):
        digest = read_record(record_path(project.folder / name)).artifact.sha256
        assert name in text and digest in text


def test_only_what_depends_on_a_change_is_made_again(project: Miniature) -> None:
    assert project.planned(MODEL) == set()
    for changes, rules in (
        (settings({"epochs": 3}), ["pretrain", "train"]),
        (settings({}, size=40), ["images", "images", "pretrain", "train"]),
        (settings({}, batch=2), ["train"]),
    ):
        project.settings(**changes)
        assert rules_of(project.planned(MODEL)) == rules


def test_a_picture_that_is_copied_over_is_seen(project: Miniature) -> None:
    folder = project.folder / "data/affectnet/train_set/images"
    pictures, status = sorted(folder.glob("*.jpg")), folder.stat()
    path, before, times = pictures[0], pictures[0].read_bytes(), pictures[0].stat()
    other = pictures[1].read_bytes()
    assert before != other
    path.write_bytes(other)
    os.utime(path, ns=(times.st_atime_ns, times.st_mtime_ns - 10**12))
    assert folder.stat().st_mtime_ns == status.st_mtime_ns
    try:
        jobs = project.planned(MODEL)
        why = project.affectflow("why", MODEL, check=False).stdout
        verification = project.affectflow("verify", MODEL, check=False)
    finally:
        path.write_bytes(before)
    assert rules_of(jobs) == ["images", "pretrain", "train"]
    assert "  data/affectnet/train_set/images changed: SHA-256 was" in why
    assert verification.returncode == 1 and "other bytes of data/affectnet/train_set/images" in verification.stdout
    assert project.planned(MODEL) == set()


def test_without_the_pictures_the_start_says_what_to_do(project: Miniature, tmp_path: Path) -> None:
    folder = project.folder / "data/affectnet"
    shutil.move(folder, tmp_path / "affectnet")
    try:
        result = project.snakemake("-n", MODEL, check=False)
    finally:
        shutil.move(tmp_path / "affectnet", folder)
    output = result.stdout + result.stderr
    assert result.returncode != 0
    assert "data/affectnet: no such folder" in output and "tracks.va.branches.F.init.face" in output
    assert "affectflow weights fetch affectnet_face --file PATH" in output and "init: null" in output
