"""The state that a network carries from one sequence of a video to the next (Meng et al., equation 2)."""

from collections.abc import Mapping

import torch
from torch import Tensor

from affectflow.networks.network import Network


class Carried:
    """The last state of each subject, with the frame at which it stands."""

    def __init__(self) -> None:
        self._states: dict[int, tuple[int, Tensor]] = {}

    def clear(self) -> None:
        """Forget all: before an epoch, and before another split, whose subjects have the same numbers."""
        self._states = {}

    def temporal(self, network: Network, features: Tensor, batch: Mapping[str, Tensor]) -> Tensor:
        """What the network says of a batch, of which each sequence begins with the state that the one before it in its
        video has left, detached; with zeros where it is the video's first, or where that one was not seen.

        Args:
            network: carries a state.
            features: joined, (batch, time, joined).
            batch: `subject` and `start` (batch,), `mask` (batch, time).

        Returns:
            (batch, time, outputs).
        """
        subjects, firsts = batch["subject"].tolist(), batch["start"].tolist()
        before = [self._states.get(subject) for subject in subjects]
        states = [
            entry[1] if entry and entry[0] == first else None for entry, first in zip(before, firsts, strict=True)
        ]
        example = next((state for state in states if state is not None), None)
        begin = None
        if example is not None:
            begin = torch.stack([torch.zeros_like(example) if state is None else state for state in states])
        outputs, ends = network.temporal_from(features, batch["mask"], begin)
        after = (batch["start"] + batch["mask"].sum(1)).tolist()
        for subject, frame, state in zip(subjects, after, ends.detach(), strict=True):
            self._states[subject] = frame, state
        return outputs
