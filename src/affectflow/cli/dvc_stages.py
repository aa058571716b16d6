"""The stages of `dvc.yaml` for a settings file: what each asks Snakemake for, what it depends on and what it keeps."""

import os
import shlex
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from affectflow.artifacts.layout import (
    FEATURES,
    FUSION,
    LEADERBOARD_ENTRIES,
    MODELS,
    PREDICTIONS,
    RESULTS,
    WORK,
    result,
    track_result,
)
from affectflow.config.base import Name
from affectflow.config.data.corpora import SYNTHETIC, FolderCorpus
from affectflow.config.sharing import files_of
from affectflow.config.system.settings import Run
from affectflow.config.training.sources import pictured
from affectflow.core.advice import DEFAULT_SETTINGS
from affectflow.pretrained.weights import published_weights

_CODE = ("Snakefile", "rules", "workflow")
PACKAGE = "src/affectflow"
"""The package as a stage depends on it, in a checkout; where it is installed, it is no part of the project."""
_LOCK = ("requirements/lock.txt", "requirements/torch.txt")


def pipeline(run: Run, settings: Path, packaged: bool = True) -> dict[str, Any]:
    """What `dvc.yaml` holds.

    Args:
        run: what the settings say.
        settings: their file, relative to the project's folder.
        packaged: whether the project has the package in it.
    """
    labelled = not isinstance(run.corpus, FolderCorpus)
    stages = dict(_stages(run, labelled))
    common = [*_CODE, *([PACKAGE] if packaged else []), *_settings_files(settings), *_LOCK]
    settings_arguments = [] if settings == DEFAULT_SETTINGS else ["--configfile", str(settings)]
    for stage in stages.values():
        words = ["snakemake", stage["cmd"], *settings_arguments, "--cores", "all", "--resources", "gpu=2"]
        stage["cmd"] = shlex.join(words)
        stage["deps"] = [*stage["deps"], *common]
        stage["params"] = [{str(settings): None}]
        stage["outs"] = [{str(path): {"persist": True}} for path in stage["outs"]]
    if not labelled:
        return {"stages": stages}
    return {"stages": stages, "metrics": list(_metrics(run)), "plots": list(_plots(run))}


def _stage(desc: str, target: str, deps: list[str], outs: list[str]) -> dict[str, Any]:
    return {"desc": desc, "cmd": target, "deps": deps, "params": [], "outs": outs}


def _stages(run: Run, labelled: bool) -> Iterator[tuple[str, dict[str, Any]]]:
    # Videos in storage are no files here; jobs know them by their ETag.
    videos = [str(run.corpus.root)] if isinstance(run.corpus.root, Path) else []
    if run.corpus.kind in SYNTHETIC:
        yield "corpus", _stage("the demo's videos and labels", "corpus", [], videos)
    yield (
        "preprocess",
        _stage("frames, faces, body, sound and labels as typed files", "artifacts", videos, [WORK]),
    )
    if not labelled:
        return
    existing_pictures, synthetic_pictures = _pictures(run, _find_training_pictures(run))
    features = [FEATURES] if any(b.features and b.features.of for b in _branches(run)) else []
    weights = [str(run.weights_dir)] if _uses_published(run) else []
    yield (
        "train",
        _stage(
            "every branch of the system",
            "models",
            [WORK, str(run.weights), *weights, *existing_pictures],
            [MODELS, *features, *synthetic_pictures],
        ),
    )
    yield (
        "fuse",
        _stage(
            "scores of every branch, the fusion's weights, the fused test scores",
            "fusion",
            [WORK, MODELS, *features],
            [PREDICTIONS, FUSION],
        ),
    )
    scored_pictures, scored_synthetic = _pictures(run, set(run.pictured) - _find_training_pictures(run))
    yield (
        "report",
        _stage(
            "tables, prediction files and scores",
            "results",
            [*videos, WORK, MODELS, PREDICTIONS, FUSION, *scored_pictures],
            [LEADERBOARD_ENTRIES, RESULTS, *scored_synthetic],
        ),
    )


def _branches(run: Run) -> Iterator[Any]:
    return (branch for track in run.used.values() for branch in track.branches.values())


def _find_training_pictures(run: Run) -> set[Name]:
    """Corpora of still pictures that something is trained on."""
    names = {images for pretraining in run.pretrained.values() for images in pretraining.corpora}
    return names.union(*(pictured(branch.sources.values()) for branch in _branches(run)))


def _pictures(run: Run, names: set[Name]) -> tuple[list[str], list[str]]:
    """Folders of corpora of still pictures that are there, and of those that are drawn here."""
    roots = {name: str(run.images[name].root) for name in sorted(names) if name in run.images}
    synthetic = set(run.synthetic)
    existing = dict.fromkeys(root for name, root in roots.items() if name not in synthetic)
    return list(existing), list(dict.fromkeys(root for name, root in roots.items() if name in synthetic))


def _uses_published(run: Run) -> bool:
    """Whether anything starts from published weights, which are files."""
    names = {name for branch in _branches(run) for name in published_weights(branch, run.pretrained)}
    names |= {pretraining.init for pretraining in run.pretrained.values() if pretraining.init is not None}
    return bool(
        names
        | {feature_set.published for feature_set in run.feature_sets.values() if feature_set.published}
        - run.pretrained.keys()
    )


def _settings_files(settings: Path) -> list[str]:
    """The folder of systems, and what else the settings extend."""
    extended_files = (os.path.relpath(path) for path in files_of(settings))
    systems = Path("config/systems")
    return [
        str(systems),
        *(path for path in extended_files if Path(path) != settings and systems not in Path(path).parents),
    ]


def _metrics(run: Run) -> Iterator[str]:
    yield result("metrics", "json")
    held_out: Mapping[Any, Any] = getattr(run.corpus, "held_out", {})
    for track in run.used:
        if run.corpus.kind in SYNTHETIC or track in held_out:
            yield track_result("demo_test_score", run.track(track).number, "json")


def _plots(run: Run) -> Iterator[dict[str, Any]]:
    tracks = [run.track(name) for name in run.used]
    for track in tracks:
        file, track_title = track_result("training_curves", track.number), track.heading.lower()
        score = f"{'mean' if track.continuous else 'total'} {track.score_title} on validation"
        yield _plot(f"training score, {track_title}", "branches", "epoch", {file: "total"}, score)
        losses = {file: ["train_loss", "validation_loss"]}
        yield _plot(f"training loss, {track_title}", "branches", "epoch", losses, "loss")
    for track in (track for track in tracks if track.continuous and not track.per_clip):
        file = track_result("trajectories", track.number)
        for target in track.targets:
            yield _plot(target, "subjects", "frame", {file: [f"annotated_{target}", target]})


def _plot(title: str, template: str, x: str, y: dict[str, Any], y_label: str | None = None) -> dict[str, Any]:
    return {title: {"template": template, "x": x, "y": y} | ({"y_label": y_label} if y_label else {})}
