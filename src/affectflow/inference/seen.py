"""What trained networks say of batches of samples, one after the other."""

from collections.abc import Callable, Iterable, Iterator

import torch
from torch import Tensor
from torch.utils.data import Dataset

from affectflow.artifacts.job import note
from affectflow.compute.devices import Precision, autocast, choose, describe_device, precision_of, set_deterministic
from affectflow.config.system.execution import Device
from affectflow.core.counting import each
from affectflow.dataloading.batches import batch_loader
from affectflow.dataloading.inputs import make_inputs
from affectflow.models.folder import TrainedBranch


def run_networks(
    trained: TrainedBranch,
    data: Dataset[dict[str, Tensor]],
    batches: list[list[int]],
    device: Device,
    workers: int,
    read: Callable[[dict[str, Tensor], dict[str, Tensor]], Tensor],
    change: Callable[[dict[str, Tensor]], dict[str, Tensor]] = dict,
) -> Iterator[tuple[dict[str, Tensor], Tensor]]:
    """Batches of samples, one after the other, with what trained networks say of them, float32 on the CPU. The
    networks are in their place before the first is asked for; within a job its records say on which device.

    Args:
        trained: whose networks.
        data: samples, as `make_inputs` takes them.
        batches: the samples of each batch.
        device: accelerator and precision.
        workers: processes that read ahead.
        read: of the networks, maps their inputs and the batch to what is wanted.
        change: what is done to a batch of raw samples first.
    """
    accelerator, _ = choose(device, min(device.gpus, 1))
    note(describe_device(accelerator, 1))
    place = torch.device("cuda" if accelerator == "gpu" else "cpu")
    precision = precision_of(device, accelerator)
    set_deterministic(device.deterministic)
    for network in trained.networks:
        network.to(place)
    loaded = each(batch_loader(data, batches, workers), trained.name, len(batches), "batches")
    return _run(trained, loaded, place, precision, read, change)


def _run(
    trained: TrainedBranch,
    loaded: Iterable[dict[str, Tensor]],
    place: torch.device,
    precision: Precision,
    read: Callable[[dict[str, Tensor], dict[str, Tensor]], Tensor],
    change: Callable[[dict[str, Tensor]], dict[str, Tensor]],
) -> Iterator[tuple[dict[str, Tensor], Tensor]]:
    branch = trained.branch
    for raw in loaded:
        # Left before the batch is given away: the next one to run may be another branch.
        with torch.inference_mode(), autocast(place.type, precision):
            batch = {name: tensor.to(place, non_blocking=True) for name, tensor in change(raw).items()}
            outputs = read(make_inputs(batch, branch.streams, branch.picture), batch).float().cpu()
        yield raw, outputs
