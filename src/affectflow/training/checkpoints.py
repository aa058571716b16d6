"""Where a training job may go on after an interruption."""

import hashlib
import json
import shutil
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from affectflow.artifacts.atomic import write_text

_STATE = "training.json"
ENDED = "ended"


def settings_digest(values: Any, files: Iterable[Path], artifacts: Iterable[Path]) -> str:
    """Digest of everything that a training depends on.

    Args:
        values: settings, as JSON can hold them.
        files: read whole.
        artifacts: large files, known by name, size and time of change.
    """
    digest = hashlib.sha256(json.dumps(values, sort_keys=True).encode())
    for path in files:
        digest.update(hashlib.sha256(path.read_bytes()).digest())
    for path in artifacts:
        status = path.stat()
        digest.update(json.dumps([path.name, status.st_size, status.st_mtime_ns]).encode())
    return digest.hexdigest()


class Checkpoints:
    """A folder of checkpoints that belongs to one training, known by its digest."""

    def __init__(self, folder: Path, digest: str) -> None:
        """Open the folder; what another training left in it is removed, and said."""
        self.folder, self._digest = folder, digest
        self.last_path, self.best_path = folder / "last.ckpt", folder / "best.ckpt"
        state = self._read()
        if state.get("digest") != digest:
            if self.last_path.exists():
                print(
                    f"{folder}: holds checkpoints of a training with other settings or data; starting anew",
                    file=sys.stderr,
                )
            self.remove()
            state = {}
        self.run_id: str | None = state.get("run_id")
        """MLflow run of the interrupted training, if there was one."""

    @property
    def last(self) -> Path | None:
        """The checkpoint to go on from; None to start from the beginning."""
        return self.last_path if self.last_path.exists() else None

    def begin(self, run_id: str | None) -> None:
        """Claim the folder for this training, before its first checkpoint; again once its MLflow run is known."""
        self.run_id = run_id
        write_text(self.folder / _STATE, json.dumps({"digest": self._digest, "run_id": run_id}), recorded=False)

    def end(self) -> None:
        """Note that the training has ended. Its checkpoints stay until the workflow has noted so too (`remove_ended`):
        killed before, it makes the job again, which then goes on from the last checkpoint, its end."""
        write_text(self.folder / ENDED, "", recorded=False)

    def remove(self) -> None:
        """Delete the folder: the training has ended, or another one left it."""
        if self.folder.exists():
            shutil.rmtree(self.folder)

    def _read(self) -> dict[str, Any]:
        try:
            state = json.loads((self.folder / _STATE).read_text(encoding="utf-8"))
        except (FileNotFoundError, json.JSONDecodeError):
            return {}
        return state if isinstance(state, dict) else {}


def remove_ended(folder: Path) -> None:
    """Remove checkpoints below `folder` of trainings that have ended: a run of the workflow has noted all its jobs."""
    for mark in list(folder.rglob(ENDED)):
        shutil.rmtree(mark.parent)
