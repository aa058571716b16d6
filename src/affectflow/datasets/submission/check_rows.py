"""Whether a prediction file has the rows of the official sample, each once and in its order."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from affectflow.datasets.submission.problems import Problems
from affectflow.datasets.submission.sample import Sample


def key(code: int, number: int) -> int:
    """One number for image `number` of the subject `code`."""
    return code << 32 | number


def compare_rows(
    keys: NDArray[np.int64], lines: NDArray[np.int64], subjects: Sequence[str], sample: Sample, problems: Problems
) -> None:
    """Note rows that are missing, not in the sample, there twice or out of order.

    Args:
        keys: `key` of each row of the file; the codes of the sample's subjects are the sample's own.
        lines: line of each row.
        subjects: the subject of each code.
        sample: the rows that there must be.
        problems: where to note them.
    """
    expected = sample.codes << 32 | sample.numbers
    if np.array_equal(keys, expected):
        return

    def note(kind: str, rows: NDArray[np.int64], description: str) -> None:
        descriptions = (f"line {lines[row]}: {_image(keys[row], subjects)} {description}" for row in rows)
        problems.add_all(kind, descriptions, len(rows))

    order = expected.argsort()
    positions = order[np.searchsorted(expected, keys, sorter=order).clip(max=len(expected) - 1)]
    in_sample = expected[positions] == keys
    note("extra rows", np.flatnonzero(~in_sample), "is not in the sample")
    rows = np.flatnonzero(in_sample)
    covered, first = np.unique(positions[rows], return_index=True)
    note("duplicates", np.delete(rows, first), "stands there a second time")
    missing = np.setdiff1d(np.arange(len(expected)), covered, assume_unique=True)
    descriptions = (f"{_image(expected[position], subjects)}, row {position + 1} of the sample" for position in missing)
    problems.add_all("missing rows", descriptions, len(missing))
    rows = rows[np.sort(first)]
    latest = np.maximum.accumulate(positions[rows])
    note("order", rows[1:][positions[rows][1:] < latest[:-1]], "stands after a row that the sample has later")


def _image(number: np.int64, subjects: Sequence[str]) -> str:
    """The image of a `key`."""
    return f"{subjects[int(number >> 32)]}/{number & 0xFFFFFFFF:05d}.jpg"
