"""The stored faces of an image corpus as raw tensors."""

from pathlib import Path

import numpy as np
import pyarrow as pa
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.utils.data import Dataset

from affectflow.artifacts.schemas import IMAGES
from affectflow.artifacts.tables import as_array, read_arrow
from affectflow.config.training import Augment
from affectflow.errors import InputError
from affectflow.media.square import square
from affectflow.streams.augment import draw
from affectflow.tracks import Track


class Images(Dataset[dict[str, Tensor]]):
    """The pictures of a split that are annotated with the targets of a track: all of them, or any action unit.

    A sample holds `face` uint8 (size, size, 3); `target` float32 (targets of the track,), NaN for an action unit that
    is not annotated; `row` int64, its row in the file; with `augment`, `draw` float32 (8,).
    """

    def __init__(self, path: Path, track: Track, size: int, augment: Augment | None = None, seed: int = 0) -> None:
        """
        Args:
            path: Arrow file of `IMAGES`.
            track: what is predicted. Of `expr`, pictures whose class it does not have are not annotated.
            size: side of a picture in pixels.
            augment: random changes; none when not given.
            seed: fixes the random changes.

        Raises:
            InputError: the file is missing or damaged, or no picture is annotated.
        """
        self.path, self.epoch = path, 0
        self._table = read_arrow(path, IMAGES)
        self._size, self._seed = size, seed
        self._augment = augment if augment is not None and augment != Augment() else None
        targets = still_targets(self._table, track)
        unknown = np.isnan(targets)
        self._rows = np.flatnonzero(~(unknown.all(axis=1) if track.name == "au" else unknown.any(axis=1)))
        self.targets: NDArray[np.float32] = targets[self._rows]
        """Shape (pictures, targets of the track), NaN for action units that are not annotated."""
        if not len(self._rows):
            raise InputError(f"{path}: none of {len(targets)} pictures is annotated with {' and '.join(track.targets)}")

    def __len__(self) -> int:
        return len(self._rows)

    def __getitem__(self, sample: int) -> dict[str, Tensor]:
        row = int(self._rows[sample])
        face = read_face(self._table, row, self._size, self.path)
        made = {
            "face": torch.from_numpy(face),
            "target": torch.from_numpy(self.targets[sample]),
            "row": torch.tensor(row),
        }
        if self._augment is not None:
            made["draw"] = draw(self._augment, self._seed, self.epoch, sample, columns=0, bands=0)
        return made

    def name(self, row: int) -> str:
        """The name of a picture in its corpus."""
        name: str = self._table.column("image")[row].as_py()
        return repr(name)


class StoredFaces(Dataset[dict[str, Tensor]]):
    """All stored faces of a split, annotated or not, each a sequence of one frame, as `make_inputs` takes it: `face`
    uint8 (1, size, size, 3); `face_found` and `mask` bool (1,), true; `row` int64, its row in the file."""

    def __init__(self, path: Path, size: int) -> None:
        """
        Args:
            path: Arrow file of `IMAGES`.
            size: side of a picture in pixels.

        Raises:
            InputError: the file is missing or damaged.
        """
        self._path, self._size = path, size
        self._table = read_arrow(path, IMAGES)
        self.names: list[str] = self._table.column("image").to_pylist()
        """Of the pictures."""

    def __len__(self) -> int:
        return len(self.names)

    def __getitem__(self, row: int) -> dict[str, Tensor]:
        real = torch.ones(1, dtype=torch.bool)
        face = read_face(self._table, row, self._size, self._path)
        return {"face": torch.from_numpy(face)[None], "face_found": real, "mask": real, "row": torch.tensor(row)}


def read_face(table: pa.Table, row: int, size: int, path: Path) -> NDArray[np.uint8]:
    """A stored face of a table of `IMAGES`, read from `path`, shape (size, size, 3); InputError where it is damaged."""
    try:
        return square(memoryview(table.column("face")[row].as_buffer()), size, (0.0, 0.0))
    except ValueError as error:
        name = table.column("image")[row].as_py()
        raise InputError(f"{path}: picture {name!r}: {error}; delete the file and run again") from error


def still_targets(table: pa.Table, track: Track) -> NDArray[np.float32]:
    """What stored pictures (`IMAGES`) are annotated with, shape (pictures, targets of the track), NaN where there is
    none; an expression that the track does not have is none."""
    columns = [as_array(table[name].cast(pa.float32())) for name in track.targets]
    targets = np.stack(columns, axis=1)
    if track.name == "expr":
        targets[targets >= len(track.outputs)] = np.nan
    return targets
