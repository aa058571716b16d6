"""Which rows a submission has, and where their predictions are."""

import logging
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from affectflow.artifacts.predictions import Predictions
from affectflow.core.errors import InputError
from affectflow.datasets.submission.sample import read_sample
from affectflow.datasets.video.listing import read_names

log = logging.getLogger(__name__)

_SHOWN = 20


@dataclass(frozen=True, eq=False)
class Rows:
    """Rows of a submission: image `numbers[i]` (from 1) of `subjects[codes[i]]`, predicted in row
    `source[i]`."""

    subjects: Sequence[str]
    codes: NDArray[np.int64]
    numbers: NDArray[np.int64]
    source: NDArray[np.int64]


def rows_by_frames(predictions: Predictions, test_list: Path | None = None) -> Rows:
    """One row for each decoded frame, subjects in the order of the official list, else sorted by name.

    Raises:
        InputError: the list names a subject that has no predictions.
    """
    subjects = read_names(test_list) if test_list else sorted(predictions.subjects)
    counts = predictions.frames
    if test_list:
        _check_subjects(test_list, subjects, predictions)
    starts = dict(zip(predictions.subjects, predictions.starts.tolist(), strict=False))
    frames = [np.arange(counts[subject]) for subject in subjects]
    return Rows(
        subjects,
        np.repeat(np.arange(len(subjects)), [len(f) for f in frames]),
        np.concatenate(frames) + 1,
        np.concatenate([f + starts[subject] for subject, f in zip(subjects, frames, strict=True)]),
    )


def rows_by_sample(predictions: Predictions, path: Path) -> Rows:
    """Exactly the rows of the official sample file, in its order.

    Rows after a subject's last decoded frame repeat that frame's values, as past entries did (the organisers
    count some videos one frame longer than they decode); they are counted and named in the log.

    Raises:
        InputError: as `read_sample`, or the sample names a subject that has no predictions.
    """
    sample = read_sample(path)
    _check_subjects(path, sample.subjects, predictions)
    counts = predictions.frames
    starts = dict(zip(predictions.subjects, predictions.starts.tolist(), strict=False))
    decoded = np.array([counts[subject] for subject in sample.subjects])[sample.codes]
    rows_past_end = np.bincount(sample.codes[sample.numbers > decoded], minlength=len(sample.subjects))
    if rows_past_end.any():
        descriptions = [
            f"{subject} ({count})" for subject, count in zip(sample.subjects, rows_past_end, strict=True) if count
        ]
        log.warning(
            "%s: %d rows of %d subject(s) are after the last decoded frame and repeat its values: %s",
            path, rows_past_end.sum(), len(descriptions), _join_names(descriptions),
        )  # fmt: skip
    first = np.array([starts[subject] for subject in sample.subjects])[sample.codes]
    return Rows(sample.subjects, sample.codes, sample.numbers, first + np.minimum(sample.numbers, decoded) - 1)


def _check_subjects(source: Path, subjects: Sequence[str], predictions: Predictions) -> None:
    unknown = [subject for subject in subjects if subject not in predictions.frames]
    if unknown:
        raise InputError(
            f"{source}: names {len(unknown)} subject(s) without predictions: {_join_names(unknown)}; they are "
            f"not among the {len(predictions.subjects)} subjects of {predictions.source}: add their "
            "videos to the corpus"
        )
    extra = sorted(set(predictions.subjects) - set(subjects))
    if extra:
        log.warning(
            "%s: %d predicted subject(s) are not named and not written: %s", source, len(extra), _join_names(extra)
        )


def _join_names(names: Iterable[str]) -> str:
    all_names = list(names)
    return ", ".join(all_names[:_SHOWN]) + (", …" if len(all_names) > _SHOWN else "")
