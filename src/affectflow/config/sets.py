"""Sets of faces, of which every training step takes a batch each (paper 001, section VI-B)."""

from collections.abc import Iterable, Mapping
from typing import Annotated

from pydantic import Field, model_validator

from affectflow.config.base import Name, Settings
from affectflow.config.images import ImageCorpus, Target, targets_of
from affectflow.config.training import Count
from affectflow.tracks import TrackName

TARGETS: dict[TrackName, Target] = {"va": "va", "expr": "expression", "au": "au"}
"""What a still picture is annotated with, by the track that learns it."""


class StillSet(Settings):
    """Faces that are annotated alike: those of the training splits of its members, each face by itself."""

    images: tuple[Name, ...] = ()
    """Corpora of still pictures: names of the run's `images`."""
    corpora: tuple[Name, ...] = ()
    """Video corpora: that of the run, by its `corpus.name`, or others whose artifacts another run has left in
    `work/<name>/`. Frames in which no face was found are not in the set."""
    tracks: Annotated[tuple[TrackName, ...], Field(min_length=1)]
    """Which of their annotations count; a face that has none of these is not in the set."""
    batch: Count
    """Faces of a step at most. An epoch takes every face of every set once: it has as many steps as the set that needs
    most, and the batches of the others are smaller."""
    every: Count = 1
    """Of the frames of video corpora every n-th, whose number is a multiple of it, is in the set."""

    @model_validator(mode="after")
    def _has_members(self) -> "StillSet":
        if not self.images and not self.corpora:
            raise ValueError("images and corpora name nothing; a set needs a member")
        for name in ("images", "corpora", "tracks"):
            if len(set(getattr(self, name))) < len(getattr(self, name)):
                raise ValueError(f"{name} names one twice: {', '.join(getattr(self, name))}")
        return self


def check_pictures(where: str, sets: Mapping[str, StillSet], size: int, images: Mapping[str, ImageCorpus]) -> None:
    """ValueError where a set wants annotations that its still pictures have not, or larger pictures than are stored.

    Args:
        where: what learns from the sets, for messages.
        sets: by name.
        size: side of a picture in pixels that is read.
        images: the run's corpora of still pictures; one that is not there is said elsewhere.
    """
    for name, its in sets.items():
        for member in its.images:
            if member not in images:
                continue
            stored = images[member]
            if not {TARGETS[track] for track in its.tracks} & set(targets_of(stored)):
                raise ValueError(
                    f"{where}.sets.{name}.tracks is {', '.join(its.tracks)}, and images.{member} (kind {stored.kind}) "
                    f"is annotated with {' and '.join(targets_of(stored))} alone; change one"
                )
            if size > stored.size:
                raise ValueError(
                    f"{where}.picture.size is {size}, larger than images.{member}.size ({stored.size}): pictures would "
                    "be made larger; change one"
                )


def pictured(sets: Iterable[StillSet]) -> set[Name]:
    """Names of the corpora of still pictures that sets have as members."""
    return {name for its in sets for name in its.images}
