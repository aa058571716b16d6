"""A trained CNN with heads, and what it has learnt to see, for the tests of features and of teachers."""

from pathlib import Path
from typing import Any

import numpy as np
from artifact_factory import Person
from sources_lab import write_stills, write_video_corpus
from training_lab import CPU

from affectflow.config.system.branch import Branch
from affectflow.config.system.execution import Loader
from affectflow.core.tasks import tasks_of
from affectflow.dataloading.source_members import FaceCorpus, Members
from affectflow.inference.features import write_features, write_image_features
from affectflow.training.paths import Paths
from affectflow.training.train import train_branch

BOTH = tasks_of("va+expr", "abaw2")
PEOPLE = [
    Person("a", "train", 30, no_face=frozenset({0, 12, 13, 20}), unannotated=frozenset({25})),
    Person("b", "train", 17),
    Person("c", "validation", 19, no_face=frozenset({7})),
    Person("d", "test", 6, no_face=frozenset(range(6))),
]
SETS: dict[str, dict[str, Any]] = {
    "EXPR": {"corpora": ["video"], "tracks": ["expr"], "shared": ["va"], "batch": 6, "validate_on": "corpora"},
    "VA": {"corpora": ["video"], "tracks": ["va"], "shared": ["expr"], "batch": 6, "validate_on": "corpora"},
    "EXPR_VA": {"images": ["affect"], "tracks": ["va", "expr"], "batch": 6, "sampler": "cycle", "validate_on": "none"},
}
_SHARED: dict[str, Any] = {
    "tracks": ["va", "expr"],
    "bins": {},
    "loss": {"mse": 0.0, "by_source": "sum"},
    "optimizer": {"name": "adam", "lr": 1e-3, "weight_decay": 0.0},
    "schedule": {"name": "constant"},
    "batch": 8,
    "epochs": 2,
}


def cnn(**changes: Any) -> Branch:
    """A ResNet of width 4 with heads of 6 units, that learns from three sets."""
    values = _SHARED | {
        "streams": ["face"],
        "network": {"name": "head_cnn", "backbone": "resnet18", "width": 4, "hidden": 6, "dropout": 0.2},
        "picture": {"size": 32},
        "sequence": {"length": 1, "stride": 1},
        "augment": {"flip": 0.5, "crop": 0.2, "brightness": 0.5},  # of faces of one colour brightness alone shows
        "sources": SETS,
    }
    return Branch.model_validate(values | changes)


def gru(**changes: Any) -> Branch:
    """A GRU on the features of branch CNN, in sequences of 8 that end where no face is."""
    values = _SHARED | {
        "streams": ["features"],
        "features": {"of": ["CNN"], "augmented_copies": 2},
        "network": {"name": "head_gru", "hidden": 5},
        "sequence": {"length": 8, "stride": 4, "missing_faces": "split"},
        "sources": SETS,
    }
    return Branch.model_validate(values | changes)


def corpus(root: Path) -> Members:
    """A video corpus with both annotations, and still pictures with both."""
    video = write_video_corpus(root, PEOPLE, {"va": "abaw2", "expr": "abaw2"})
    rows = [{"valence": v, "arousal": -v, "expression": k % 7} for k, v in enumerate(np.linspace(-0.9, 0.9, 10))]
    stills = write_stills(root / "stills", {"train": rows, "validation": rows[:4]})
    return Members({"affect": stills}, {"video": video})


def train(members: Members, folder: Path, branch: Branch, **more: Any) -> Path:
    """Train a branch; `more` goes to `Paths`."""
    video: FaceCorpus = members.corpora["video"]
    paths = Paths(
        sources=video.sources,
        work=video.work,
        checkpoints=folder / "checkpoints",
        out=folder / "out",
        weights=folder / "weights.yaml",
        weights_dir=folder / "weights",
        members=members,
        **more,
    )
    return train_branch(
        folder.name,
        branch,
        BOTH,
        paths,
        seed=1,
        loader=Loader(),
        device=CPU,
        tracking=None,
        experiment="x",
    )


def store(members: Members, model: Path, folder: Path, copies: int = 2) -> Path:
    """The features of all that `gru` reads, and of the test split."""
    video = members.corpora["video"]
    manifests = [source.manifest for source in video.sources.values()]
    variants = [("train", copy) for copy in range(copies)] + [("validation", 0), ("test", 0)]
    for split, copy in variants:
        name = f"{split}-copy{copy}.arrow" if copy else f"{split}.arrow"
        write_features(model, manifests, video.work, split, folder / name, device=CPU, loader=Loader(), copy=copy)
        if split == "train":
            stills = members.images["affect"] / "train.arrow"
            write_image_features(model, stills, folder / "images/affect" / name, device=CPU, loader=Loader(), copy=copy)
    return folder
