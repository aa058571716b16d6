"""Full memory in words: what is full, and what needs less."""

from collections.abc import Iterator
from contextlib import contextmanager

import torch

from affectflow.core.errors import InputError


@contextmanager
def explain_full_memory(title: str) -> Iterator[None]:
    """Within the block a full GPU, or a data loader's process that was killed, raises InputError.

    Args:
        title: what is trained or predicts: `branch F`.
    """
    try:
        yield
    except torch.OutOfMemoryError as error:
        raise InputError(
            f"{title}: the GPU's memory is full ({str(error).split('. ')[0]}); see with nvidia-smi who else uses "
            "it. A lower batch needs less, and gives other scores"
        ) from error
    except RuntimeError as error:
        # torch has no type of its own for this one.
        if not str(error).startswith("DataLoader worker"):
            raise
        raise InputError(
            f"{title}: a process that reads its data died ({error}); memory, or shared memory (/dev/shm), was "
            "full. Set loader.workers to 0 or loader.cache_mb lower: neither changes a result"
        ) from error
