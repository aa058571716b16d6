"""Pre-train an encoder on still pictures."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path

import torch
from torch import Tensor

from affectflow.config.system.execution import Device, Loader, Tracking
from affectflow.config.training.pretraining import Pretraining
from affectflow.core.errors import InputError
from affectflow.core.tasks import Tasks
from affectflow.dataloading.augment import augment_pictures
from affectflow.dataloading.inputs import normalise
from affectflow.models.folder import parameter_counts
from affectflow.models.readout import Readout
from affectflow.networks.classifier import Classifier, as_published
from affectflow.networks.initial import load_backbone
from affectflow.pretrained.weights import load_state, read_registry
from affectflow.training.image_data import ImageData
from affectflow.training.logged import Logged
from affectflow.training.session import Plan, Session
from affectflow.training.task_module import ModuleOutput, TaskModule, validation_scores


@dataclass(frozen=True)
class PretrainingPaths:
    """Where a pre-training reads and writes."""

    train: Mapping[str, Path]
    """Pictures to learn from, `IMAGES`, by corpus."""
    validation: Mapping[str, Path]
    """Pictures to score, `IMAGES`, by corpus."""
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
    """Train an encoder with a linear classifier (Antoniadis et al., section 3.2.1; Meng et al., section 3.2.1), keep
    the epoch with the best validation score, and write it as a folder.

    The folder holds `model.safetensors`, whose parameters bear the encoder's published names (`as_published`), so that
    `load_backbone` takes them; `pretraining.json` (settings, parameter counts, scores of the kept epoch; where pictures
    are of several corpora, also on those of each); and, as that of a branch, `metrics.csv`, `curves.png`,
    `validation.png` and `run.json`. An interrupted pre-training goes on, as that of a branch does.

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
        InputError: other corpora than the settings name, no annotated picture of one, missing artifacts or weights (all
            before the first epoch), full memory, or a loss that is not finite, with the pictures named.
    """
    for split in (paths.train, paths.validation):
        if set(split) != set(settings.corpora):
            raise InputError(
                f"pretraining {name}: pictures are given of {', '.join(split)}, expected those of "
                f"{', '.join(settings.corpora)}, as its images say"
            )
    dumped, tasks = settings.model_dump(mode="json"), Tasks((settings.track,))
    logged = Logged(tracking, experiment)
    plan = Plan("pretraining", name, settings, dumped, tasks, seed, paths.checkpoints, paths.out, logged)
    session = Session(plan, device, gpus)
    train, validation = ({c: split[c] for c in settings.corpora} for split in (paths.train, paths.validation))
    data = ImageData(settings, train, validation, seed, loader)
    network = Classifier(settings.backbone, settings.width, settings.size, len(tasks.outputs))
    if settings.init is not None:
        state = load_state(settings.init, read_registry(paths.weights), paths.weights_dir)
        load_backbone(network.encoder, state, f"{settings.init} (init of {plan.title})", "backbone, size or init")
    module = ImageModule(plan.title, settings, network, data, data.steps * settings.epochs, seed)
    artifacts = (*train.values(), *validation.values())
    fitted = session.fit(module, data, len(data.train), code, (), artifacts)
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
    if len(settings.corpora) > 1:
        description["corpora"] = {
            corpus: {
                "train": data.train.sizes[corpus],
                "validation": data.validation.sizes[corpus],
                "kept": {score: fitted.log.best[_score_of(corpus, score)] for score in tasks.scores},
            }
            for corpus in settings.corpora
        }
    session.write(replace(fitted, state=as_published(fitted.state)), description, len(data.validation))
    return paths.out


def _score_of(corpus: str, score: str) -> str:
    """Name of a score on the pictures of one corpus among those of an epoch."""
    return f"{corpus}_{score}"


class ImageModule(TaskModule):
    """Trains a classifier on still pictures.

    Args:
        title: what is trained, for messages.
        settings: how it is trained.
        network: maps (batch, 3, size, size) to (batch, outputs).
        data: its train split gives the annotations, and the names for a batch that breaks training; its validation
            split what is scored by corpus.
        steps: optimiser steps of the whole training.
        seed: what each epoch's randomness follows from, together with the epoch's number.
    """

    def __init__(
        self, title: str, settings: Pretraining, network: Classifier, data: ImageData, steps: int, seed: int
    ) -> None:
        super().__init__(title, settings, Readout(Tasks((settings.track,))), network, data.train.targets, steps, seed)
        self._normalise, self._images = settings.normalise, data.train
        parts = data.validation.parts()
        self._parts = parts if len(parts) > 1 else {}

    def forward(self, batch: dict[str, Tensor]) -> ModuleOutput:
        """Raw outputs (batch, outputs) for a batch of raw samples."""
        pictures = batch["face"]
        if "draw" in batch:
            pictures = augment_pictures(pictures[:, None], batch["draw"])[:, 0]
        return ModuleOutput(self.network(normalise(pictures, self._normalise)).float())

    def real(self, batch: dict[str, Tensor]) -> Tensor:
        """Every picture counts, shape (batch,)."""
        return torch.ones_like(batch["sample"], dtype=torch.bool)

    def on_validation_epoch_end(self) -> None:
        """Also the scores on the pictures of each corpus, where there are several."""
        super().on_validation_epoch_end()
        prediction, target = self.validated
        for corpus, part in self._parts.items():
            corpus_scores = validation_scores(self._readout.tasks, prediction[part], target[part])
            self.epoch_values |= {_score_of(corpus, score): value for score, value in corpus_scores.items()}

    def describe(self, batch: dict[str, Tensor]) -> str:
        """Names of the pictures."""
        return f"pictures {', '.join(map(self._images.name, batch['sample'].tolist()))}"
