"""What the demo corpus of reactions consists of: its clips, splits and awkward traits; nothing is rendered here."""

import random
from dataclasses import dataclass
from pathlib import Path

from affectflow.config.data.clip_corpora import HumeDemoCorpus
from affectflow.datasets.video.demo_clips import HELD_OUT, README, SPLITS, Actor, Clip, Split

LABELS = Path("labels.csv")
PARTITION = Path("partition.csv")
HELD_OUT_LABELS = HELD_OUT / LABELS
"""Labels of the test split: the same table in a folder of its own."""

_SHORT = 3
"""Every so many clips one is short."""


@dataclass(frozen=True)
class Reaction:
    """One clip of one person."""

    clip: Clip
    seconds: float
    listed_only: bool = False
    """The tables name it, and there is no file."""
    unreadable: bool = False
    """The file is cut short before its index: no frame of it can be decoded."""

    @property
    def name(self) -> str:
        """Five digits: its video, its subject, and the tables' name without brackets."""
        return self.clip.video


def plan_reactions(corpus: HumeDemoCorpus) -> tuple[Reaction, ...]:
    """Clips of a demo corpus, train, validation, then test; follows from the settings alone.

    Where a split has two clips or more, its last one is awkward: that of train has no sound, that of validation cannot
    be decoded, that of test has no file.
    """
    numbers = random.Random(corpus.seed).sample(range(1, 100_000), sum(corpus.clips))
    names = (f"{number:05d}" for number in numbers)
    short = max(1.0, corpus.seconds / 2)
    reactions = []
    for split, count in zip(SPLITS, corpus.clips, strict=True):
        for index in range(count):
            last = 0 < index == count - 1
            reactions.append(
                Reaction(
                    _clip(next(names), split, index, silent=last and split == "train"),
                    seconds=short if index % _SHORT == _SHORT - 1 else corpus.seconds,
                    listed_only=last and split == "test",
                    unreadable=last and split == "validation",
                )
            )
    return tuple(reactions)


def _clip(name: str, split: Split, number: int, silent: bool) -> Clip:
    return Clip(name, split, (Actor(name, "only", number),), silent=silent)


def reaction_files(corpus: HumeDemoCorpus) -> list[Path]:
    """Every file of a demo corpus of reactions, relative to its root."""
    videos = [reaction.clip.path for reaction in plan_reactions(corpus) if not reaction.listed_only]
    return [*videos, LABELS, PARTITION, HELD_OUT_LABELS, README]
