"""Prediction files as the organisers of ABAW want them, and the official lists that decide their rows."""

import csv
import logging
import re
import shutil
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from affectflow.artifacts.atomic import atomic_folder, atomic_path
from affectflow.artifacts.predictions import Predictions, check_complete, read_predictions
from affectflow.corpus.listing import read_names
from affectflow.errors import InputError

log = logging.getLogger(__name__)

HEADER = "image_location,valence,arousal"
_IMAGE = re.compile(r"(?P<subject>[^/]+)/(?P<number>[0-9]{5}|[1-9][0-9]{5,})\.jpg")
_SHOWN = 20
_BLOCK = 1 << 16


@dataclass(frozen=True, eq=False)
class Rows:
    """Rows of a submission: image `numbers[i]` (from 1) of `subjects[codes[i]]`, predicted in row
    `source[i]`."""

    subjects: Sequence[str]
    codes: NDArray[np.int64]
    numbers: NDArray[np.int64]
    source: NDArray[np.int64]


def submit(
    fused: Path, manifest: Path, table: Path, submission: Path, test_list: Path | None, sample: Path | None
) -> None:
    """Write the test predictions of a method: `table` (such as results/test_track1.csv) and both official
    forms.

    Args:
        fused: predictions for every decoded frame of the test split.
        manifest: says which frames these are.
        table: the CSV file to write.
        submission: the folder to write.
        test_list: official list of test subjects, whose order the rows have.
        sample: official sample file; where given, it alone decides the rows and their order.

    Raises:
        InputError: predictions are missing for a frame of the test split, or the official files do not fit
            them.
    """
    predictions = read_predictions(fused)
    check_complete(predictions, manifest, "test")
    rows = rows_by_sample(predictions, sample) if sample else rows_by_frames(predictions, test_list)
    write_images(table, rows, predictions)
    write_submission(submission, rows, predictions, table)


def read_sample(path: Path) -> list[tuple[str, int]]:
    """Subject and image number (from 1) of each row of an official sample prediction file, in its order.

    Raises:
        InputError: the file is missing, its header does not start with `image_location`, or a row names no
            image (`<subject>/00001.jpg`) or one that an earlier row has named.
    """
    images: list[tuple[str, int]] = []
    seen: set[tuple[str, int]] = set()
    try:
        with path.open(encoding="utf-8-sig", newline="") as lines:
            reader = csv.reader(lines)
            header = [name.strip() for name in next(reader, [])]
            if header[:1] != ["image_location"]:
                raise InputError(f"{path}, line 1: found the header {','.join(header)!r}, expected {HEADER!r}")
            for row in filter(None, reader):
                match = _IMAGE.fullmatch(row[0])
                if not match or int(match["number"]) < 1:
                    raise InputError(
                        f"{path}, line {reader.line_num}: found {row[0]!r}, expected an image such as "
                        "'video1/00001.jpg'"
                    )
                image = match["subject"], int(match["number"])
                if image in seen:
                    raise InputError(f"{path}, line {reader.line_num}: {row[0]} is named a second time; remove one")
                seen.add(image)
                images.append(image)
    except FileNotFoundError as error:
        raise InputError(f"{path}: no such file; expected the official sample prediction file") from error
    except UnicodeDecodeError as error:
        raise InputError(f"{path}: is not UTF-8 text ({error}); take the organisers' file as it is") from error
    if not images:
        raise InputError(f"{path}: names no image, expected one row for each that must be predicted")
    return images


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


