"""Published weights are inputs of what starts from them: replaced, damaged or removed, they are missed."""

import os
import shutil
from pathlib import Path

import numpy as np
import pytest
import yaml
from caffe_lab import body25, random_weights, write_caffemodel
from miniature import Miniature, jobs_of

from affectflow.artifacts.record import read_record
from affectflow.core.tracks import track_of

pytestmark = pytest.mark.slow

NAME = "glove_6b_300d"
MODEL = "models/demo/ntua/expr/E/official-123/model.safetensors"
LABELS = "work/demo/expr/labels.parquet"
SYSTEM = {
    "tracks": {
        "expr": {
            "branches": {
                "E": {
                    "streams": ["face"],
                    "init": None,
                    "loss": {"word_embeddings": NAME, "embedding": 1.0},
                    "network": {"backbone": "resnet18", "width": 4, "hidden": 8},
                    "picture": {"size": 32},
                    "batch": 4,
                    "epochs": 1,
                }
            },
            "methods": {"E": {"branches": ["E"]}},
            "submit": "E",
        }
    },
    "name": "ntua",
}


def fetch(project: Miniature, seed: int) -> None:
    """Keep word vectors drawn by `seed`, as those of the first fetch."""
    rows = np.random.default_rng(seed).standard_normal((8, 300))
    words = track_of("expr", "abaw3").outputs
    text = "\n".join(f"{word} {' '.join(map(str, row))}" for word, row in zip(words, rows, strict=True))
    (project.folder / "vectors.txt").write_text(text + "\n")
    (project.folder / f"weights/{NAME}.sha256").unlink(missing_ok=True)
    project.affectflow("weights", "fetch", NAME, "--file", "vectors.txt")


def test_weights_that_are_replaced_damaged_or_removed(finished: Miniature, tmp_path: Path) -> None:
    project = Miniature(shutil.copytree(finished.folder, tmp_path / "project"))
    settings = project.folder / "config/config.yaml"
    settings.write_text(yaml.safe_dump({**yaml.safe_load(settings.read_text()), "tracks": ["expr"], "system": SYSTEM}))
    failure = project.snakemake("-n", MODEL, check=False)
    assert failure.returncode != 0
    assert f"weights/{NAME}.safetensors: the weights {NAME}" in failure.stderr + failure.stdout
    assert f"`affectflow weights fetch {NAME}`" in failure.stderr + failure.stdout
    assert {rule for rule, _ in project.planned(LABELS)} == {"labels"}, "who trains nothing needs none"
    fetch(project, 0)
    project.snakemake(MODEL)
    weights = project.folder / f"weights/{NAME}.safetensors"
    inputs = {item.path: item for item in read_record(project.folder / f"{MODEL}.record.json").inputs}
    assert f"weights/{NAME}.safetensors" in inputs
    assert project.planned(MODEL) == set()
    weights.touch()
    assert project.planned(MODEL) == set()

    before, times = weights.read_bytes(), weights.stat()
    fetch(project, 1)
    assert weights.stat().st_size == times.st_size and weights.read_bytes() != before
    os.utime(weights, ns=(times.st_atime_ns, times.st_mtime_ns - 10**12))
    assert {rule for rule, _ in project.planned(MODEL)} == {"train"}
    why = project.affectflow("why", MODEL, check=False).stdout
    first = inputs[f"weights/{NAME}.safetensors"].sha256
    assert f"  weights/{NAME}.safetensors changed: SHA-256 was {first[:16]}" in why
    assert "broken link" in project.affectflow("verify", MODEL, check=False).stdout
    trace = project.affectflow("trace", MODEL, check=False)
    assert trace.returncode == 1
    assert f"weights/{NAME}.safetensors is another file now" in trace.stdout

    weights.write_bytes(weights.read_bytes()[:-1] + b"\0")
    training = project.snakemake(MODEL, check=False)
    assert training.returncode == 1 and {rule for rule, _ in jobs_of(training.stderr)} == {"train"}
    assert "does not agree with the digest" in training.stdout + training.stderr
    weights.unlink()
    failure = project.snakemake("-n", MODEL, check=False)
    assert failure.returncode != 0 and f"the weights {NAME}" in failure.stdout + failure.stderr


def test_weights_of_a_pose_network_that_are_replaced_or_removed(finished: Miniature, tmp_path: Path) -> None:
    project = Miniature(shutil.copytree(finished.folder, tmp_path / "project"))
    file = project.folder / "pose.caffemodel"
    body = {"backend": "openpose-caffe", "openpose_weights": file.name, "net_resolution": "-1x64"}
    project.settings(body=body)
    target = sorted((project.folder / "work/demo/body").glob("*.parquet"))[0].relative_to(project.folder).as_posix()
    failure = project.snakemake("-n", target, check=False)
    assert failure.returncode != 0
    assert f"{file.name}: no such file, given as body.openpose_weights" in failure.stderr + failure.stdout

    write_caffemodel(file, random_weights(body25()))
    assert {rule for rule, _ in project.planned(target)} == {"mask_body"}
    project.snakemake(target)
    record = read_record(project.folder / f"{target}.record.json")
    assert file.name in {item.path for item in record.inputs} and record.machine.device == "cpu"
    assert "affectflow.preprocessing.body.openpose_caffe.network" in record.code.modules
    assert project.planned(target) == set()
    write_caffemodel(file, random_weights(body25(), seed=1))
    assert {rule for rule, _ in project.planned(target)} == {"mask_body"}
    assert f"{file.name} changed: SHA-256 was" in project.affectflow("why", target, check=False).stdout
