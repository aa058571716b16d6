"""Writes a tiny OMG-Emotion in the organisers' layout: lists of utterances, clips as their `prepare_data.py` cuts them.

Names of videos, gaps in the numbers of utterances and rows without a clip are as in the real one.
"""

import shutil
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from media_factory import ffmpeg

PLACE = "link,start,end,video,utterance"
HEADER = f"{PLACE},arousal,valence,EmotionMaxVote"
LISTS = {
    "train": "omg_TrainVideos.csv",
    "validation": "omg_ValidationVideos.csv",
    "test": "omg_TestVideos_WithoutLabels.csv",
}
CLIPS = {"train": "omg_Train", "validation": "omg_Validation", "test": "omg_Test"}
VIDEOS: dict[str, dict[str, tuple[int, ...]]] = {
    "train": {"04899849f_1": (1, 2), "5b44393ed": (2, 10, 3)},
    "validation": {"c0f84b343_2": (1, 4, 5), "dac2d8b01": (1, 2, 3)},
    "test": {"1f61459b0": (1, 2), "a1b44e5f3": (10, 14)},
}


@dataclass(frozen=True)
class Row:
    """One utterance of a list."""

    video: str
    number: int
    valence: float
    arousal: float

    @property
    def subject(self) -> str:
        return f"{self.video}_utterance_{self.number}"

    def line(self, labelled: bool = True) -> str:
        start = self.number * 3.5
        place = f"https://www.example.org/watch?v={self.video},{start},{start + 3},{self.video}"
        labels = f",{self.arousal},{self.valence},3" if labelled else ""
        return f"{place},utterance_{self.number}.mp4{labels}"


def rows_of(split: str, videos: Mapping[str, Sequence[int]] | None = None) -> list[Row]:
    """The utterances of a split, in the list's order, with affect of their own."""
    rng = np.random.default_rng(len(split))
    return [
        Row(video, number, *(round(float(value), 6) for value in rng.uniform((-1, 0), (1, 1))))
        for video, numbers in (VIDEOS[split] if videos is None else videos).items()
        for number in numbers
    ]


def write_list(path: Path, rows: Sequence[Row], labelled: bool = True) -> Path:
    """A list of utterances."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("\n".join([HEADER if labelled else PLACE, *(row.line(labelled) for row in rows)]) + "\n")
    return path


def make_omg(root: Path, recordings: Sequence[Path] = ()) -> Path:
    """A corpus with a clip for each utterance: cut from `recordings` in turn, of several lengths; else empty files."""
    place = 0
    for split, name in LISTS.items():
        rows = rows_of(split)
        write_list(root / name, rows, labelled=split != "test")
        for row in rows:
            clip = root / CLIPS[split] / row.video / f"utterance_{row.number}.mp4"
            clip.parent.mkdir(parents=True, exist_ok=True)
            if recordings:
                source = recordings[place % len(recordings)]
                ffmpeg("-i", source, "-t", 0.6 + 0.2 * (place % 3), "-c:v", "libx264", "-preset", "superfast",
                       "-c:a", "aac", clip)  # fmt: skip
            else:
                clip.touch()
            place += 1
        # What `prepare_data.py` leaves beside the clips: the videos that it downloads.
        whole = root / CLIPS[split] / "youtube_videos_temp" / f"{rows[0].video}.mp4"
        whole.parent.mkdir()
        if recordings:
            shutil.copy(recordings[0], whole)
        else:
            whole.touch()
    return root
