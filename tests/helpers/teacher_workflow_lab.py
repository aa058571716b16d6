"""A tiny system of Vu and Beurton-Aimar for the tests of its workflow: teacher, student, features, GRUs; and what it
leaves."""

from collections.abc import Mapping
from typing import Any

import yaml
from miniature import SETTINGS, Miniature

from affectflow.artifacts.record import Record, read_record, record_path
from affectflow.config.reading import merge

PLACE = "demo/vu/va+expr"
TEST, VALIDATION = "results/test_track1.csv", "results/validation_track1.csv"
TARGETS = (TEST, "results/test_track2.csv", VALIDATION, "results/table3.md")
SEEDS = ("official-123", "official-124")
STILLS = "work/images/affect/train.arrow"
LEARNT = {"train.arrow", "train-copy1.arrow", "images/affect/train.arrow", "images/affect/train-copy1.arrow"}
"""Features that a GRU learns from."""

SMALL: dict[str, Any] = {
    "tracks": ["va", "expr"],
    "bins": {},
    "picture": {"size": 32},
    "schedule": {"name": "constant"},
    "loss": {"mse": 0.0, "by_source": "sum"},
    "batch": 64,
    "epochs": 2,
}


def adam(rate: float) -> dict[str, Any]:
    return {"name": "adam", "lr": rate, "weight_decay": 0.0}


def sets(batch: int, shared: bool = False) -> dict[str, dict[str, Any]]:
    """The three sets of the paper; the first two with each other's annotations where `shared`."""
    one, other = ({"corpora": ["demo"], "batch": batch, "validate_on": "corpora"} for _ in range(2))
    return {
        "EXPR": one | {"tracks": ["expr"], "shared": ["va"] * shared},
        "VA": other | {"tracks": ["va"], "shared": ["expr"] * shared},
        "EXPR_VA": {
            "images": ["affect"],
            "tracks": ["va", "expr"],
            "complete": True,
            "batch": batch,
            "validate_on": "none",
        },
    }


CNN: dict[str, Any] = SMALL | {
    "streams": ["face"],
    "network": {"name": "head_cnn", "backbone": "resnet18", "width": 4, "hidden": 8},
    "sequence": {"length": 1, "stride": 1},
    "augment": {"flip": 0.5, "crop": 0.1},
    "optimizer": adam(1e-3),
}
GRU: dict[str, Any] = SMALL | {
    "streams": ["features"],
    "features": {"of": ["S"], "augmented_copies": 2},
    "network": {"name": "head_gru", "hidden": 6},
    "sequence": {"length": 8, "stride": 8, "missing_faces": "split"},
    "optimizer": adam(3e-2),
}
BRANCHES: dict[str, Any] = {
    "T": CNN | {"sources": sets(16)},
    "S": CNN | {"sources": sets(16, shared=True), "teacher": "T"},
    "G": GRU | {"sources": sets(4)},
    "H": GRU | {"sources": sets(4, shared=True), "teacher": "G"},
}
METHODS = {name: {"branches": [name]} for name in "TSG"} | {"H": {"branches": ["H"], "paper": {"total": 0.5}}}
TABLE = {
    "title": "Table 3",
    "split": "validation",
    "over": "seeds",
    "tracks": ["va"],  # of expr the first seed is enough
    "scores": {"va": ["ccc_valence", "total"]},
    "methods": ["G", "H"],
}


def settings_of(branches: Mapping[str, Any] | None = None, **top: Any) -> str:
    """Settings of the run as text, with changes of branches, and of all else."""
    track = {
        "branches": merge(BRANCHES, branches or {}),
        "fusion": {"weights": "equal"},
        "methods": METHODS,
        "submit": "H",
    }
    values = {name: value for name, value in SETTINGS.items() if name not in ("tracks", "system")}
    values |= {
        "system": {"name": "vu", "tables": {"table3": TABLE}, "tracks": dict.fromkeys(("va", "expr"), track)},
        "images": {
            "affect": {"kind": "demo", "layout": "affectnet", "root": "data/affect", "pictures": [12, 6], "size": 40}
        },
        "seeds": 2,
        "videos_per_shard": 8,
    }
    return yaml.safe_dump(merge(values, top), sort_keys=False)


def model(branch: str, seed: str = SEEDS[0]) -> str:
    return f"models/{PLACE}/{branch}/{seed}/model.safetensors"


def features(name: str, seed: str = SEEDS[0]) -> str:
    return f"features/{PLACE}/S/{seed}/{name}"


def record(project: Miniature, name: str) -> Record:
    return read_record(record_path(project.folder / name))


def inputs_below(project: Miniature, name: str, top: str) -> set[str]:
    """The files below a folder that the job read which made `name`."""
    return {item.path for item in record(project, name).inputs if item.path.startswith(f"{top}/")}


def with_settings(name: str) -> set[str]:
    """Both files of a trained branch that are read, by the model's."""
    return {name, name.replace("model.safetensors", "branch.json")}
