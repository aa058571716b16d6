"""Videos that are folders of numbered pictures, as some corpora distribute them."""

import os
from dataclasses import dataclass
from pathlib import Path

from affectflow.core.errors import InputError
from affectflow.datasets.video.shard import Numbering

_PICTURES = frozenset({".png", ".jpg", ".jpeg", ".bmp"})


@dataclass(frozen=True)
class PictureSequence:
    """Pictures of one folder, one a frame, whose numbers follow each other without a gap."""

    folder: Path
    first: int
    count: int
    digits: int
    suffix: str
    rate: float
    """Pictures a second: a frame's time is its place over the rate, as no picture bears a time."""

    def name(self, frame: int) -> str:
        """The picture of a frame."""
        return f"{self.first + frame:0{self.digits}d}{self.suffix}"

    @property
    def pattern(self) -> str:
        """All pictures, for ffmpeg's demuxer of sequences."""
        return f"{self.folder}/".replace("%", "%%") + f"%0{self.digits}d{self.suffix}"


def find_sequence(folder: Path, numbering: Numbering) -> PictureSequence:
    """The pictures of a folder by their names; other files, hidden ones and folders in it do not count.

    Raises:
        InputError: no such folder, no picture in it, a picture whose name is no number, or of another kind or number of
            digits than the first, or a missing number: names the first one.
    """
    if not folder.is_dir():
        raise InputError(f"{folder}: no such folder; expected the pictures of a video")
    with os.scandir(folder) as entries:
        names = sorted(e.name for e in entries if not e.name.startswith(".") and _suffix(e.name) in _PICTURES)
    if not names:
        raise InputError(f"{folder}: no picture in it; expected one a frame, such as {numbering.first:05d}.png")
    for name in names:
        if not (name.isascii() and name.partition(".")[0].isdigit() and name.count(".") == 1):
            raise InputError(f"{folder / name}: expected a picture named by its number alone; move it elsewhere")
    ordered = sorted(names, key=lambda name: (int(name.partition(".")[0]), name))
    stem, _, kind = ordered[0].partition(".")
    sequence = PictureSequence(folder, numbering.first, len(ordered), len(stem), f".{kind}", numbering.rate)
    for frame, name in enumerate(ordered):
        if name != sequence.name(frame):
            raise InputError(f"{folder}: expected {sequence.name(frame)}, found {name}{_hint(name, sequence, frame)}")
    return sequence


def _hint(name: str, expected: PictureSequence, frame: int) -> str:
    number = int(name.partition(".")[0])
    if frame == 0:
        return f": the first picture is to have number {expected.first}"
    if number > expected.first + frame:
        return ": a picture is missing; copy the folder again, or leave the video out"
    return ": pictures of one video are of one kind, each number once, with as many digits as the first"


def _suffix(name: str) -> str:
    return os.path.splitext(name)[1].lower()  # noqa: PTH122
