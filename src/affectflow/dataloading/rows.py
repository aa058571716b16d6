"""Random access to the rows of artifacts by subject or video and frame."""

from pathlib import Path

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from affectflow.artifacts import schemas
from affectflow.artifacts.layout import artifact_file
from affectflow.artifacts.tables import MappedArrow, as_array, as_flags, as_rows, in_one_piece, read_parquet, spans
from affectflow.core.errors import InputError
from affectflow.dataloading.landmarks import Marks

_SCHEMAS = {"frames": schemas.FRAMES, "resized": schemas.RESIZED, "faces": schemas.FACES, "body": schemas.BODY}


class ShardRows:
    """One artifact of one shard: a frame's row is its subject's (or video's) first row plus its number.

    Arrow files are memory-mapped, so that only touched rows are read from disk.
    """

    def __init__(self, path: Path, artifact: str) -> None:
        schema = _SCHEMAS[artifact.partition("/")[0]]
        self.path = path
        self._file = None if path.suffix == ".parquet" else MappedArrow(path, schema)
        self._table = read_parquet(path, schema) if self._file is None else self._file.table
        self._spans = spans(self._table.column(schema.names[0]))

    def span(self, name: str, frames: int) -> slice:
        """Rows of a subject or video, one for each of its `frames` frames.

        Raises:
            InputError: the file does not hold exactly the frames 0 to `frames` - 1, in order.
        """
        rows = self._spans.get(name, slice(0, 0))
        count = rows.stop - rows.start
        numbers = as_array(self._table.column("frame").slice(rows.start, count))
        if not np.array_equal(numbers, np.arange(frames)):
            raise InputError(
                f"{self.path}: holds {count} rows of {name!r}, expected frames 0 to {frames - 1} in order; "
                "it does not belong to this manifest: delete it and run again"
            )
        return rows

    def column(self, name: str) -> pa.ChunkedArray:
        """A whole column, still on disk."""
        return self._table.column(name)

    def value(self, name: str, row: int) -> memoryview | None:
        """The bytes of one value of an Arrow file; None where it is null."""
        assert self._file is not None, f"{self.path} is not mapped"
        return self._file.value(name, row)


class ArtifactRows:
    """The artifacts below `work/<corpus>/`, opened at first use and kept open."""

    def __init__(self, work: Path) -> None:
        self.work = work
        self._open: dict[tuple[str, str], ShardRows] = {}
        self._spans: dict[tuple[str, str, str], slice] = {}

    def _rows(self, artifact: str, shard: str) -> ShardRows:
        key = (artifact, shard)
        if key not in self._open:
            self._open[key] = ShardRows(self.work / artifact_file(artifact, shard), artifact)
        return self._open[key]

    def locate(self, artifact: str, shard: str, name: str, frames: int) -> tuple[ShardRows, int]:
        """The shard's rows and the row of frame 0 of the subject or video `name`; checked once."""
        rows, key = self._rows(artifact, shard), (artifact, shard, name)
        if key not in self._spans:
            self._spans[key] = rows.span(name, frames)
        return rows, self._spans[key].start

    def pictures(
        self, artifact: str, shard: str, name: str, frames: int, numbers: NDArray[np.int64]
    ) -> list[memoryview | None]:
        """JPEG bytes of some frames, None where a face was not found; `artifact` is `faces` or holds whole frames."""
        rows, first = self.locate(artifact, shard, name, frames)
        column = "face" if artifact == "faces" else "jpeg"
        return [rows.value(column, int(first + number)) for number in numbers]

    def times(self, shard: str, video: str, frames: int) -> NDArray[np.float64]:
        """Times of all frames of a video in seconds, shape (frames,)."""
        rows, first = self.locate("frames", shard, video, frames)
        return rows.column("time").slice(first, frames).to_numpy()

    def faces_found(self, shard: str, subject: str, frames: int) -> NDArray[np.bool_]:
        """Whether the subject's face was found, shape (frames,)."""
        rows, first = self.locate("faces", shard, subject, frames)
        return as_flags(rows.column("found").slice(first, frames))

    def landmarks(self, shard: str, subject: str, frames: int, numbers: NDArray[np.int64]) -> Marks:
        """What is known of the shape of a face in some frames, `numbers`, in ascending order; zeros where none was
        found.

        Raises:
            InputError: a face was found and its 68 landmarks were not looked for.
        """
        rows, first = self.locate("faces", shard, subject, frames)
        start, count = first + int(numbers[0]), int(numbers[-1] - numbers[0]) + 1
        detected = rows.column("found").slice(start, count).to_numpy()
        columns = []
        for name, size in (("landmarks", 136), ("anchors", 10), ("box", 4)):
            values = np.zeros((count, size), np.float32)
            stored = in_one_piece(rows.column(name).slice(start, count).filter(pa.array(detected)))
            if stored.null_count:
                raise InputError(
                    f"{rows.path}: {subject!r} has no 68 landmarks, which stream landmarks reads; set "
                    "faces.landmarker: dlib68 and faces.source: detect, or remove the stream"
                )
            values[detected] = stored.flatten().to_numpy().reshape(-1, size)
            columns.append(values[numbers - numbers[0]])
        return Marks(columns[0].reshape(-1, 68, 2), columns[1].reshape(-1, 5, 2), columns[2])

    def boxes(self, shard: str, subject: str, frames: int) -> tuple[NDArray[np.float32], NDArray[np.bool_]]:
        """Boxes of equation 1 (left, top, right, bottom in pixels of the stored frame; 0 where not found), shape
        (frames, 4), and whether the body was found, shape (frames,)."""
        rows, first = self.locate("body", shard, subject, frames)
        detected = as_flags(rows.column("found").slice(first, frames))
        boxes: NDArray[np.float32] = np.nan_to_num(as_rows(rows.column("box").slice(first, frames), 4))
        return boxes, detected

    def __getstate__(self) -> dict[str, object]:
        """Another process opens the files itself."""
        return {"work": self.work, "_open": {}, "_spans": {}}
