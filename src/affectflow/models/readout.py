"""What the raw numbers that a network gives for a frame mean, and how they become predictions."""

from collections.abc import Iterator

import torch
from torch import Tensor

from affectflow.config.model.bins import Bins
from affectflow.core.tasks import Tasks
from affectflow.core.tracks import Track
from affectflow.losses.bins import expectation


class Readout:
    """The raw numbers of the tracks that are learnt, those of one after the other.

    A track has a number for each of its outputs: a score of each class, a logit of each unit, a number itself. Of
    valence and arousal with bins there are the logits of the bins of valence and then those of arousal; of reactions
    the logits of their intensities (public code of Li et al.), and then a score of each being the strongest (equation
    8).

    Args:
        tasks: what is predicted.
        bins: of valence and arousal; none where these are numbers.
    """

    def __init__(self, tasks: Tasks, bins: Bins | None = None) -> None:
        self.tasks, self.bins = tasks, bins

    @property
    def sizes(self) -> dict[str, int]:
        """How many numbers each track has."""
        return {track.name: self._size(track) for track in self.tasks.tracks}

    def parts(self) -> Iterator[tuple[Track, slice, slice]]:
        """Each track with the places of its raw numbers and of its targets."""
        first = 0
        for track, _, targets in self.tasks.parts():
            size = self._size(track)
            yield track, slice(first, first + size), targets
            first += size

    def predicted(self, raw: Tensor, clip: bool = True) -> Tensor:
        """Raw numbers of shape (…, numbers) as predictions (…, outputs): numbers within the track's bounds, or
        probabilities.

        Args:
            raw: of the network.
            clip: whether what is a number itself is cut to the bounds, or left as it is.
        """
        return torch.cat(
            [self._predict_track(track, raw[..., numbers], clip) for track, numbers, _ in self.parts()], dim=-1
        )

    def _predict_track(self, track: Track, raw: Tensor, clip: bool) -> Tensor:
        if not track.continuous:
            return raw.softmax(-1) if track.kind == "classes" else raw.sigmoid()
        if track.name == "eri":
            return self.intensities(raw)[0].sigmoid()
        if bins := self.bins_of(track):
            return expectation(self.binned(raw, bins), bins)
        return raw.clamp(*track.bounds) if clip else raw

    def _size(self, track: Track) -> int:
        if track.name == "eri":
            return 2 * len(track.outputs)
        bins = self.bins_of(track)
        return len(track.outputs) * (bins.count if bins else 1)

    def bins_of(self, track: Track) -> Bins | None:
        """The bins of a track; none of others than valence and arousal."""
        return self.bins if track.name == "va" else None

    @staticmethod
    def intensities(raw: Tensor) -> tuple[Tensor, Tensor]:
        """The logits of the intensities of track eri, and the scores of the strongest, each of shape (…, targets)."""
        logits, strongest = raw.chunk(2, dim=-1)
        return logits, strongest

    @staticmethod
    def binned(raw: Tensor, bins: Bins) -> Tensor:
        """The logits of track va by target: (…, targets x bins) to (…, targets, bins)."""
        return raw.unflatten(-1, (-1, bins.count))
