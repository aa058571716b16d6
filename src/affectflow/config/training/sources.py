"""Training sources of faces, of which every training step takes a batch each (Kollias and Zafeiriou, section VI-B; Vu
and Beurton-Aimar, section 2.1)."""

from collections.abc import Iterable, Mapping
from typing import Annotated, Literal

from pydantic import Field, model_validator

from affectflow.config.base import Name, Settings
from affectflow.config.data.images import ImageCorpus, Target, targets_of
from affectflow.config.numbers import Count
from affectflow.core.tracks import TrackName, track_of

Expression = Literal["neutral", "anger", "disgust", "fear", "happiness", "sadness", "surprise", "other"]
BalanceBy = Literal["class", "cell"]
TARGETS: dict[TrackName, Target] = {"va": "va", "expr": "expression", "au": "au"}
"""What a still picture is annotated with, by the track that learns it; none of other tracks."""
_BALANCED: dict[BalanceBy, TrackName] = {"class": "expr", "cell": "va"}


class TrainingSource(Settings):
    """A training source: faces with the same kind of annotation, taken one by one from the training splits of the
    source's members."""

    images: tuple[Name, ...] = ()
    """Corpora of still pictures, by their names in the run's `images`."""
    corpora: tuple[Name, ...] = ()
    """Video corpora: the run's own, by its `corpus.name`, or others whose artifacts another run has left in
    `work/<name>/`. Frames without a face do not belong to the source."""
    tracks: Annotated[tuple[TrackName, ...], Field(min_length=1)]
    """Tracks whose annotations count. A face with none of them does not belong to the source."""
    complete: bool = False
    """Whether a face must have the annotations of all `tracks` instead of any."""
    shared: tuple[TrackName, ...] = ()
    """Further tracks whose annotations count in training if a face of the source has them (Vu and Beurton-Aimar,
    equation 10)."""
    batch: Count
    """Largest number of faces (of features: sequences) in a step. The source that needs most steps determines the
    number of steps of an epoch."""
    sampler: Literal["exhaust", "cycle"] = "exhaust"
    """`exhaust`: an epoch takes every face once, so that smaller sources have smaller batches; `cycle`: every batch is
    full, and a smaller source is repeated."""
    balance: tuple[BalanceBy, ...] = ()
    """Draws faces with replacement, with a probability inverse to the number of faces with the same expression
    (`class`), in the same cell of a 20 x 20 grid over valence and arousal (`cell`), or the sum of both. Every batch is
    then full. As in Vu and Beurton-Aimar (section 2.1, by reference). A sequence's probability is the mean of its
    frames'."""
    every: Count = 1
    """Use every n-th frame of video corpora: those whose number is a multiple of n."""
    class_subsampling: dict[Expression, Count] = {}
    """The same for training frames of single expressions: `neutral: 10` keeps a tenth of those (Vu and Beurton-Aimar,
    section 2.1)."""
    validate_on: Literal["members", "corpora", "none"] = "members"
    """Members whose validation splits choose the epoch: all, only the video corpora, or none."""

    @model_validator(mode="after")
    def _has_members(self) -> "TrainingSource":
        if not self.images and not self.corpora:
            raise ValueError("images and corpora name nothing; a source needs a member")
        for name in ("images", "corpora", "tracks", "shared", "balance"):
            if len(set(getattr(self, name))) < len(getattr(self, name)):
                raise ValueError(f"{name} names one twice: {', '.join(getattr(self, name))}")
        if clips := [name for name in (*self.tracks, *self.shared) if track_of(name).per_clip]:
            raise ValueError(f"tracks names {clips[0]}, which is of whole clips; sources hold faces")
        if repeated := sorted(set(self.shared) & set(self.tracks)):
            raise ValueError(f"shared names {', '.join(repeated)}, which tracks has already")
        if lacking := [kind for kind in self.balance if _BALANCED[kind] not in self.tracks]:
            raise ValueError(f"balance by {lacking[0]} needs {_BALANCED[lacking[0]]} among tracks")
        if self.class_subsampling and "expr" not in self.tracks:
            raise ValueError("class_subsampling leaves out frames by their expression; name expr among tracks")
        return self

    def learnt(self, split: str) -> tuple[TrackName, ...]:
        """The tracks whose annotations count in a split."""
        return (*self.tracks, *self.shared) if split == "train" else self.tracks

    def members(self, split: str) -> tuple[tuple[Name, ...], tuple[Name, ...]]:
        """Corpora of still pictures, and of videos, whose faces of a split are in the source."""
        if split == "train" or self.validate_on == "members":
            return self.images, self.corpora
        return (), self.corpora if self.validate_on == "corpora" else ()


def check_pictures(
    where: str, sources: Mapping[str, TrainingSource], size: int, images: Mapping[str, ImageCorpus]
) -> None:
    """ValueError where a source wants annotations that its still pictures have not, or larger pictures than are stored.

    Args:
        where: what learns from the sources, for messages.
        sources: by name.
        size: side of a picture in pixels that is read; 0 where features are.
        images: the run's corpora of still pictures; one that is not there is said elsewhere.
    """
    for name, source in sources.items():
        for member in source.images:
            if member not in images:
                continue
            stored = images[member]
            if not {TARGETS.get(track) for track in source.tracks} & set(targets_of(stored)):
                raise ValueError(
                    f"{where}.sources.{name}.tracks is {', '.join(source.tracks)}, and images.{member} (kind "
                    f"{stored.kind}) is annotated with {' and '.join(targets_of(stored))} alone; change one"
                )
            if size > stored.size:
                raise ValueError(
                    f"{where}.picture.size is {size}, larger than images.{member}.size ({stored.size}): pictures would "
                    "be made larger; change one"
                )


def pictured(sources: Iterable[TrainingSource]) -> set[Name]:
    """Names of the corpora of still pictures that sources have as members."""
    return {name for source in sources for name in source.images}
