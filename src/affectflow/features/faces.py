"""What an encoder sees in the aligned face of every frame (Meng et al., section 3.2.1)."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn

from affectflow.artifacts.feature_form import FeatureForm
from affectflow.artifacts.schemas import FACES
from affectflow.artifacts.tables import MappedArrow, arrow_writer
from affectflow.compute.memory import explain_full_memory
from affectflow.config.model.feature_sets import RANDOM, FaceSet
from affectflow.config.system.execution import Device
from affectflow.core.counting import Count
from affectflow.core.errors import InputError
from affectflow.features.frozen import Frozen
from affectflow.features.seeing import Seeing, random_init
from affectflow.networks.encoders import build_encoder, feature_length
from affectflow.networks.initial import load_backbone, read_model
from affectflow.preprocessing.media.square import square
from affectflow.pretrained.weights import load_state, read_registry

_ROWS = 4096
"""Frames that wait at most until a batch of faces is full."""

Floats = NDArray[np.float32]


@dataclass(frozen=True)
class FaceWeights:
    """Where an encoder's weights may come from."""

    model: Path | None
    """`model.safetensors` of the pre-training that `weights` of the set names; None where it names another thing."""
    registry: Path
    """Registry of published weights."""
    folder: Path
    """Folder where weight files are kept."""


def write_face_features(faces: Path, settings: FaceSet, weights: FaceWeights, out: Path, *, device: Device) -> None:
    """Write a row for every subject and frame of a shard, in the order of its faces; memory stays flat.

    Faces are resized and normalised as stream `face` of a network does it, and pre-training its pictures. Where none
    was found the feature is all zeros.

    Args:
        faces: Arrow file of `FACES`.
        settings: which encoder sees them, and how.
        weights: where its weights come from.
        out: Arrow file of `SET_FEATURES`, of sense `face`.
        device: accelerator, precision and CPU threads.

    Raises:
        InputError: the file is missing or damaged, with the frame named; the weights are missing or of another network;
            memory is full.
    """
    torch.set_num_threads(device.threads)  # already where random pictures give a random network its moments
    see = Frozen(Seeing(load_encoder(settings, weights), settings.normalise), device)
    nothing = np.zeros(feature_length(settings.backbone, settings.width), np.float32)
    with (
        explain_full_memory(f"features of {faces}"),
        arrow_writer(out, FeatureForm("face", nothing).schema()) as rows,
    ):
        for frames in _batches(_read_frames(faces, settings.size), settings.batch):
            for frame, feature in zip(frames, _features(frames, see, nothing), strict=True):
                row = {"of": frame.subject, "frame": frame.number, "found": frame.face is not None}
                rows.append(row | {"feature": feature})


def load_encoder(settings: FaceSet, weights: FaceWeights) -> nn.Module:
    """The encoder of a set, with its weights, ready to see.

    Raises:
        InputError: the weights are missing, altered, or of another network.
    """
    build = partial(build_encoder, settings.backbone, settings.width, settings.size)
    if settings.weights == RANDOM:
        return random_init(build, settings.size)
    encoder = build()
    if weights.model is not None:
        state, origin = read_model(weights.model), str(weights.model)
    else:
        state = load_state(settings.weights, read_registry(weights.registry), weights.folder)
        origin = settings.weights
    load_backbone(encoder, state, origin, "backbone, width, size or weights of the set in system.features")
    return encoder.eval()


@dataclass(frozen=True)
class _Frame:
    """One frame of a subject, and its face, RGB (size, size, 3), where it was found."""

    subject: str
    number: int
    face: NDArray[np.uint8] | None


def _read_frames(path: Path, size: int) -> Iterator[_Frame]:
    """The frames of a file of faces, in its order; InputError where a face is damaged."""
    file, row = MappedArrow(path, FACES), 0
    count = Count(path.stem, len(file.table))
    for piece in file.table.select(["subject", "frame", "found"]).to_batches():
        columns = (column.to_pylist() for column in piece.columns)
        for subject, number, detected in zip(*columns, strict=True):
            face = None
            if detected:
                jpeg = file.value("face", row)
                assert jpeg is not None
                try:
                    face = square(jpeg, size, (0.0, 0.0))
                except ValueError as error:
                    raise InputError(
                        f"{path}: the face of {subject!r} in frame {number} is {error}; delete the file and run again"
                    ) from error
            yield _Frame(subject, number, face)
            row += 1
            count.tell(row)


def _batches(frames: Iterator[_Frame], faces: int) -> Iterator[list[_Frame]]:
    """Frames in their order, so many at a time as have `faces` faces, and `_ROWS` at most."""
    waiting: list[_Frame] = []
    face_count = 0
    for frame in frames:
        waiting.append(frame)
        face_count += frame.face is not None
        if face_count == faces or len(waiting) == _ROWS:
            yield waiting
            waiting, face_count = [], 0
    if waiting:
        yield waiting


def _features(frames: list[_Frame], see: Callable[[NDArray[np.uint8]], Floats], nothing: Floats) -> Iterator[Floats]:
    """The feature of each frame: what is seen in its face, or `nothing`."""
    faces = [frame.face for frame in frames if frame.face is not None]
    encoded = iter(see(np.stack(faces)) if faces else ())
    for frame in frames:
        yield nothing if frame.face is None else next(encoded)
