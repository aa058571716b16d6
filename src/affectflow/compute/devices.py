"""Where a network runs, and with which numbers."""

import sys
from contextlib import AbstractContextManager
from functools import cache
from typing import Literal

import torch
import torch.utils.deterministic

from affectflow.config.system.execution import Device

Precision = Literal["32-true", "bf16-mixed", "16-mixed"]


def choose(settings: Device, gpus: int | None = None) -> tuple[str, int]:
    """Accelerator (`gpu` or `cpu`) and number of devices, or of processes; says once where there is no GPU for those
    asked.

    Args:
        settings: the `device` settings.
        gpus: devices lent to this job; those of the settings when not given.
    """
    requested = settings.gpus if gpus is None else gpus
    available = torch.cuda.device_count()
    if requested and available:
        return "gpu", min(requested, available)
    if requested:
        _say_cpu(torch.get_num_threads())
    return "cpu", settings.processes


@cache
def _say_cpu(threads: int) -> None:
    print(f"no GPU found: running on the CPU with {threads} thread{'s' * (threads != 1)}", file=sys.stderr)


def describe_device(accelerator: str, devices: int) -> str:
    """What a job ran on, for its record: `cpu`, or the GPU's name, with their number where there are several."""
    name = torch.cuda.get_device_name(0) if accelerator == "gpu" else "cpu"
    return name if devices == 1 else f"{devices} x {name}"


def precision_of(settings: Device, accelerator: str) -> Precision:
    """Lightning's name of the precision that `settings` mean on this machine."""
    if settings.precision != "auto":
        return settings.precision
    return "bf16-mixed" if accelerator == "gpu" and torch.cuda.is_bf16_supported() else "32-true"


def autocast(device: str, precision: str) -> AbstractContextManager[object]:
    """The context in which a network predicts with `precision`."""
    kind = {"bf16-mixed": torch.bfloat16, "16-mixed": torch.float16}.get(precision)
    return torch.autocast(device, dtype=kind or torch.bfloat16, enabled=kind is not None)


def set_deterministic(wanted: bool) -> None:
    """Whether torch refuses operations whose results vary from run to run.

    Not by `torch.use_deterministic_algorithms`, which imports torch's compiler first: two seconds of a short video.
    """
    torch.set_deterministic_debug_mode("error" if wanted else "default")
    # Otherwise every result is filled with NaN before it is computed, so that whoever reads memory of before is seen.
    torch.utils.deterministic.fill_uninitialized_memory = False  # type: ignore[attr-defined]  # set in its own way
