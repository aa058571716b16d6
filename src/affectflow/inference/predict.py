"""Predict every decoded frame, or every clip, of a split with a trained branch."""

import time
from collections.abc import Generator, Iterator, Mapping
from pathlib import Path

import numpy as np
import pyarrow as pa
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.utils.data import Dataset

from affectflow.artifacts.job import note
from affectflow.artifacts.schemas import predictions_schema
from affectflow.artifacts.tables import write_parquet
from affectflow.compute.memory import explain_full_memory
from affectflow.config.evaluation.inference import PAPER, Windowing
from affectflow.config.system.execution import Device, Loader
from affectflow.config.system.senses import Sense
from affectflow.core.errors import InputError
from affectflow.core.tracks import Edition, TrackName, track_of
from affectflow.core.turns import Steps, at_once
from affectflow.dataloading.batches import frame_shapes, in_order
from affectflow.dataloading.clips import open_samples
from affectflow.dataloading.cutting import Cutting
from affectflow.dataloading.dataset import Sequences
from affectflow.dataloading.index import read_index
from affectflow.dataloading.lanes import lane_batches
from affectflow.dataloading.recent import RecentPictures
from affectflow.dataloading.source import Source
from affectflow.inference.outputs import outputs_at, places_of
from affectflow.inference.overlapping import predict_overlapping
from affectflow.inference.seen import run_networks
from affectflow.models.carried import Carried
from affectflow.models.folder import TrainedBranch, chosen_track, load_model


def predict_in_steps(
    model: Path,
    manifest: Path,
    work: Path,
    split: str,
    out: Path,
    *,
    track: TrackName | None = None,
    edition: Edition | None = None,
    device: Device,
    loader: Loader,
    without: Sense | None = None,
    features: Mapping[str, Path] | None = None,
    clip: bool = True,
    windowing: Windowing = PAPER,
    recent: RecentPictures | None = None,
) -> Steps:
    """Write one row for every decoded frame of every subject of a split, or one for each of its clips, in the
    manifest's order; a step reads a batch.

    Sequences lie as `windowing` says. In the paper's way padding is masked; where `sequence.predicted` is `once`, they
    do not overlap, so that every frame is predicted once; where it is `averaged`, they overlap by `stride`, and a
    frame's values are the mean over the sequences that it is in. Values are what `affectflow.models.readout.Readout`
    makes of the network's own outputs; where several epochs are kept, the mean of theirs.

    Within a job the table's record says, as `measured`, how many `frames` were predicted in how many `seconds`: of
    reading the artifacts and of the network, not of imports nor of what comes before the first batch.

    Args:
        model: folder of a trained branch.
        manifest: of the corpus.
        work: folder `work/<corpus>` of its artifacts.
        split: which subjects.
        out: Parquet file, as `predictions_schema` of the track says.
        track: which of the tracks that the branch has learnt; the only one when not given.
        edition: whose outputs of the track are asked for, by name; the branch's own when not given.
        device: accelerator, precision and CPU threads.
        loader: how data are read.
        without: what is taken as found in no frame.
        features: folder of the features of each branch that it reads.
        clip: whether valence and arousal are cut to [-1, 1]; whoever reads the table for more than smoothing cuts them.
        windowing: how sequences are laid over a video.
        recent: decoded pictures that branches share which take turns.

    Raises:
        InputError: the split is empty, artifacts are missing, the model is not whole, was trained on other shapes, or
            lacks an output that is asked for; memory is full.
    """
    torch.set_num_threads(device.threads)
    trained = load_model(model)
    trained_track = chosen_track(trained.tasks, track, model)
    chosen = trained_track if edition is None else track_of(trained_track.name, edition)
    places = places_of(chosen, trained_track, model)
    index = read_index(manifest, None, split, chosen)
    cut = trained.branch.sequence
    overlapping = windowing.sequences == "overlapping" and trained.branch.overlappable
    stride = cut.stride if cut.predicted == "averaged" and not overlapping else cut.length
    source = Source(index, work, trained.branch, features or {}, without, recent or RecentPictures())
    data = open_samples(source, Cutting(stride))
    shapes = frame_shapes(data, trained.branch)
    if shapes != trained.inputs:
        raise InputError(
            f"{model}: was trained on frames of shape {trained.inputs}, the artifacts in {work} give {shapes}; "
            "preprocess with the settings of the training, or train again"
        )
    with explain_full_memory(f"branch {trained.name}"):
        if overlapping:
            every = yield from predict_overlapping(trained, data, windowing, device, loader.workers, clip)
        else:
            every = yield from _predict(trained, data, device, loader.workers, clip)
    values = outputs_at(every[:, trained.tasks.outputs_of(chosen.name)], places, chosen)
    counts = [1 if chosen.per_clip else subject.frames for subject in index.subjects]
    names = np.array([subject.subject for subject in index.subjects], dtype=object)
    columns = {
        "subject": pa.array(np.repeat(names, counts), pa.string()),
        "frame": np.concatenate([np.arange(count, dtype=np.int32) for count in counts]),
    }
    columns |= {name: values[:, column] for column, name in enumerate(chosen.outputs)}
    write_parquet(out, columns, predictions_schema(chosen))


