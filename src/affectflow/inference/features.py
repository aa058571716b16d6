"""Frozen features: what a trained branch of single faces has learnt to see, stored once (Vu and Beurton-Aimar, section
2.4)."""

import hashlib
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import numpy as np
import torch
from torch import Tensor
from torch.utils.data import Dataset

from affectflow.artifacts.schemas import FEATURES, IMAGE_FEATURES
from affectflow.artifacts.tables import arrow_writer
from affectflow.compute.memory import explain_full_memory
from affectflow.config.system.execution import Device, Loader
from affectflow.core.errors import InputError
from affectflow.dataloading.augment import draw
from affectflow.dataloading.batches import in_order
from affectflow.dataloading.dataset import open_sequences
from affectflow.dataloading.images import StoredFaces
from affectflow.dataloading.index import read_subjects
from affectflow.dataloading.source import Source
from affectflow.inference.seen import run_networks
from affectflow.models.folder import TrainedBranch, load_model, read_branch


def write_features(
    model: Path,
    manifests: Sequence[Path],
    work: Path,
    split: str,
    out: Path,
    *,
    device: Device,
    loader: Loader,
    copy: int = 0,
) -> None:
    """Write a row for every decoded frame of every subject that any of the manifests has in a split; memory stays flat.

    Args:
        model: folder of a trained branch of single faces.
        manifests: those of its tracks, or of any that name the subjects.
        work: folder `work/<corpus>` of the artifacts.
        split: which subjects.
        out: Arrow file of `FEATURES`.
        device: accelerator, precision and CPU threads.
        loader: how data are read.
        copy: 0 for faces as they are; of another, the faces of a subject are changed alike, as a draw of the branch's
            `augment` says that follows from its seed, the copy and the subject's name.

    Raises:
        InputError: the split is empty, artifacts are missing, or the branch is none of single faces.
    """
    trained, seed = _load_single_face_model(model, device)
    index = read_subjects(manifests, split)
    data = open_sequences(Source(index, work, trained.branch))
    names = [subject.subject for subject in index.subjects]
    change = _make_change(trained, seed, copy, names, "subject")
    with explain_full_memory(f"branch {trained.name}"), arrow_writer(out, FEATURES) as rows:
        batches = _extract(trained, data, len(data), device, loader, change)
        for raw, features in batches:
            for sample, place in raw["mask"].nonzero().tolist():
                rows.append(
                    {
                        "subject": names[int(raw["subject"][sample])],
                        "frame": int(raw["start"][sample]) + place,
                        "found": bool(raw["face_found"][sample, place]),
                        "feature": features[sample, place].numpy(),
                    }
                )


def write_image_features(
    model: Path, pictures: Path, out: Path, *, device: Device, loader: Loader, copy: int = 0
) -> None:
    """Write a row for every stored face of a split of a corpus of still pictures, in their order.

    Args:
        model: folder of a trained branch of single faces.
        pictures: Arrow file of `IMAGES`.
        out: Arrow file of `IMAGE_FEATURES`.
        device: as of `write_features`.
        loader: as of `write_features`.
        copy: as of `write_features`; each picture is changed by itself.

    Raises:
        InputError: a file is missing or damaged, or the branch is none of single faces.
    """
    trained, seed = _load_single_face_model(model, device)
    data = StoredFaces(pictures, trained.branch.picture.face_size)
    change = _make_change(trained, seed, copy, data.names, "row")
    with explain_full_memory(f"branch {trained.name}"), arrow_writer(out, IMAGE_FEATURES) as rows:
        batches = _extract(trained, data, len(data), device, loader, change)
        for raw, features in batches:
            for row, feature in zip(raw["row"].tolist(), features, strict=True):
                rows.append({"image": data.names[row], "feature": feature[0].numpy()})


def _extract(
    trained: TrainedBranch,
    data: Dataset[dict[str, Tensor]],
    samples: int,
    device: Device,
    loader: Loader,
    change: Callable[[dict[str, Tensor]], dict[str, Tensor]],
) -> Iterator[tuple[dict[str, Tensor], Tensor]]:
    """Batches of samples, in their order, with the features that the branch's network has for others."""
    network, batches = trained.network, in_order(np.arange(samples), trained.branch.batch)
    return run_networks(
        trained,
        data,
        batches,
        device,
        loader.workers,
        lambda inputs, batch: network.features(inputs, batch["mask"]),
        change,
    )


def _load_single_face_model(model: Path, device: Device) -> tuple[TrainedBranch, int]:
    """A trained branch of single faces, and the seed that it was trained with."""
    torch.set_num_threads(device.threads)
    trained = load_model(model)
    if not trained.branch.sees_single_faces:
        raise InputError(
            f"{model}: reads {', '.join(trained.branch.streams)} along time; features are of a branch with stream face "
            "alone and without recurrent layers"
        )
    return trained, int(read_branch(model)[1]["seed"])


def _make_change(
    trained: TrainedBranch, seed: int, copy: int, names: Sequence[str], key: str
) -> Callable[[dict[str, Tensor]], dict[str, Tensor]]:
    """What is done to batches, whose `key` says which of `names` each sample is of."""
    if copy == 0:
        return dict
    augment = trained.branch.augment
    draws = torch.stack([draw(augment, seed, copy, _number(name), columns=0, bands=0) for name in names])
    return lambda raw: raw | {"draw": draws[raw[key]]}


def _number(name: str) -> int:
    """A number that follows from a name alone."""
    return int.from_bytes(hashlib.sha256(name.encode()).digest()[:8], "big")
