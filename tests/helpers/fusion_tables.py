"""Small prediction, label and manifest tables that several tests need."""

from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np

from affectflow.artifacts.schemas import MANIFEST, labels_schema, predictions_schema
from affectflow.artifacts.tables import write_parquet
from affectflow.core.tracks import track_of

VA = track_of("va")
Pairs = Sequence[tuple[float | None, float | None]]


def predictions(path: Path, values: Mapping[str, Pairs]) -> Path:
    """A prediction table: (valence, arousal) of each frame by subject."""
    rows = [
        {"subject": subject, "frame": frame, "valence": v, "arousal": a}
        for subject, pairs in values.items()
        for frame, (v, a) in enumerate(pairs)
    ]
    write_parquet(path, rows, predictions_schema(VA))
    return path


def labels(path: Path, values: Mapping[str, Pairs]) -> Path:
    """A label table: (valence, arousal) of each row by subject, None where not annotated."""
    rows = [
        {"subject": subject, "frame": frame, "valence": v, "arousal": a}
        for subject, pairs in values.items()
        for frame, (v, a) in enumerate(pairs)
    ]
    write_parquet(path, rows, labels_schema(VA))
    return path


def manifest(path: Path, frames: Mapping[str, int], split: str = "test") -> Path:
    """A manifest with one video a subject."""
    rows = [
        {"subject": s, "video": s, "shard": s, "split": split, "path": f"{s}.mp4", "frames": n}
        for s, n in frames.items()
    ]
    full = [{name: row.get(name) for name in MANIFEST.names} for row in rows]
    write_parquet(path, full, MANIFEST)
    return path


def noisy_branches(seed: int, branches: int, frames: int = 40) -> np.ndarray:
    """Branches that see the target through noise of their own and, last, the target, in rows."""
    rng = np.random.default_rng(seed)
    target = rng.uniform(-1, 1, frames)
    scores = target * rng.uniform(0.2, 1, (branches, 1)) + rng.normal(0, 1, (branches, frames)) * rng.uniform(
        0.2, 0.8, (branches, 1)
    )
    return np.vstack([scores, target])
