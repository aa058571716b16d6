"""A small run of clips that are scored as a whole: its settings, and what its tests ask of it."""

import re
from typing import Any

import numpy as np
from miniature import Job, Miniature

from affectflow.artifacts.predictions import read_predictions
from affectflow.config.data.clip_corpora import HumeDemoCorpus
from affectflow.core.tracks import track_of
from affectflow.datasets.video.demo_reactions import Reaction, plan_reactions

ERI = track_of("eri")
CORPUS = {"kind": "demo_hume", "clips": [10, 5, 4], "seconds": 2.0, "rate": 5, "width": 480, "height": 270}
BRANCH: dict[str, Any] = {
    "network": {"name": "interaction_transformer", "embedded": 8, "projected": 6, "steps": 4, "dropout": 0.1},
    "sequence": {"length": 4, "stride": 4, "step": 0.4},
    "optimizer": {"name": "adam", "lr": 3e-3},
    "schedule": {"name": "constant"},
    "batch": 4,
    "epochs": 2,
}
READ = {
    "A": {"streams": ["sound_features"], "features": {"sets": ["E"]}},
    "V": {"streams": ["face_features"], "features": {"sets": ["R"]}},
    "AV": {"streams": ["sound_features", "face_features"], "features": {"sets": ["E", "R"]}},
}
SUBMITTED = "A + V + AV"
METHODS: dict[str, Any] = {name: {"branches": [name], "paper": {"total": 0.25}} for name in READ}
SETTINGS: dict[str, Any] = {
    "corpus": CORPUS,
    "decode": {"unreadable": "leave_out"},
    "videos_per_shard": 10,
    "tracks": ["eri"],
    "device": {"threads": 1},
    "system": {
        "name": "small",
        "features": {
            "E": {"kind": "opensmile", "set": "eGeMAPSv01b", "at": "mean", "window": 0.4},
            "R": {"kind": "face", "weights": "random_init", "backbone": "iresnet18", "width": 4, "size": 32},
        },
        "tracks": {
            "eri": {
                "branches": {name: BRANCH | inputs for name, inputs in READ.items()},
                "methods": METHODS | {SUBMITTED: {"branches": list(READ)}},
                "submit": SUBMITTED,
            }
        },
        "tables": {"table1": {"title": "Table 1", "split": "validation", "tracks": ["eri"]}},
    },
}
WORK, SHARDS = "work/demo_hume", {"shard-00000-of-00002", "shard-00001-of-00002"}


def clips(split: str) -> list[Reaction]:
    """The clips of a split that can be decoded."""
    reactions = plan_reactions(HumeDemoCorpus.model_validate(CORPUS))
    return [
        reaction
        for reaction in reactions
        if reaction.clip.split == split and not (reaction.listed_only or reaction.unreadable)
    ]


def predictions(project: Miniature, branch: str, split: str) -> dict[str, np.ndarray]:
    """Intensities by clip."""
    path = project.folder / f"predictions/demo_hume/small/eri/{branch}/official-123/{split}.parquet"
    table = read_predictions(path, ERI)
    assert set(table.frames.values()) == {1}
    return dict(zip(table.subjects, table.values, strict=True))


def rules_of(jobs: set[Job]) -> set[str]:
    return {rule for rule, _ in jobs}


def wildcards_of(jobs: set[Job], rule: str, key: str) -> set[str]:
    return {
        match[1] for name, wildcards in jobs if name == rule and (match := re.search(rf"{key}=([\w-]+)", wildcards))
    }
