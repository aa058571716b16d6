"""Corpora and finished runs that stand for large ones: every file is there, and small."""

import hashlib
from collections.abc import Sequence
from pathlib import Path

import yaml

from affectflow.artifacts import ledger, sources
from affectflow.artifacts.digest import path_digest
from affectflow.artifacts.job import describe_artifact
from affectflow.artifacts.record import record_path
from affectflow.core.tracks import track_of
from affectflow.lineage.plan import PlannedJob, planned
from affectflow.workflow.script import ROOT

SPLITS = {"Train_Set": 351, "Validation_Set": 71, "Test_Set": 136}
"""Videos of Aff-Wild2's valence-arousal track."""
HUME = (15_806, 4_657, 4_604)
"""Clips of Hume-Reaction for training, validation and test."""
NAMES = {"Train_Set": "train", "Validation_Set": "validation", "Test_Set": "test"}
_WITHOUT_WEIGHTS = {"branches": {branch: {"init": None} for branch in ("F", "BCF", "A")}}
_SYSTEM = {"extends": "systems/ntua.yaml", "tracks": {"va": _WITHOUT_WEIGHTS}}


def affwild2(root: Path, videos: int) -> dict[str, str]:
    """Files that stand for an Aff-Wild2 copy; returns the split of each subject."""
    splits: dict[str, str] = {}
    total = sum(SPLITS.values())
    (root / "videos").mkdir(parents=True)
    for folder, count in SPLITS.items():
        for _ in range(max(1, round(videos * count / total))):
            name = f"{len(splits) + 1}-30-1920x1080"
            splits[name] = NAMES[folder]
            (root / "videos" / f"{name}.mp4").write_bytes(name.encode())
            if folder != "Test_Set":
                (root / "VA_Set" / folder).mkdir(parents=True, exist_ok=True)
                (root / "VA_Set" / folder / f"{name}.txt").write_text("valence,arousal\n0.5,0.5\n")
    tests = [name for name, split in splits.items() if split == "test"]
    (root / "tests.txt").write_text("".join(f"{name}\n" for name in tests))
    return splits


def hume(root: Path, clips: int) -> None:
    """Files that stand for a copy of Hume-Reaction: its numbers of clips by split, of the same shares where fewer."""
    (root / "videos").mkdir(parents=True)
    train, validation = (round(clips * count / sum(HUME)) for count in HUME[:2])
    labels, splits = [",".join(("File_ID", *track_of("eri").header))], ["File_ID,Split"]
    for number in range(clips):
        split = "train" if number < train else "val" if number < train + validation else "test"
        name = f"{number + 1:05d}"
        (root / f"videos/{name}.mp4").write_text(name)
        splits.append(f"[{name}],{split}")
        if split != "test":
            felt = [1.0 if place == number % 7 else round((number + place) % 97 / 100, 6) for place in range(7)]
            labels.append(",".join([f"[{name}]", *map(str, felt)]))
    (root / "labels.csv").write_text("\n".join(labels) + "\n")
    (root / "partition.csv").write_text("\n".join(splits) + "\n")


def hume_settings() -> dict[str, object]:
    """For `hume` at data/hume: one set of sound and one of faces."""
    branch = {
        "streams": ["sound_features", "face_features"],
        "features": {"sets": ["sound", "face"]},
        "network": {"name": "interaction_transformer", "steps": 16},
    }
    system = {
        "name": "clips",
        "features": {
            "sound": {"kind": "opensmile", "set": "eGeMAPSv01b"},
            "face": {"kind": "face", "weights": "random_init", "backbone": "iresnet18", "width": 8},
        },
        "tracks": {"eri": {"branches": {"B": branch}, "methods": {"B": {"branches": ["B"]}}, "submit": "B"}},
    }
    return {"corpus": {"kind": "hume", "root": "data/hume"}, "tracks": ["eri"], "system": system}


def project(folder: Path, settings: dict[str, object]) -> None:
    """A folder in which this project's workflow runs, on one track, with `settings`."""
    for part in ("Snakefile", "rules", "workflow", "src", "requirements", "envs", "profiles", "docs"):
        (folder / part).symlink_to(ROOT / part)
    (folder / "config").mkdir()
    for part in (ROOT / "config").iterdir():
        if part.name != "config.yaml":
            (folder / "config" / part.name).symlink_to(part)
    whole = {"tracks": ["va"], "system": _SYSTEM} | settings
    (folder / "config" / "config.yaml").write_text(yaml.safe_dump(whole))


def affwild2_settings() -> dict[str, object]:
    """For `affwild2` at data/aw."""
    return {"corpus": {"kind": "affwild2", "name": "aw", "root": "data/aw", "test_list": {"va": "tests.txt"}}}


def finished(targets: Sequence[str] = ()) -> tuple[PlannedJob, ...]:
    """Leave every output of every job in the working folder, as a run would, but for what is in it."""
    with planned(targets, check=False) as plan:
        outputs = [Path(path) for job in plan.jobs for path in job.outputs]
        for path in outputs:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(f"{path}\n")
            record_path(path).touch()
        _enter(plan.jobs)
        plan.mark_done(plan.jobs)
        return plan.jobs


def _enter(jobs: Sequence[PlannedJob]) -> None:
    """Lines in the ledger as jobs leave them, but for the seals of records, which are empty."""
    outputs = {path for job in jobs for path in job.outputs}
    source_files = {path for job in jobs for path in job.inputs if path not in outputs}
    digests = {path: path_digest(Path(path)) for path in source_files}
    sources.note(ledger.FOLDER, {path: (sources.identity(Path(path)), digests[path]) for path in source_files})
    for job in jobs:
        seals = {path: _seal(path) for path in job.inputs if path in outputs}
        inputs = ledger.Inputs(seals, {path: digests[path] for path in job.inputs if path in digests})
        for path in map(Path, job.outputs):
            ledger.append(ledger.FOLDER, ledger.entries_of(describe_artifact(path, path), _seal(path), inputs))


def _seal(path: object) -> str:
    return hashlib.sha256(str(path).encode()).hexdigest()
