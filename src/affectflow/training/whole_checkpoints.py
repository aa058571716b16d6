"""Checkpoints that a kill in the middle of writing cannot damage."""

import io
from pathlib import Path
from typing import Any

import torch

from affectflow.artifacts.atomic import atomic_path
from affectflow.training.lit import TorchCheckpointIO


class WholeCheckpoints(TorchCheckpointIO):
    """Writes a checkpoint beside its place, syncs and renames it.

    Lightning itself writes to the system's temporary folder and moves the file from there; where that is another
    disk, moving is copying, and a kill leaves half a checkpoint under the name to go on from.
    """

    def save_checkpoint(self, checkpoint: dict[str, Any], path: str | Path, storage_options: Any = None) -> None:
        """Write `checkpoint` to `path`.

        Raises:
            InputError: the disk is full.
        """
        # Through memory: where the disk is full, torch's own writer does not say so.
        content = io.BytesIO()
        torch.save(checkpoint, content)
        with atomic_path(Path(path), recorded=False) as temporary:
            temporary.write_bytes(content.getbuffer())
