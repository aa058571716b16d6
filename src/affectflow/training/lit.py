"""Lightning, imported in the one order that also works beside a CPU build of torch."""

import affectflow.compute.torch_pair  # noqa: F401  Lightning imports torchvision

# isort: split
from lightning.pytorch import Callback, LightningDataModule, LightningModule, Trainer, seed_everything
from lightning.pytorch.callbacks import Checkpoint, EMAWeightAveraging
from lightning.pytorch.plugins.environments import LightningEnvironment
from lightning.pytorch.plugins.io import TorchCheckpointIO

__all__ = [
    "Callback",
    "Checkpoint",
    "EMAWeightAveraging",
    "LightningDataModule",
    "LightningEnvironment",
    "LightningModule",
    "TorchCheckpointIO",
    "Trainer",
    "seed_everything",
]
