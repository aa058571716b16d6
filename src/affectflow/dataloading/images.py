"""The stored faces of image corpora as raw tensors."""

from bisect import bisect_right
from collections.abc import Mapping
from itertools import accumulate
from pathlib import Path

import numpy as np
import pyarrow as pa
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.utils.data import Dataset

from affectflow.artifacts.schemas import IMAGES
from affectflow.artifacts.tables import as_array, read_arrow
from affectflow.config.training.trained import Augment
from affectflow.core.errors import InputError
from affectflow.core.tracks import Track
from affectflow.dataloading.augment import draw
from affectflow.metrics.annotated import is_annotated
from affectflow.preprocessing.media.square import square


class Images(Dataset[dict[str, Tensor]]):
    """The pictures of a split that are annotated with the targets of a track: all of them, or any action unit; of
    several corpora, those of the first corpus first.

    A sample holds `face` uint8 (size, size, 3); `target` float32 (targets of the track,), NaN for an action unit that
    is not annotated; `sample` int64, its number; with `augment`, `draw` float32 (8,).
    """

    def __init__(
        self, files: Mapping[str, Path], track: Track, size: int, augment: Augment | None = None, seed: int = 0
    ) -> None:
        """
        Args:
            files: Arrow file of `IMAGES` by corpus.
            track: what is predicted. Of `expr`, pictures whose class it does not have are not annotated.
            size: side of a picture in pixels.
            augment: random changes; none when not given.
            seed: fixes the random changes.

        Raises:
            InputError: a file is missing or damaged, or no picture of a corpus is annotated.
        """
        self.epoch = 0
        self._size, self._seed = size, seed
        self._augment = augment if augment is not None and augment != Augment() else None
        self._members = [_Annotated(name, path, track) for name, path in files.items()]
        counts = [len(member.rows) for member in self._members]
        self._starts = [0, *accumulate(counts)]
        self.sizes = dict(zip(files, counts, strict=True))
        """Annotated pictures of each corpus."""
        self.targets: NDArray[np.float32] = np.concatenate([member.targets for member in self._members])
        """Shape (pictures, targets of the track), NaN for action units that are not annotated."""

    def __len__(self) -> int:
        return self._starts[-1]

    def __getitem__(self, sample: int) -> dict[str, Tensor]:
        member, row = self._place(sample)
        item = {
            "face": torch.from_numpy(read_face(member.table, row, self._size, member.path)),
            "target": torch.from_numpy(self.targets[sample]),
            "sample": torch.tensor(sample),
        }
        if self._augment is not None:
            item["draw"] = draw(self._augment, self._seed, self.epoch, sample, columns=0, bands=0)
        return item

    def name(self, sample: int) -> str:
        """The corpus of a sample, and its picture's name there."""
        member, row = self._place(sample)
        return f"{member.name} {member.table.column('image')[row].as_py()!r}"

    def parts(self) -> dict[str, slice]:
        """The samples of each corpus."""
        ends = zip(self._members, self._starts, self._starts[1:], strict=False)
        return {member.name: slice(start, end) for member, start, end in ends}

    def _place(self, sample: int) -> tuple["_Annotated", int]:
        """The corpus that a sample is of, and its row there."""
        place = bisect_right(self._starts, sample) - 1
        member = self._members[place]
        return member, int(member.rows[sample - self._starts[place]])


class _Annotated:
    """The annotated pictures of a split of one corpus.

    Raises:
        InputError: as of `Images`.
    """

    def __init__(self, name: str, path: Path, track: Track) -> None:
        self.name, self.path = name, path
        self.table = read_arrow(path, IMAGES)
        targets = still_targets(self.table, track)
        self.rows = np.flatnonzero(is_annotated(track, targets))
        self.targets: NDArray[np.float32] = targets[self.rows]
        if not len(self.rows):
            raise InputError(f"{path}: none of {len(targets)} pictures is annotated with {' and '.join(track.targets)}")


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
    none; a class that the track does not have is none, and a target that no corpus of pictures has."""
    targets = np.full((len(table), len(track.targets)), np.nan, np.float32)
    for place, name in enumerate(track.targets):
        if name in table.column_names:
            targets[:, place] = as_array(table[name].cast(pa.float32()))
    if track.kind == "classes":
        targets[targets >= len(track.outputs)] = np.nan
    return targets
