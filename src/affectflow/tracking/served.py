"""A trained branch as MLflow serves it: `mlflow.pyfunc.load_model("models:/ntua.va.F/1").predict(inputs)`."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from affectflow.models.folder import TrainedBranch, load_model


class Served:
    """Predicts sequences of frames, all of one length."""

    def __init__(self, trained: TrainedBranch) -> None:
        self._trained = trained

    def predict(
        self, inputs: Mapping[str, NDArray[np.float32]], params: Mapping[str, Any] | None = None
    ) -> NDArray[np.float32]:
        """What the branch predicts of every frame (`branch.json` names the outputs), shape (batch, time, outputs).

        Each sequence is taken by itself: a network that carries a state along a video wants it whole. Where several
        epochs are kept, the mean of what each predicts.

        Args:
            inputs: what `streams.inputs.make_inputs` gives, by stream: float32 of shape (batch, time, …).
            params: none are known.
        """
        tensors = {name: torch.as_tensor(np.asarray(inputs[name])) for name in self._trained.inputs}
        mask = torch.ones(next(iter(tensors.values())).shape[:2], dtype=torch.bool)
        with torch.inference_mode():
            raw = torch.stack([network(tensors, mask).float() for network in self._trained.networks])
        values: NDArray[np.float32] = self._trained.readout.predicted(raw).mean(0).numpy()
        return values


def _load_pyfunc(path: str) -> Served:
    """MLflow's entry: `path` is the folder of model.safetensors and branch.json."""
    return Served(load_model(Path(path)))