predict_split = at_once(predict_in_steps)


def _predict(
    trained: TrainedBranch, data: Sequences, device: Device, workers: int, clip: bool
) -> Generator[float, None, NDArray[np.float32]]:
    """Predictions of all frames, or clips, of the split, shape (frames, outputs), batch by batch: of each the mean over
    its sequences."""
    sums = np.zeros((data.index.frames, len(trained.tasks.outputs)), np.float64)
    counts = np.zeros((data.index.frames, 1), np.int64)
    size = trained.branch.batch
    lanes = trained.branch.carries
    batches = lane_batches(data.samples[:, 0], size) if lanes else in_order(np.arange(len(data)), size)
    predicted = predictions_of(trained, data, batches, device, workers, clip)
    begin = time.perf_counter()
    for done, (raw, scores) in enumerate(predicted, 1):
        for sample, real in enumerate(raw.get("counted", raw["mask"])):
            subject = data.index.subjects[int(raw["subject"][sample])]
            first = subject.offset + int(raw["start"][sample])
            frames = slice(first, first + int(real.sum()))
            sums[frames] += scores[sample][real].numpy()
            counts[frames] += 1
        yield done / len(batches)
    note(frames=len(sums), seconds=round(time.perf_counter() - begin, 6))
    return (sums / counts).astype(np.float32)


def predictions_of(
    trained: TrainedBranch,
    data: Dataset[dict[str, Tensor]],
    batches: list[list[int]],
    device: Device,
    workers: int,
    clip: bool = True,
) -> Iterator[tuple[dict[str, Tensor], Tensor]]:
    """Batches of samples with their predictions, shape (batch, time, outputs); of several kept epochs the mean of what
    each predicts. The networks are in their place before the first is asked for.

    Args:
        trained: what predicts.
        data: as of `run_networks`.
        batches: as of `run_networks`; of a network that carries a state, as `lane_batches` gives them.
        device: accelerator and precision.
        workers: processes that read ahead.
        clip: as of `predict_split`.
    """
    states = [Carried() for _ in trained.networks]

    def read(inputs: dict[str, Tensor], batch: dict[str, Tensor]) -> Tensor:
        every = []
        for network, carried in zip(trained.networks, states, strict=True):
            features = network.encode(inputs, batch["mask"])
            raw = (
                carried.temporal(network, features, batch)
                if network.carries
                else network.temporal(features, batch["mask"])
            )
            every.append(raw)
        return torch.stack(every)

    batch_outputs = run_networks(trained, data, batches, device, workers, read)
    return ((raw, trained.readout.predicted(outputs, clip).mean(0)) for raw, outputs in batch_outputs)