def rows_by_sample(predictions: Predictions, sample: Path) -> Rows:
    """Exactly the rows of the official sample file, in its order.

    Rows after a subject's last decoded frame repeat that frame's values, as past entries did (the organisers
    count some videos one frame longer than they decode); they are counted and named in the log.

    Raises:
        InputError: as `read_sample`, or the sample names a subject that has no predictions.
    """
    images = read_sample(sample)
    subjects = list(dict.fromkeys(subject for subject, _ in images))
    _check_subjects(sample, subjects, predictions)
    position = {subject: code for code, subject in enumerate(subjects)}
    codes = np.array([position[subject] for subject, _ in images])
    numbers = np.array([number for _, number in images])
    counts = predictions.frames
    starts = dict(zip(predictions.subjects, predictions.starts.tolist(), strict=False))
    decoded = np.array([counts[subject] for subject in subjects])
    beyond = np.bincount(codes[numbers > decoded[codes]], minlength=len(subjects))
    if beyond.any():
        named = [f"{subject} ({count})" for subject, count in zip(subjects, beyond, strict=True) if count]
        log.warning(
            "%s: %d rows of %d subject(s) are after the last decoded frame and repeat its values: %s",
            sample, beyond.sum(), len(named), _some(named),
        )  # fmt: skip
    first = np.array([starts[subject] for subject in subjects])
    return Rows(subjects, codes, numbers, first[codes] + np.minimum(numbers, decoded[codes]) - 1)


def write_images(path: Path, rows: Rows, predictions: Predictions) -> None:
    """Write `image_location,valence,arousal` with one row an image (ABAW5 and later), six decimals."""
    quoted = [_quoted(f"{subject}/") for subject in rows.subjects]
    with atomic_path(path) as temporary, temporary.open("w", encoding="utf-8", newline="") as file:
        file.write(HEADER + "\n")
        for start in range(0, len(rows.codes), _BLOCK):
            part = slice(start, start + _BLOCK)
            names = zip(rows.codes[part].tolist(), rows.numbers[part].tolist(), strict=True)
            values = _values(predictions, rows.source[part])
            file.writelines(
                f"{quoted[code].format(f'{number:05d}.jpg')},{value}\n"
                for (code, number), value in zip(names, values, strict=True)
            )


def write_submission(folder: Path, rows: Rows, predictions: Predictions, images: Path) -> None:
    """Write both official forms: `abaw2/<subject>.txt`, one row a frame, and `abaw5/predictions.txt`, a
    copy of `images`, which `write_images` wrote.

    The folder appears whole or not at all, and replaces an older one.
    """
    with atomic_folder(folder) as temporary:
        (temporary / "abaw5").mkdir()
        shutil.copyfile(images, temporary / "abaw5" / "predictions.txt")
        (temporary / "abaw2").mkdir()
        for code, subject in enumerate(rows.subjects):
            its = np.flatnonzero(rows.codes == code)
            source = rows.source[its[rows.numbers[its].argsort(kind="stable")]]
            with (temporary / "abaw2" / f"{subject}.txt").open("w", encoding="utf-8", newline="") as file:
                file.write("valence,arousal\n")
                file.writelines(f"{value}\n" for value in _values(predictions, source))


def _values(predictions: Predictions, source: NDArray[np.int64]) -> Iterator[str]:
    """`valence,arousal` of prediction rows; six decimals keep a float32 within 1e-6, and never say -0."""
    pairs = zip(predictions.valence[source].tolist(), predictions.arousal[source].tolist(), strict=True)
    return (f"{valence:z.6f},{arousal:z.6f}" for valence, arousal in pairs)


def _quoted(prefix: str) -> str:
    """A template for `<subject>/<image>` as one CSV field."""
    template = prefix.replace("{", "{{").replace("}", "}}") + "{}"
    if any(c in prefix for c in ',"\r\n'):
        return '"' + template.replace('"', '""') + '"'
    return template


def _check_subjects(source: Path, named: Sequence[str], predictions: Predictions) -> None:
    unknown = [subject for subject in named if subject not in predictions.frames]
    if unknown:
        raise InputError(
            f"{source}: names {len(unknown)} subject(s) without predictions: {_some(unknown)}; they are "
            f"not among the {len(predictions.subjects)} subjects of {predictions.source}: add their "
            "videos to the corpus"
        )
    extra = sorted(set(predictions.subjects) - set(named))
    if extra:
        log.warning("%s: %d predicted subject(s) are not named and not written: %s", source, len(extra), _some(extra))


def _some(names: Iterable[str]) -> str:
    shown = list(names)
    return ", ".join(shown[:_SHOWN]) + (", …" if len(shown) > _SHOWN else "")
