"""Pre-train an encoder on still pictures."""

from dataclasses import dataclass
from pathlib import Path

import torch
from torch import Tensor

from affectflow.config.pretraining import Pretraining
from affectflow.config.settings import Device, Loader, Tracking
from affectflow.streams.augment import augment_pictures
from affectflow.streams.images import Images
from affectflow.streams.inputs import normalise
from affectflow.systems.initial import load_backbone
from affectflow.systems.resnet import ResNetClassifier
from affectflow.tasks import Tasks
from affectflow.training.image_data import ImageData
from affectflow.training.logged import Logged
from affectflow.training.model_folder import parameter_counts
from affectflow.training.readout import Readout
from affectflow.training.session import Plan, Session
from affectflow.training.task_module import Seen, TaskModule
from affectflow.weights import load_state, read_registry


@dataclass(frozen=True)
class PretrainingPaths:
    """Where a pre-training reads and writes."""

    train: Path
    """Pictures to learn from, `IMAGES`."""
    validation: Path
    """Pictures to score, `IMAGES`."""
    checkpoints: Path
    """Folder of this job alone; emptied when the training has ended."""
    out: Path
    """Folder of the model."""
    weights: Path
    """Registry of published weights."""
    weights_dir: Path
    """Folder where weight files are kept."""


def pretrain(
    name: str,
    settings: Pretraining,
    paths: PretrainingPaths,
    *,
    seed: int,
    loader: Loader,
    device: Device,
    tracking: Tracking | None,
    experiment: str,
    gpus: int | None = None,
    code: str = "",
) -> Path:
    """Train an encoder with a linear classifier (paper 000, section 3.2.1), keep the epoch with the best validation
    score, and write it as a folder.

    The folder holds `model.safetensors`, whose parameters are named as torchvision names those of a ResNet, so that
    `load_backbone` takes them; `pretraining.json` (settings, parameter counts, scores of the kept epoch); and, as that
    of a branch, `metrics.csv`, `curves.png`, `validation.png` and `run.json`. An interrupted pre-training goes on, as
    that of a branch does.

    Args:
        name: of the pre-training.
        settings: of it.
        paths: where to read and write.
        seed: fixes initial weights, order and augmentation.
        loader: how data are read.
        device: accelerator, precision and CPU threads.
        tracking: MLflow store; None to log nowhere.
        experiment: of MLflow.
        gpus: lent to this job; those of `device` when not given.
        code: fingerprint of the code; another one makes old checkpoints void.

    Returns:
        `paths.out`.

    Raises:
        InputError: no annotated picture, missing artifacts or weights (all before the first epoch), full memory, or a
            loss that is not finite, with the pictures named.
    """
    dumped, tasks = settings.model_dump(mode="json"), Tasks((settings.track,))
    logged = Logged(tracking, experiment)
    plan = Plan("pretraining", name, settings, dumped, tasks, seed, paths.checkpoints, paths.out, logged)
    session = Session(plan, device, gpus)
    data = ImageData(settings, paths.train, paths.validation, seed, loader)
    network = ResNetClassifier(settings.backbone, settings.width, len(tasks.outputs))
    if settings.init is not None:
        state = load_state(settings.init, read_registry(paths.weights), paths.weights_dir)
        load_backbone(network, state, f"{settings.init} (init of {plan.title})")
    module = ImageModule(plan.title, settings, network, data.train, data.steps * settings.epochs, seed)
    fitted = session.fit(module, data, len(data.train), code, (), (paths.train, paths.validation))
    if fitted is None:
        return paths.out
    description = {
        "pretraining": name,
        "target": settings.target,
        "outputs": list(tasks.outputs),
        "seed": seed,
        "parameters": parameter_counts(network),
        "kept": fitted.log.best,
        "epochs": len(fitted.log.rows),
        "pictures": {"train": len(data.train), "validation": len(data.validation)},
        "settings": dumped,
    }
    session.write(fitted, description, len(data.validation))
    return paths.out


class ImageModule(TaskModule):
    """Trains a classifier on still pictures.

    Args:
        title: what is trained, for messages.
        settings: how it is trained.
        network: maps (batch, 3, size, size) to (batch, outputs).
        images: the train split: its annotations, and the names for a batch that breaks training.
        steps: optimiser steps of the whole training.
        seed: what each epoch's randomness follows from, together with the epoch's number.
    """

    def __init__(
        self, title: str, settings: Pretraining, network: ResNetClassifier, images: Images, steps: int, seed: int
    ) -> None:
        super().__init__(title, settings, Readout(Tasks((settings.track,))), network, images.targets, steps, seed)
        self._normalise, self._images = settings.normalise, images

    def forward(self, batch: dict[str, Tensor]) -> Seen:
        """Raw outputs (batch, outputs) for a batch of raw samples."""
        pictures = batch["face"]
        if "draw" in batch:
            pictures = augment_pictures(pictures[:, None], batch["draw"])[:, 0]
        return Seen(self.network(normalise(pictures, self._normalise)).float())

    def real(self, batch: dict[str, Tensor]) -> Tensor:
        """Every picture counts, shape (batch,)."""
        return torch.ones_like(batch["row"], dtype=torch.bool)

    def describe(self, batch: dict[str, Tensor]) -> str:
        """Names of the pictures."""
        return f"pictures {', '.join(map(self._images.name, batch['row'].tolist()))}"
