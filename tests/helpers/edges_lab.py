"""A small system whose branches are made from one another."""

from typing import Any

from features_lab import cnn, gru

from affectflow.config.reading import merge
from affectflow.config.system.settings import Run
from affectflow.config.validate import validated

IMAGES = {"affect": {"kind": "affectnet", "root": "a"}}


def plain(branch: Any) -> dict[str, Any]:
    values = branch.model_dump(mode="json", exclude_unset=True)
    for source in values["sources"].values():
        source.update({"corpora": ["demo"]} if "corpora" in source else {})
    return dict(values)


def run_of(**changes: dict[str, Any]) -> Run:
    """A run of a teacher T, its student S, a GRU G on the student's features, and its student H; `<branch>=changes`."""
    branches = {
        "T": plain(cnn()),
        "S": plain(cnn(teacher="T")),
        "G": plain(gru(features={"of": ["S"], "augmented_copies": 2})),
        "H": plain(gru(features={"of": ["S"], "augmented_copies": 2}, teacher="G")),
    }
    top = {name: changes.pop(name) for name in list(changes) if name not in branches}
    track = {
        "branches": {name: merge(branch, changes.get(name, {})) for name, branch in branches.items()},
        "methods": {"X": {"branches": ["H"]}},
        "submit": "X",
    }
    settings = {
        "corpus": {"kind": "demo"},
        "images": IMAGES,
        "tracks": ["va", "expr"],
        "system": {"name": "small", "tracks": {"va": track, "expr": track}},
    }
    return validated(Run, merge(settings, top), "settings.yaml")
