"""A system in a folder as if the workflow had trained it, its networks random: to predict with, at no cost.

Its scores mean nothing; they are what the same networks give whenever they see the same frames.
"""

from pathlib import Path

import torch
import yaml

from affectflow.artifacts.layout import SETTINGS
from affectflow.config.system.load import load_run
from affectflow.config.system.settings import Run
from affectflow.config.system.systems import TrackSystem
from affectflow.fusion.late_fusion import FusedMethod
from affectflow.models.folder import save_json, save_model
from affectflow.papers.registry import build_network

INPUTS = {
    "face": (3, 32, 32),
    "body": (3, 32, 32),
    "context": (3, 32, 32),
    "mel": (1, 64, 100),
    "sound_features": (23,),
}
NETWORK = {
    "network": {"backbone": "resnet18", "width": 4, "hidden": 4},
    "picture": {"size": 32},
}
BRANCHES = {"BCF": {"streams": ["body", "context", "face"], **NETWORK}, "A": {"streams": ["mel"], **NETWORK}}
WEIGHTS = {"BCF": 0.75, "A": 0.25}
THRESHOLD = 0.48
"""Of every action unit; near what random networks give."""


def make_system(folder: Path, corpus: str = "demo", **changes: object) -> Path:
    """Write settings and models of a system that predicts all tracks; gives the settings' file.

    Args:
        folder: the project.
        corpus: its kind.
        changes: top-level settings.
    """
    track = {"branches": BRANCHES, "methods": {"BCF + A": {"branches": list(BRANCHES)}}, "submit": "BCF + A"}
    settings = {
        "corpus": {"kind": corpus, "root": "data"},
        "system": {"name": "small", "tracks": dict.fromkeys(("va", "expr", "au"), track)},
        "body": {"backend": "blazepose"},
        "device": {"threads": 1, "gpus": 0},
        **changes,
    }
    path = folder / "config" / "config.yaml"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(yaml.safe_dump(settings, sort_keys=False))
    make_models(folder, load_run(path))
    return path


def shared(system: TrackSystem) -> dict[str, float]:
    """Equal weights."""
    return dict.fromkeys(system.branches, 1 / len(system.branches))


def make_models(folder: Path, run: Run, seed: int = 0) -> None:
    """Write random models and fusion weights for every track of a run."""
    torch.manual_seed(seed)
    for name, system in run.used.items():
        track, place = run.track(name), f"{run.corpus.name}/{run.system.name}/{name}"
        for branch, configuration in system.branches.items():
            inputs = {stream: INPUTS[stream] for stream in configuration.streams}
            model = folder / "models" / place / branch / f"official-{run.seed}"
            outputs = len(track.outputs) * (2 if track.per_clip else 1)  # beside intensities, the strongest one
            save_model(model, build_network(configuration.network, inputs, {track.name: outputs}).state_dict())
            description = {"branch": branch, "track": name, "edition": track.edition, "inputs": inputs}
            save_json(model / SETTINGS, description | {"settings": configuration.model_dump(mode="json")})
        method = FusedMethod(
            track=name,
            edition=track.edition,
            branches=tuple(system.branches),
            found_by="search",
            step=0.01,
            weights=dict.fromkeys(track.targets, WEIGHTS if set(system.branches) == set(WEIGHTS) else shared(system)),
            thresholds=dict.fromkeys(track.targets if name == "au" else (), THRESHOLD),
            scores={},
            frames=0,
            subjects=0,
        )
        weights = folder / "fusion" / place / f"official-{run.seed}" / "weights.json"
        save_json(weights, {system.submit: method.model_dump(mode="json")})
