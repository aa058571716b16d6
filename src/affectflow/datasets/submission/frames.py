"""Prediction files as the organisers of ABAW want them."""

import shutil
from collections.abc import Iterator, Mapping
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from affectflow.artifacts.atomic import atomic_folder, atomic_path
from affectflow.artifacts.predictions import check_complete, read_predictions
from affectflow.core.errors import InputError
from affectflow.core.tracks import Track
from affectflow.datasets.submission.rows import Rows, rows_by_frames, rows_by_sample

_BLOCK = 1 << 16


def submit(
    fused: Path,
    manifest: Path,
    table: Path,
    submission: Path,
    test_list: Path | None,
    sample: Path | None,
    track: Track,
    thresholds: Mapping[str, float],
) -> None:
    """Write the test predictions of a method: `table` (such as results/test_track1.csv) and both official
    forms.

    Args:
        fused: predictions for every decoded frame of the track's test split.
        manifest: says which frames these are.
        table: the CSV file to write, in the form of ABAW5.
        submission: the folder to write.
        test_list: official list of test subjects, whose order the rows have.
        sample: official sample file; where given, it alone decides the rows and their order.
        track: what is predicted.
        thresholds: probability from which on an action unit (`au1` …) counts as shown; 0.5 for those not named.

    Raises:
        InputError: predictions are missing for a frame of the test split, the official files do not fit them, or
            a threshold is of no unit of the track.
    """
    if unknown := sorted(thresholds.keys() - set(track.outputs if track.kind == "units" else ())):
        raise InputError(f"thresholds: {', '.join(unknown)} is no action unit of {track.name} ({track.edition})")
    predictions = read_predictions(fused, track)
    check_complete(predictions, manifest, "test", track)
    rows = rows_by_sample(predictions, sample) if sample else rows_by_frames(predictions, test_list)
    values = official_values(predictions.values, track, thresholds)
    write_images(table, rows, values, track)
    write_submission(submission, rows, values, track, table)


def official_values(values: NDArray[np.float32], track: Track, thresholds: Mapping[str, float]) -> NDArray[np.float32]:
    """What official files say for outputs of shape (rows, outputs), one column a target.

    Numbers as they are; the number of the most probable class, the first of equal ones; 1 for a unit whose probability
    reaches its threshold, else 0.
    """
    if track.continuous:
        return values
    if track.kind == "classes":
        return values.argmax(axis=1, keepdims=True).astype(np.float32)
    return (values >= [thresholds.get(unit, 0.5) for unit in track.outputs]).astype(np.float32)


def write_images(path: Path, rows: Rows, values: NDArray[np.float32], track: Track) -> None:
    """Write `image_location` and the track's columns with one row an image (ABAW5 and later)."""
    templates = [_quote(f"{subject}/") for subject in rows.subjects]
    with atomic_path(path) as temporary, temporary.open("w", encoding="utf-8", newline="") as file:
        file.write(",".join(("image_location", *track.header)) + "\n")
        for start in range(0, len(rows.codes), _BLOCK):
            part = slice(start, start + _BLOCK)
            names = zip(rows.codes[part].tolist(), rows.numbers[part].tolist(), strict=True)
            file.writelines(
                f"{templates[code].format(f'{number:05d}.jpg')},{value}\n"
                for (code, number), value in zip(names, _lines(values[rows.source[part]], track), strict=True)
            )


def write_submission(folder: Path, rows: Rows, values: NDArray[np.float32], track: Track, images: Path) -> None:
    """Write both official forms: `abaw2/<subject>.txt`, one row a frame, and `abaw5/predictions.txt`, a
    copy of `images`, which `write_images` wrote.

    The folder appears whole or not at all, and replaces an older one.
    """
    with atomic_folder(folder) as temporary:
        (temporary / "abaw5").mkdir()
        shutil.copyfile(images, temporary / "abaw5" / "predictions.txt")
        (temporary / "abaw2").mkdir()
        for code, subject in enumerate(rows.subjects):
            indices = np.flatnonzero(rows.codes == code)
            source = rows.source[indices[rows.numbers[indices].argsort(kind="stable")]]
            with (temporary / "abaw2" / f"{subject}.txt").open("w", encoding="utf-8", newline="") as file:
                file.write(",".join(track.header) + "\n")
                file.writelines(f"{value}\n" for value in _lines(values[source], track))


def _lines(values: NDArray[np.float32], track: Track) -> Iterator[str]:
    """Rows of official values as text; six decimals keep a float32 within 1e-6, and never say -0."""
    digits = "z.6f" if track.continuous else ".0f"
    template = ",".join(f"{{:{digits}}}" for _ in track.targets)
    return (template.format(*row) for row in values.tolist())


def _quote(prefix: str) -> str:
    """A template for `<subject>/<image>` as one CSV field."""
    template = prefix.replace("{", "{{").replace("}", "}}") + "{}"
    if any(c in prefix for c in ',"\r\n'):
        return '"' + template.replace('"', '""') + '"'
    return template
