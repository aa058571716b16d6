"""A trained branch as MLflow serves it: `mlflow.pyfunc.load_model("models:/ntua.va.F/1").predict(inputs)`."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from affectflow.training.model_folder import TrainedBranch, load_model


class Served:
    """Predicts sequences of frames, all of one length."""

    def __init__(self, trained: TrainedBranch) -> None:
        self._trained = trained

    def predict(
        self, inputs: Mapping[str, NDArray[np.float32]], params: Mapping[str, Any] | None = None
    ) -> NDArray[np.float32]:
        """What the branch predicts of every frame (`branch.json` names the outputs), shape (batch, time, outputs).

        Args:
            inputs: what `streams.inputs.make_inputs` gives, by stream: float32 of shape (batch, time, …).
            params: none are known.
        """
        tensors = {name: torch.as_tensor(np.asarray(inputs[name])) for name in self._trained.inputs}
        mask = torch.ones(next(iter(tensors.values())).shape[:2], dtype=torch.bool)
        with torch.inference_mode():
            raw = self._trained.network(tensors, mask).float()
        values: NDArray[np.float32] = self._trained.readout.predicted(raw).numpy()
        return values


def _load_pyfunc(path: str) -> Served:
    """MLflow's entry: `path` is the folder of model.safetensors and branch.json."""
    return Served(load_model(Path(path)))
