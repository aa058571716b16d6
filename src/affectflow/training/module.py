"""One branch as Lightning trains it."""

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from affectflow.config.system.branch import Branch
from affectflow.dataloading.inputs import make_inputs
from affectflow.models.carried import Carried
from affectflow.models.readout import Readout
from affectflow.networks.network import Network
from affectflow.training.coupled import Coupled
from affectflow.training.data import BranchData
from affectflow.training.task_module import ModuleOutput, TaskModule


class BranchModule(TaskModule):
    """Trains the network of a branch on sequences.

    Args:
        name: of the branch, for messages.
        branch: how it is trained.
        readout: what it predicts.
        network: `forward(inputs, mask)` gives (batch, time, numbers of the readout).
        data: what it learns from: its annotations, and the names for a batch that breaks training.
        seed: what each epoch's dropout follows from, together with the epoch's number.
        words: word vectors of the classes, where the embedding loss needs them.
        coupled: what couples expressions and action units, where they are.
        teacher: a trained network whose predictions are learnt; it stays as it is, and is not kept.
    """

    network: Network

    def __init__(
        self,
        name: str,
        branch: Branch,
        readout: Readout,
        network: Network,
        data: BranchData,
        seed: int,
        words: NDArray[np.float32] | None = None,
        coupled: Coupled | None = None,
        teacher: Network | None = None,
    ) -> None:
        steps = data.steps_of(branch.epochs)
        super().__init__(f"branch {name}", branch, readout, network, data.targets, steps, seed, words, coupled)
        # Equation 5's W_emb; prediction needs it no more.
        self.embedding = None if words is None else nn.Linear(network.joined, words.shape[1], bias=False)
        self.units_left_out = None if coupled is None else coupled.left_out
        # By a function, which is not copied where the whole module is: for the moving average of its parameters.
        self._branch, self._describe_batch, self._carried = branch, lambda batch: data.describe(batch), Carried()
        # In a tuple, so that it is no part of this module: neither trained nor in its checkpoints.
        self._teacher = () if teacher is None else (teacher.eval(),)

    def on_fit_start(self) -> None:
        for teacher in self._teacher:
            teacher.to(self.device)

    def on_train_epoch_start(self) -> None:
        super().on_train_epoch_start()
        self._carried.clear()

    def on_validation_epoch_start(self) -> None:
        self._carried.clear()

    def forward(self, batch: dict[str, Tensor]) -> ModuleOutput:
        """What the network gives for a batch of raw samples; raw numbers have the shape (batch, time, numbers)."""
        inputs = make_inputs(batch, self._branch.streams, self._branch.picture)
        features = self.network.encode(inputs, batch["mask"])
        if self.network.carries:
            raw = self._carried.temporal(self.network, features, batch)
        else:
            raw = self.network.temporal(features, batch["mask"])
        mapped = self.embedding(features) if self.embedding is not None and self.training else None
        teacher_outputs = None
        for teacher in self._teacher if self.training else ():
            with torch.no_grad():
                teacher_outputs = teacher(inputs, batch["mask"]).float()
        return ModuleOutput(raw.float(), mapped, teacher_outputs)

    def real(self, batch: dict[str, Tensor]) -> Tensor:
        """Frames that are no padding, and of sources those that they are annotated with, shape (batch, time)."""
        return batch.get("counted", batch["mask"])

    def describe(self, batch: dict[str, Tensor]) -> str:
        """The samples as the data name them."""
        return self._describe_batch(batch)
