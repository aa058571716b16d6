"""What the demo corpus consists of: its videos, people, splits and awkward traits; nothing is rendered here."""

import random
from dataclasses import dataclass, replace
from math import sin
from pathlib import Path
from typing import Literal

from affectflow.config.data.corpora import DemoCorpus
from affectflow.core.tracks import TrackName
from affectflow.datasets.video.layout import CHALLENGE_FOLDERS, SPLIT_FOLDERS, TEST_LISTS, TEST_SAMPLES
from affectflow.datasets.video.shard import Side

Split = Literal["train", "validation", "test"]

TRACKS: tuple[TrackName, ...] = ("va", "expr", "au")
"""What the demo draws and annotates."""
SPLITS: tuple[Split, ...] = ("train", "validation", "test")

CLOCK = 90_000
"""Ticks a second of the time base of every video, the usual one of MPEG."""

VIDEOS = Path("videos")
HELD_OUT = Path("held_out_test_labels")
"""Folder of the labels of the test split. They lie apart, as the organisers keep theirs."""
README = Path("README.txt")


@dataclass(frozen=True)
class Actor:
    """One annotated person in a clip."""

    subject: str
    side: Side
    number: int
    """Place among the actors of its split, from 0."""
    row_short: bool = False
    """The label file lacks its last row."""
    gap: bool = False
    """Some rows are not annotated (-5)."""


@dataclass(frozen=True)
class Clip:
    """One video of the demo corpus."""

    video: str
    """File stem."""
    split: Split
    actors: tuple[Actor, ...]
    """One person, or two from left to right."""
    silent: bool = False
    """The file has no sound track."""
    variable: bool = False
    """Frames come at irregular times."""

    @property
    def path(self) -> Path:
        """The video file, relative to the root of the corpus."""
        return VIDEOS / f"{self.video}.mp4"


def plan(corpus: DemoCorpus) -> tuple[Clip, ...]:
    """Clips of a demo corpus, train, validation, then test; follows from the settings alone.

    Two splits that have two subjects or more (train first, then test, then validation) begin with a video of
    two people. One video has no sound, another a variable frame rate, one label file is a row short, and every
    third subject has rows that are not annotated.
    """
    counts = dict(zip(SPLITS, corpus.subjects, strict=True))
    paired = [s for s in ("train", "test", "validation") if counts[s] >= 2][:2]
    names = _names(corpus, sum(corpus.subjects))
    clips: list[Clip] = []
    for split, count in counts.items():
        number = 0
        while number < count:
            sides: tuple[Side, ...] = ("left", "right") if split in paired and number == 0 else ("only",)
            video = names.pop()
            actors = tuple(
                Actor(video if side == "only" else f"{video}_{side}", side, n, gap=n % 3 == 1)
                for n, side in enumerate(sides, start=number)
            )
            clips.append(Clip(video, split, actors))
            number += len(sides)
    return _with_traits(clips)


def _with_traits(clips: list[Clip]) -> tuple[Clip, ...]:
    """Give the traits that one video each has, as far as there are videos of one person for them."""
    single = [i for i, clip in enumerate(clips) if len(clip.actors) == 1]
    train = [i for i in single if clips[i].split == "train"]
    if train:
        clips[train[-1]] = replace(clips[train[-1]], silent=True)
        actor = replace(clips[train[0]].actors[0], row_short=True)
        clips[train[0]] = replace(clips[train[0]], actors=(actor,))
    loud = [i for i in single if not clips[i].silent]
    if loud:
        steady = [i for i in loud if clips[i].split != "train"] or loud
        clips[steady[0]] = replace(clips[steady[0]], variable=True)
    return tuple(clips)


def _names(corpus: DemoCorpus, count: int) -> list[str]:
    """Distinct file stems in the style of Aff-Wild2."""
    choice = random.Random(corpus.seed)
    size = f"{corpus.width}x{corpus.height}"
    numbers = choice.sample(range(1, 60 + 2 * count), count)
    styles = (lambda n: f"video{n}", lambda n: f"{n}-{choice.choice((24, 30, 60))}-{size}")
    return [styles[i % 2](n) for i, n in enumerate(numbers)]


def frame_ticks(corpus: DemoCorpus, clip: Clip) -> list[int]:
    """Presentation time of each frame of a clip, in units of 1 / CLOCK s.

    A clip of variable rate follows `variable_ticks`, whose gaps differ by up to four times.
    """
    count = round(corpus.seconds * corpus.rate)
    if clip.variable:
        return [round(CLOCK * (n + 0.6 * sin(n)) / corpus.rate) for n in range(count)]
    return [round(CLOCK * n / corpus.rate) for n in range(count)]


def variable_ticks(rate: int) -> str:
    """The times of `frame_ticks` for a clip of variable rate, as an expression of ffmpeg's `setpts` filter."""
    return f"round({CLOCK}*(N+0.6*sin(N))/{rate})"


def label_folder(track: TrackName, split: Split) -> Path:
    """The folder of a split's label files, relative to the root of the corpus."""
    folder = Path(CHALLENGE_FOLDERS[track][0]) / SPLIT_FOLDERS[split][0]
    return HELD_OUT / folder if split == "test" else folder


def label_path(track: TrackName, clip: Clip, actor: Actor) -> Path:
    """The label file of a subject, relative to the root of the corpus."""
    return label_folder(track, clip.split) / f"{actor.subject}.txt"


def list_path(track: TrackName) -> Path:
    """The list of test subjects, relative to the root of the corpus."""
    return Path(TEST_LISTS[track])


def sample_path(track: TrackName) -> Path:
    """The sample prediction file, relative to the root of the corpus."""
    return Path(TEST_SAMPLES[track].format(release="CVPR_6th_ABAW"))


def expected_files(corpus: DemoCorpus) -> list[Path]:
    """Every file of a demo corpus, relative to its root."""
    clips = plan(corpus)
    labels = [label_path(track, clip, actor) for track in TRACKS for clip in clips for actor in clip.actors]
    lists = [path(track) for track in TRACKS for path in (list_path, sample_path)]
    return [clip.path for clip in clips] + labels + lists + [README]
