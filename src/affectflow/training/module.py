"""One branch as Lightning trains it."""

import numpy as np
from numpy.typing import NDArray
from torch import Tensor, nn

from affectflow.config.branch import Branch
from affectflow.streams.inputs import make_inputs
from affectflow.systems.network import Network
from affectflow.tasks import Tasks
from affectflow.training.coupled import Coupled
from affectflow.training.data import BranchData
from affectflow.training.task_module import TaskModule


class BranchModule(TaskModule):
    """Trains the network of a branch on sequences.

    Args:
        name: of the branch, for messages.
        branch: how it is trained.
        tasks: what it predicts.
        network: `forward(inputs, mask)` gives (batch, time, outputs of the tasks).
        data: what it learns from: its annotations, and the names for a batch that breaks training.
        seed: what each epoch's dropout follows from, together with the epoch's number.
        words: word vectors of the classes, where the embedding loss needs them.
        coupled: what couples expressions and action units, where they are.
    """

    network: Network

    def __init__(
        self,
        name: str,
        branch: Branch,
        tasks: Tasks,
        network: Network,
        data: BranchData,
        seed: int,
        words: NDArray[np.float32] | None = None,
        coupled: Coupled | None = None,
    ) -> None:
        steps = data.steps * branch.epochs
        super().__init__(f"branch {name}", branch, tasks, network, data.targets, steps, seed, words, coupled)
        # Equation 5's W_emb; prediction needs it no more.
        self.embedding = None if words is None else nn.Linear(network.joined, words.shape[1], bias=False)
        self._branch, self._named = branch, data.describe

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
        """The samples as the data name them."""
        return self._named(batch)
