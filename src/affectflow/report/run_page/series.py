"""The outputs of a track along the frames of each subject, as a page carries them."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from affectflow.core.tracks import Track
from affectflow.report.drawing.packing import pack, whole
from affectflow.report.run_page.streams import Seen
from affectflow.report.tables.scores import Validation

FINE = 3
"""Decimals of the fused method and of numbers."""
COARSE = 2
"""Decimals of a branch's probabilities, of which there are many and which are only looked at."""


@dataclass(frozen=True, eq=False)
class Layer:
    """Outputs of the submitted method or of a branch."""

    name: str
    values: NDArray[np.float32]
    """Shape (rows, outputs)."""
    decimals: int


def layers_of(validation: Validation, method: str) -> list[Layer]:
    """The fused method and, where it is not that alone, each branch of the track."""
    coarse = FINE if validation.track.continuous else COARSE
    branches = [Layer(name, table.values, coarse) for name, table in validation.predictions.items()]
    return [Layer(method, validation.fused(method), FINE), *branches]


def packed(
    validation: Validation, layers: Sequence[Layer], seen: Mapping[str, Seen], step: int
) -> Iterator[dict[str, Any]]:
    """Every subject's series, in the order of the predictions: `frames` and `times` (milliseconds) packed as int32,
    `values` as int16 with columns face, body, the targets, then the outputs of each layer.

    Args:
        validation: labels and track.
        layers: the first one decides which frames stay.
        seen: times and findings by subject.
        step: frames that one stands for; see `kept`.
    """
    table = next(iter(validation.predictions.values()))
    decimals = FINE if validation.track.continuous else 0
    for subject, begin, end in zip(table.subjects, table.starts, table.starts[1:], strict=False):
        subject_seen = seen[subject]
        frames = kept(_guide(validation.track, layers[0].values[begin:end]), step)
        rows = slice(begin, end)
        columns = [
            whole(np.stack([subject_seen.face, subject_seen.body], axis=1), 0),
            whole(validation.annotated.targets[rows], decimals),
            *(whole(layer.values[rows], layer.decimals) for layer in layers),
        ]
        yield {
            "name": subject,
            "count": int(end - begin),
            "kept": len(frames),
            "frames": pack(frames, "int32"),
            "times": pack(np.rint(subject_seen.times[frames] * 1000), "int32"),
            "values": pack(np.concatenate(columns, axis=1)[frames], "int16"),
        }


def kept(guide: NDArray[np.float32], step: int) -> NDArray[np.int64]:
    """Frames to draw where one in `step` has room: of equal stretches the frames with the lowest and the highest value
    of each column of `guide`, shape (frames, columns), so that no peak is lost. All frames for a step of 1."""
    count, columns = guide.shape
    if step == 1:
        return np.arange(count)
    length = 2 * columns * step
    frames: set[int] = {0, count - 1}
    for begin in range(0, count, length):
        stretch = guide[begin : begin + length]
        frames.update((begin + stretch.argmin(axis=0)).tolist(), (begin + stretch.argmax(axis=0)).tolist())
    return np.array(sorted(frames))


def _guide(track: Track, values: NDArray[np.float32]) -> NDArray[np.float32]:
    return values if track.continuous else values.max(axis=1, keepdims=True)
