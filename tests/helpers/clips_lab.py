"""A corpus of clips that are annotated as a whole, with stored features, and a branch on them."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from training_lab import CPU

from affectflow.artifacts.feature_form import FeatureForm, Sense
from affectflow.artifacts.schemas import FRAMES, MANIFEST, labels_schema, predictions_schema
from affectflow.artifacts.tables import arrow_writer, read_parquet, write_parquet
from affectflow.config.system.branch import Branch
from affectflow.config.system.execution import Device, Loader
from affectflow.core.tasks import Tasks
from affectflow.core.tracks import track_of
from affectflow.dataloading.index import Labelled
from affectflow.inference.predict import predict_split
from affectflow.training.data import SequenceData
from affectflow.training.paths import Paths
from affectflow.training.train import train_branch

ERI = track_of("eri")
EMOTIONS = len(ERI.targets)
SOUND, FACE = 3, 4
RATE = 10


@dataclass(frozen=True)
class Clip:
    """A clip; its mood decides intensities and, through noise, features."""

    name: str
    split: str
    frames: int = 40
    shard: str = "one"

    @property
    def mood(self) -> np.ndarray:
        return np.random.default_rng(list(self.name.encode())).uniform(-1, 1, 2)

    @property
    def intensities(self) -> np.ndarray:
        """Shape (emotions,), the largest 1."""
        turns = np.arange(EMOTIONS) * 2 * np.pi / EMOTIONS
        near = np.exp(self.mood @ np.stack([np.cos(turns), np.sin(turns)]))
        return np.round(near / near.max(), 3)

    def features(self, sense: str) -> np.ndarray:
        """Of every frame: sound tells one number of the mood, the face the other; shape (frames, numbers)."""
        size, shown_mood = (SOUND, self.mood[0]) if sense == "sound" else (FACE, self.mood[1])
        noise = np.random.default_rng([len(sense), *self.name.encode()]).normal(0, 0.2, (self.frames, size))
        noise[:, 0] += 5 * shown_mood
        noise[:, 1] = np.arange(self.frames)
        return noise.astype(np.float32)


def clips_of(train: int = 24, validation: int = 12, test: int = 3) -> list[Clip]:
    counts = {"train": train, "validation": validation, "test": test}
    return [
        Clip(f"{split[:2]}{n:03d}", split, 17 + 7 * (n % 5), f"shard{n % 2}")
        for split, count in counts.items()
        for n in range(count)
    ]


def manifest_row(name: str, split: str, frames: int, shard: str = "one", rows: int = 1) -> dict[str, Any]:
    """A subject with a video of its own."""
    columns = {"subject": name, "video": name, "path": name, "shard": shard, "split": split, "frames": frames}
    return dict.fromkeys(MANIFEST.names) | columns | {"rows": rows, "width": 64, "height": 48, "damaged": 0}


def write_set(path: Path, sense: Sense, features: Mapping[str, np.ndarray], absent: float = 0.0) -> None:
    """One shard of a feature set, of every frame of every clip, (frames, numbers)."""
    size = next(iter(features.values())).shape[1]
    with arrow_writer(path, FeatureForm(sense, np.full(size, absent, np.float32)).schema()) as rows:
        for name, vectors in features.items():
            for frame, feature in enumerate(vectors.astype(np.float32)):
                rows.append({"of": name, "frame": frame, "found": True, "feature": feature})


def label_row(name: str, intensities: Iterable[float | None]) -> dict[str, Any]:
    return {"subject": name, "frame": 0, **dict(zip(ERI.targets, intensities, strict=True))}


def write_clips(root: Path, clips: list[Clip], unannotated: tuple[str, ...] = ()) -> Path:
    """Artifacts below `root`/work: frames by time alone, sets `sound` and `face`, manifest and labels."""
    work = root / "work"
    for shard in sorted({clip.shard for clip in clips}):
        members = [clip for clip in clips if clip.shard == shard]
        with arrow_writer(work / f"frames/{shard}.arrow", FRAMES) as rows:
            for clip in members:
                for frame in range(clip.frames):
                    rows.append({"video": clip.name, "frame": frame, "time": 0.5 + frame / RATE, "jpeg": b""})
        senses: tuple[Sense, ...] = ("sound", "face")
        for sense in senses:
            features = {clip.name: clip.features(sense) for clip in members}
            write_set(work / f"features/{sense}/{shard}.arrow", sense, features, absent=-9)
    manifest = [manifest_row(clip.name, clip.split, clip.frames, clip.shard) for clip in clips]
    write_parquet(work / "manifest.parquet", manifest, MANIFEST)
    labels = [
        label_row(clip.name, [None] * EMOTIONS if clip.name in unannotated else clip.intensities.tolist())
        for clip in clips
        if clip.split != "test"
    ]
    write_parquet(work / "labels.parquet", labels, labels_schema(ERI))
    return work


def reaction(network: dict[str, Any] | None = None, **changes: Any) -> Branch:
    """Both modalities and their interaction, on clips of 6 steps of half a second."""
    architecture = {"name": "interaction_transformer", "embedded": 8, "projected": 6, "steps": 6, "dropout": 0.1}
    values: dict[str, Any] = {
        "streams": ["sound_features", "face_features"],
        "features": {"sets": ["face", "sound"]},
        "network": architecture | (network or {}),
        "sequence": {"length": 6, "stride": 6, "step": 0.5},
        "optimizer": {"name": "adam", "lr": 5e-3, "weight_decay": 1e-3},
        "schedule": {"name": "constant"},
        "gradient_clip": 0.1,
        "batch": 8,
        "epochs": 3,
    }
    return Branch.model_validate(values | changes)


def data_of(work: Path, branch: Branch, seed: int = 1) -> SequenceData:
    source = Labelled(work / "manifest.parquet", work / "labels.parquet")
    return SequenceData(branch, Tasks((ERI,)), [source], work, seed, Loader())


def train(work: Path, folder: Path, branch: Branch, device: Device = CPU, seed: int = 1) -> Path:
    paths = Paths(
        sources={"eri": Labelled(work / "manifest.parquet", work / "labels.parquet")},
        work=work,
        checkpoints=folder / "checkpoints",
        out=folder / "out",
        weights=folder / "weights.yaml",
        weights_dir=folder / "weights",
    )
    return train_branch(
        "AV", branch, Tasks((ERI,)), paths, seed=seed, loader=Loader(), device=device, tracking=None, experiment="x"
    )


def predict(work: Path, model: Path, split: str, out: Path, **more: Any) -> dict[str, np.ndarray]:
    """Intensities by clip, of shape (emotions,)."""
    predict_split(model, work / "manifest.parquet", work, split, out, device=CPU, loader=Loader(), **more)
    rows = read_parquet(out, predictions_schema(ERI)).to_pylist()
    assert [row["frame"] for row in rows] == [0] * len(rows)
    return {row["subject"]: np.array([row[name] for name in ERI.outputs]) for row in rows}
