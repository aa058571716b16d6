"""Writes a tiny Hume-Reaction: the table of labels, the table of splits and files that stand for clips."""

from collections.abc import Mapping
from pathlib import Path

HEADER = "File_ID,Adoration,Amusement,Anxiety,Disgust,Empathic-Pain,Fear,Surprise"
SPLITS = {"00003": "train", "00001": "train", "00007": "val", "00010": "test", "00002": "test"}
"""In the order of the table."""


def intensities_of(clip: str) -> list[float]:
    """Intensities of a clip, the largest 1, which no other clip has."""
    number = int(clip)
    values = [round((number * (place + 3)) % 17 / 20, 4) for place in range(7)]
    values[number % 7] = 1.0
    return values


def label_line(clip: str, brackets: bool = True) -> str:
    """A clip's line in the table of labels."""
    return ",".join([f"[{clip}]" if brackets else clip, *map(str, intensities_of(clip))])


def write_hume(root: Path, splits: Mapping[str, str] = SPLITS, brackets: tuple[bool, bool] = (True, True)) -> Path:
    """A corpus with an empty file for each clip; `brackets`: whether names in labels and in splits have some."""
    (root / "videos").mkdir(parents=True)
    labels, partition = [HEADER], ["File_ID,Split"]
    for clip, split in splits.items():
        (root / "videos" / f"{clip}.mp4").touch()
        partition.append(f"[{clip}],{split}" if brackets[1] else f"{clip},{split}")
        if split.lower() != "test":
            labels.append(label_line(clip, brackets[0]))
    (root / "labels.csv").write_text("\n".join(labels) + "\n")
    (root / "partition.csv").write_text("\n".join(partition) + "\n")
    return root
