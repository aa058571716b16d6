"""Writes a tiny AffectNet in both layouts, with real pictures, for the tests of what reads it.

The class shows in a face's colour, so that a small network can learn it.
"""

import csv
import io
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

HEADER = (
    "subDirectory_filePath", "face_x", "face_y", "face_width", "face_height", "facial_landmarks", "expression",
    "valence", "arousal",
)  # fmt: skip
COLOURS = (
    (30, 30, 30), (230, 30, 30), (30, 230, 30), (30, 30, 230), (230, 230, 30), (230, 30, 230), (30, 230, 230),
    (230, 230, 230), (128, 128, 128), (90, 40, 10), (10, 40, 90),
)  # fmt: skip
SIDE, BOX = 120, (30, 20, 60, 80)
SPLITS = {"train": ("training.csv", "train_set"), "validation": ("validation.csv", "val_set")}


def face(expression: int, seed: int) -> Image.Image:
    """A face of a class: its colour, with noise."""
    noise = np.random.default_rng(seed).integers(-20, 21, (BOX[3], BOX[2], 3))
    return Image.fromarray(np.clip(np.array(COLOURS[expression]) + noise, 0, 255).astype(np.uint8))


def jpeg(picture: Image.Image) -> bytes:
    buffer = io.BytesIO()
    picture.save(buffer, "JPEG", quality=95)
    return buffer.getvalue()


def samples(count: int, seed: int) -> Iterator[tuple[int, int, float, float]]:
    """Number, AffectNet's expression, valence and arousal; the first eleven are of all expressions in turn."""
    for number in range(count):
        expression = number % 11 if number < 11 else number % 8
        annotated = expression < 9
        values = np.round(np.random.default_rng((seed, number)).uniform(-1, 1, 2), 6) if annotated else (-2, -2)
        yield number, expression, float(values[0]), float(values[1])


def write_first(root: Path, counts: dict[str, int]) -> None:
    """The first release: faces in a scene, with boxes."""
    for split, count in counts.items():
        rows: list[tuple[Any, ...]] = []
        for number, expression, valence, arousal in samples(count, len(split)):
            name = f"{number % 3}/{split}{number}.jpg"
            path = root / "Manually_Annotated_Images" / name
            path.parent.mkdir(parents=True, exist_ok=True)
            scene = Image.new("RGB", (SIDE, SIDE), (0, 90, 0))
            scene.paste(face(expression, number), BOX[:2])
            path.write_bytes(jpeg(scene))
            rows.append((name, *BOX, "1.5;2.5;3.5;4.5", expression, valence, arousal))
        write_list(root / SPLITS[split][0], rows)


def write_list(path: Path, rows: list[tuple[Any, ...]]) -> None:
    with path.open("w", newline="", encoding="utf-8") as stream:
        csv.writer(stream).writerows([HEADER, *rows])


def write_later(root: Path, counts: dict[str, int]) -> None:
    """The later release: faces alone, labels as text in arrays without dimensions."""
    for split, count in counts.items():
        folder = root / SPLITS[split][1]
        for part in ("images", "annotations"):
            (folder / part).mkdir(parents=True)
        for number, expression, valence, arousal in samples(count, len(split)):
            (folder / f"images/{number}.jpg").write_bytes(jpeg(face(expression, number)))
            for part, value in (("exp", expression), ("val", valence), ("aro", arousal)):
                np.save(folder / f"annotations/{number}_{part}.npy", np.array(str(value)))
