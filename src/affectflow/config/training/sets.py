"""Sets of faces, of which every training step takes a batch each (Kollias and Zafeiriou, section VI-B; Vu and
Beurton-Aimar, section 2.1)."""

from collections.abc import Iterable, Mapping
from typing import Annotated, Literal

from pydantic import Field, model_validator

from affectflow.config.base import Name, Settings
from affectflow.config.data.images import ImageCorpus, Target, targets_of
from affectflow.config.numbers import Count
from affectflow.core.tracks import TrackName

Expression = Literal["neutral", "anger", "disgust", "fear", "happiness", "sadness", "surprise", "other"]
Rarity = Literal["class", "cell"]
TARGETS: dict[TrackName, Target] = {"va": "va", "expr": "expression", "au": "au"}
"""What a still picture is annotated with, by the track that learns it."""
_BALANCED: dict[Rarity, TrackName] = {"class": "expr", "cell": "va"}


class StillSet(Settings):
    """Faces that are annotated alike: those of the training splits of its members, each face by itself."""

    images: tuple[Name, ...] = ()
    """Corpora of still pictures: names of the run's `images`."""
    corpora: tuple[Name, ...] = ()
    """Video corpora: that of the run, by its `corpus.name`, or others whose artifacts another run has left in
    `work/<name>/`. Frames in which no face was found are not in the set."""
    tracks: Annotated[tuple[TrackName, ...], Field(min_length=1)]
    """Which of their annotations count; a face that has none of these is not in the set."""
    complete: bool = False
    """Whether a face must have the annotations of all `tracks`, not of any."""
    shared: tuple[TrackName, ...] = ()
    """Other tracks whose annotations count too, in training, where a face of the set has them (Vu and Beurton-Aimar,
    equation 10)."""
    batch: Count
    """Faces (of features: sequences) of a step at most. An epoch has as many steps as the set that needs most."""
    draw: Literal["once", "again"] = "once"
    """`once`: an epoch takes every face once, so that the batches of smaller sets are smaller; `again`: every batch is
    full, and a smaller set is gone through again and again."""
    balance: tuple[Rarity, ...] = ()
    """Draws faces, with replacement, with a chance that is inverse to how many there are: of the same expression
    (`class`), in the same cell of 20 x 20 over valence and arousal (`cell`); of both the sum. Every batch is then full.
    As in Vu and Beurton-Aimar (section 2.1, by reference); a sequence's chance is the mean of its frames'."""
    every: Count = 1
    """Of the frames of video corpora every n-th, whose number is a multiple of it, is in the set."""
    thin: dict[Expression, Count] = {}
    """The same for frames of single expressions, to train: `neutral: 10` leaves a tenth of those (Vu and Beurton-Aimar,
    section 2.1)."""
    validate_on: Literal["members", "corpora", "none"] = "members"
    """Whose validation splits pick the epoch: of all members, of the video corpora alone, or of none."""

    @model_validator(mode="after")
    def _has_members(self) -> "StillSet":
        if not self.images and not self.corpora:
            raise ValueError("images and corpora name nothing; a set needs a member")
        for name in ("images", "corpora", "tracks", "shared", "balance"):
            if len(set(getattr(self, name))) < len(getattr(self, name)):
                raise ValueError(f"{name} names one twice: {', '.join(getattr(self, name))}")
        if clips := [name for name in (*self.tracks, *self.shared) if name not in TARGETS]:
            raise ValueError(f"tracks names {clips[0]}, which is of whole clips; sets hold faces")
        if repeated := sorted(set(self.shared) & set(self.tracks)):
            raise ValueError(f"shared names {', '.join(repeated)}, which tracks has already")
        if lacking := [kind for kind in self.balance if _BALANCED[kind] not in self.tracks]:
            raise ValueError(f"balance by {lacking[0]} needs {_BALANCED[lacking[0]]} among tracks")
        if self.thin and "expr" not in self.tracks:
            raise ValueError("thin leaves out frames by their expression; name expr among tracks")
        return self

    def learnt(self, split: str) -> tuple[TrackName, ...]:
        """The tracks whose annotations count in a split."""
        return (*self.tracks, *self.shared) if split == "train" else self.tracks

    def members(self, split: str) -> tuple[tuple[Name, ...], tuple[Name, ...]]:
        """Corpora of still pictures, and of videos, whose faces of a split are in the set."""
        if split == "train" or self.validate_on == "members":
            return self.images, self.corpora
        return (), self.corpora if self.validate_on == "corpora" else ()


def check_pictures(where: str, sets: Mapping[str, StillSet], size: int, images: Mapping[str, ImageCorpus]) -> None:
    """ValueError where a set wants annotations that its still pictures have not, or larger pictures than are stored.

    Args:
        where: what learns from the sets, for messages.
        sets: by name.
        size: side of a picture in pixels that is read; 0 where features are.
        images: the run's corpora of still pictures; one that is not there is said elsewhere.
    """
    for name, source in sets.items():
        for member in source.images:
            if member not in images:
                continue
            stored = images[member]
            if not {TARGETS[track] for track in source.tracks} & set(targets_of(stored)):
                raise ValueError(
                    f"{where}.sets.{name}.tracks is {', '.join(source.tracks)}, and images.{member} (kind "
                    f"{stored.kind}) is annotated with {' and '.join(targets_of(stored))} alone; change one"
                )
            if size > stored.size:
                raise ValueError(
                    f"{where}.picture.size is {size}, larger than images.{member}.size ({stored.size}): pictures would "
                    "be made larger; change one"
                )


def pictured(sets: Iterable[StillSet]) -> set[Name]:
    """Names of the corpora of still pictures that sets have as members."""
    return {name for source in sets for name in source.images}
