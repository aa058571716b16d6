"""Prediction files of clips that are annotated as a whole, in the form of Hume-Reaction's table of labels."""

import logging
from pathlib import Path

from affectflow.artifacts.atomic import atomic_folder, write_text
from affectflow.artifacts.predictions import check_complete, read_predictions
from affectflow.core.tracks import Track
from affectflow.datasets.video.hume_tables import FILE_ID, read_partition

log = logging.getLogger(__name__)

_SHOWN = 20


def submit_clips(fused: Path, manifest: Path, table: Path, submission: Path, partition: Path, track: Track) -> None:
    """Write the test predictions of a method: `table` (results/test_track4.csv) and the same, `hume/predictions.csv`.

    A row a clip, `File_ID` and the intensities of the reactions with six decimals, in the order of the corpus's table
    of splits, which also says how names are written. Test clips without a file, or of which no frame was decoded, have
    no row; they are counted and named in the log.

    Args:
        fused: predictions of the clips of the test split.
        manifest: of the track: says which clips have any frame.
        table: the CSV file to write.
        submission: the folder to write.
        partition: the table of splits.
        track: `eri`.

    Raises:
        InputError: predictions are missing for a clip, or a file is missing or damaged.
    """
    predictions = read_predictions(fused, track)
    check_complete(predictions, manifest, "test", track)
    values = dict(zip(predictions.subjects, predictions.values.tolist(), strict=True))
    entries = {clip: entry.written for clip, entry in read_partition(partition).items() if entry.split == "test"}
    if missing := [clip for clip in entries if clip not in values]:
        names = ", ".join(missing[:_SHOWN]) + (", …" if len(missing) > _SHOWN else "")
        log.warning("%s: %d test clip(s) cannot be predicted and have no row: %s", partition, len(missing), names)
    lines = [",".join((FILE_ID, *track.header))]
    for clip, name in entries.items():
        if clip in values:
            lines.append(",".join([name, *(f"{value:z.6f}" for value in values[clip])]))
    text = "\n".join(lines) + "\n"
    write_text(table, text)
    with atomic_folder(submission) as temporary:
        (temporary / "hume").mkdir()
        (temporary / "hume" / "predictions.csv").write_text(text, encoding="utf-8", newline="")
