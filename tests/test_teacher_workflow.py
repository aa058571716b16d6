"""Paper 002 by the real workflow: teacher, student, frozen features and GRUs along them, of two seeds."""

import csv
import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import yaml
from miniature import SETTINGS, Job, Miniature, make_miniature

from affectflow.artifacts.predictions import read_predictions
from affectflow.artifacts.record import Record, read_record, record_path
from affectflow.artifacts.schemas import FEATURES, IMAGE_FEATURES, MANIFEST
from affectflow.artifacts.tables import read_arrow, read_parquet
from affectflow.config.load import merge
from affectflow.lineage.chain import Chain
from affectflow.tracks import TrackName, track_of

pytestmark = pytest.mark.slow

PLACE = "demo/paper002/va+expr"
TEST, VALIDATION = "results/test_track1.csv", "results/validation_track1.csv"
TABLE = "results/table3.md"
TARGETS = (TEST, "results/test_track2.csv", VALIDATION, TABLE)
SEEDS = ("official-123", "official-124")
EVERYTHING = {"train T", "train S", "features", "image_features", "train G", "train H"}

SMALL: dict[str, Any] = {
    "tracks": ["va", "expr"],
    "bins": {},
    "picture": {"size": 32},
    "optimizer": {"name": "adam", "lr": 1e-3, "weight_decay": 0.0},
    "schedule": {"name": "constant"},
    "batch": 64,
    "epochs": 1,
    "loss": {"mse": 0.0, "by_set": "sum"},
}


def sets(shared: bool, **more: Any) -> dict[str, dict[str, Any]]:
    """The three sets of the paper, with what the first two share where asked."""
    return {
        "EXPR": {"corpora": ["demo"], "tracks": ["expr"], "shared": ["va"] * shared, "validate_on": "corpora"} | more,
        "VA": {"corpora": ["demo"], "tracks": ["va"], "shared": ["expr"] * shared, "validate_on": "corpora"} | more,
        "EXPR_VA": {"images": ["affect"], "tracks": ["va", "expr"], "complete": True, "validate_on": "none"} | more,
    }


CNN: dict[str, Any] = SMALL | {
    "streams": ["face"],
    "network": {"name": "head_cnn", "backbone": "resnet18", "width": 4, "hidden": 8},
    "sequence": {"length": 1, "stride": 1},
    "augment": {"flip": 0.5, "crop": 0.1},
}
GRU: dict[str, Any] = SMALL | {
    "streams": ["features"],
    "features": {"of": ["S"], "views": 2},
    "network": {"name": "head_gru", "hidden": 6},
    "sequence": {"length": 8, "stride": 8, "gaps": "split"},
}
BRANCHES: dict[str, Any] = {
    "T": CNN | {"sets": sets(False, batch=16)},
    "S": CNN | {"sets": sets(True, batch=16), "teacher": "T"},
    "G": GRU | {"sets": sets(False, batch=4)},
    "H": GRU | {"sets": sets(True, batch=4), "teacher": "G"},
}


def settings_of(branches: dict[str, Any] | None = None, **top: Any) -> str:
    """Settings of the run as text, with changes of branches and of all else."""
    track = {
        "branches": merge(BRANCHES, branches or {}),
        "fusion": {"weights": "equal"},
        "methods": {name: {"branches": [name]} for name in BRANCHES} | {"H": {"branches": ["H"], "paper": {"total": 0.5}}},
        "submit": "H",
    }
    table = {"title": "Table 3", "split": "validation", "tracks": ["expr", "va"], "over": "seeds"}
    table |= {"scores": {"expr": ["total"], "va": ["ccc_valence", "ccc_arousal"]}, "methods": ["G", "H"]}
    system = {"name": "paper002", "tables": {"table3": table}, "tracks": dict.fromkeys(("va", "expr"), track)}
    pictures = {"kind": "demo", "layout": "affectnet", "root": "data/affect", "pictures": [12, 6], "size": 40}
    values = {name: value for name, value in SETTINGS.items() if name not in ("tracks", "system")}
    values |= {"system": system, "images": {"affect": pictures}, "seeds": 2, "videos_per_shard": 8}
    return yaml.safe_dump(merge(values, top), sort_keys=False)
