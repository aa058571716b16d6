"""Prediction files of utterances, as the organisers of OMG-Emotion want them."""

from pathlib import Path

from affectflow.artifacts.atomic import atomic_folder, write_text
from affectflow.artifacts.predictions import check_complete, read_predictions
from affectflow.artifacts.schemas import MANIFEST
from affectflow.artifacts.tables import read_parquet
from affectflow.core.tracks import Track
from affectflow.datasets.video.omg_list import read_list
from affectflow.datasets.video.utterances import by_video, utterance_of

HEADER = ("video", "utterance", "arousal", "valence")


def submit_utterances(
    fused: Path, manifest: Path, clips: Path, table: Path, submission: Path, sample: Path, track: Track
) -> None:
    """Write the test predictions of a method: `table` (results/test_track1.csv) and the same as `omg/predictions.csv`.

    A row an utterance, in the order of the organisers' list, as their script asks for; those without a clip, which the
    workflow names at its start, or without a frame, which the manifest's log names, have none.

    Args:
        fused: predictions of the utterances of the test split.
        manifest: of the videos: says how many utterances there are.
        clips: manifest of the utterances' clips.
        table: the CSV file to write.
        submission: the folder to write.
        sample: list of the test split's utterances.
        track: `va`.

    Raises:
        InputError: predictions are missing for an utterance, or a file is missing or damaged.
    """
    predictions = read_predictions(fused, track)
    check_complete(predictions, manifest, "test", track)
    members = read_parquet(clips, MANIFEST).to_pylist()
    grouped = by_video(row["subject"] for row in members if row["split"] == "test" and row["frames"])
    names = [subject for video in predictions.subjects for subject in grouped[video]]
    values = dict(zip(map(utterance_of, names), predictions.values.tolist(), strict=True))
    lines = [",".join(HEADER)]
    for utterance in read_list(sample, labelled=False):
        if utterance in values:
            valence, arousal = values[utterance]
            lines.append(f"{utterance.video},{utterance.file},{arousal:z.6f},{valence:z.6f}")
    text = "\n".join(lines) + "\n"
    write_text(table, text)
    with atomic_folder(submission) as temporary:
        (temporary / "omg").mkdir()
        (temporary / "omg" / "predictions.csv").write_text(text, encoding="utf-8", newline="")
