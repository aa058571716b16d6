"""One branch as Lightning trains it."""

import numpy as np
from numpy.typing import NDArray
from torch import Tensor, nn

from affectflow.config.systems import Branch
from affectflow.streams.dataset import describe_sequence
from affectflow.streams.index import SplitIndex
from affectflow.streams.inputs import make_inputs
from affectflow.systems.network import Network
from affectflow.tasks import Tasks
from affectflow.training.task_module import TaskModule


class BranchModule(TaskModule):
    """Trains the network of a branch on sequences.

    Args:
        name: of the branch, for messages.
        branch: how it is trained.
        tasks: what it predicts.
        network: `forward(inputs, mask)` gives (batch, time, outputs of the tasks).
        index: the train split: its annotations, and the names for a batch that breaks training.
        steps: optimiser steps of the whole training.
        seed: what each epoch's dropout follows from, together with the epoch's number.
        words: word vectors of the classes, where the embedding loss needs them.
    """

    network: Network

    def __init__(
        self,
        name: str,
        branch: Branch,
        tasks: Tasks,
        network: Network,
        index: SplitIndex,
        steps: int,
        seed: int,
        words: NDArray[np.float32] | None = None,
    ) -> None:
        super().__init__(f"branch {name}", branch, tasks, network, index.targets, steps, seed, words)
        # Equation 5's W_emb; prediction needs it no more.
        self.embedding = None if words is None else nn.Linear(network.joined, words.shape[1], bias=False)
        self._branch, self._index = branch, index

    def forward(self, batch: dict[str, Tensor]) -> tuple[Tensor, Tensor | None]:
        """Raw outputs (batch, time, outputs) for a batch of raw samples, and, in training with an embedding loss, the
        features in the space of the words."""
        inputs = make_inputs(batch, self._branch.streams, self._branch.picture)
        features = self.network.join(inputs, batch["mask"])
        raw = self.network.follow(features, batch["mask"])
        mapped = self.embedding(features) if self.embedding is not None and self.training else None
        return raw.float(), mapped

    def real(self, batch: dict[str, Tensor]) -> Tensor:
        """Frames that are no padding, shape (batch, time)."""
        return batch["mask"]

    def describe(self, batch: dict[str, Tensor]) -> str:
        """Subject and frames of each sequence."""
        sequences = zip(batch["subject"].tolist(), batch["start"].tolist(), strict=True)
        length = self._branch.sequence.length
        named = (describe_sequence(self._index.subjects[place], start, length) for place, start in sequences)
        return f"sequences {'; '.join(named)}"
