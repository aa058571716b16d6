"""The organisers' lists of clips that are scored as a whole: OMG-Emotion's utterances, Hume-Reaction's clips."""

import csv
from dataclasses import dataclass
from pathlib import Path

from affectflow.core.errors import InputError
from affectflow.core.tracks import Track, TrackName, track_of
from affectflow.datasets.submission.utterances import HEADER
from affectflow.datasets.video.hume_tables import ERI, FILE_ID, read_partition
from affectflow.datasets.video.label_text import read_header
from affectflow.datasets.video.omg_list import PLACE, read_list


@dataclass(frozen=True)
class NamedSample:
    """The rows of a prediction file whose first columns name a clip."""

    header: tuple[str, ...]
    """Column names of the prediction file."""
    names: tuple[str, ...]
    """What the naming columns of each row hold, in order: `a1b44e5f3,utterance_10.mp4`, or `[00010]`."""
    keys: int
    """How many columns name a row."""
    track: Track
    values: tuple[str, ...]
    """Names of the other columns as the track has them, for messages and ranges."""


def read_named_sample(path: Path, track: TrackName | None) -> NamedSample | None:
    """The rows that the organisers of OMG-Emotion or Hume-Reaction expect; None of a file that is none of theirs.

    Of OMG-Emotion the test list (`link,start,end,video,utterance`, with labels or without), every utterance of which
    must be predicted, also those whose video has left YouTube. Of Hume-Reaction the table of splits, of which the
    clips of the test split count.

    Args:
        path: the organisers' file.
        track: the track that it must be of, if any.

    Raises:
        InputError: the file is missing or wrong, is of another track, or names nothing to predict.
    """
    if not path.is_file():
        raise InputError(
            f"{path}: no such file; expected the organisers' sample prediction file, or their list of clips"
        )
    columns = [name.strip().lower() for name in next(csv.reader([read_header(path)]), [])]
    if tuple(columns[: len(PLACE)]) == PLACE:
        sample = _read_omg(path)
    elif FILE_ID.lower() in columns:
        sample = _read_hume(path)
    else:
        return None
    if track not in (None, sample.track.name):
        raise InputError(f"{path}: is of track {sample.track.name}, not of {track}; leave --track out")
    return sample


def _read_omg(path: Path) -> NamedSample:
    utterances = read_list(path, labelled=False)
    names = tuple(f"{utterance.video},{utterance.file}" for utterance in utterances)
    return NamedSample(HEADER, names, 2, track_of("va"), ("arousal", "valence"))


def _read_hume(path: Path) -> NamedSample:
    names = tuple(entry.written for entry in read_partition(path).values() if entry.split == "test")
    if not names:
        raise InputError(f"{path}: has no clip of the test split; expected the table of splits that has")
    return NamedSample((FILE_ID, *ERI.header), names, 1, ERI, ERI.header)
