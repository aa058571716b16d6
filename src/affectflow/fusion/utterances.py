"""From frames to utterances, and along the utterances of a video (Kollias and Zafeiriou, section V-B).

The paper splits an utterance into sequences, takes the median of the predictions of each, and averages the medians over
the utterance. Windows are centred on what they are taken for. At the ends of a sequence or video they hold what there
is of them: nothing is padded or reflected.
"""

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from affectflow.artifacts.predictions import Predictions
from affectflow.dataloading.sequences import starts
from affectflow.datasets.video.utterances import by_video

Values = NDArray[np.float64]


def moving_median(values: ArrayLike, window: int) -> Values:
    """The median of the window around each value, shape (n,); of an even number of values the mean of the middle two.

    Args:
        values: shape (n,).
        window: odd; 1 changes nothing.
    """
    return _moving_filter(np.nanmedian, values, window)


def moving_average(values: ArrayLike, window: int) -> Values:
    """The mean of the window around each value, as `moving_median`."""
    return _moving_filter(np.nanmean, values, window)


def _moving_filter(middle: Callable[..., Any], values: ArrayLike, window: int) -> Values:
    if window < 1 or window % 2 == 0:
        raise ValueError(f"window {window} has no middle; expected an odd number of 1 or more")
    column = np.asarray(values, np.float64)
    if window == 1 or not len(column):
        return column
    padded = np.pad(column, window // 2, constant_values=np.nan)
    return np.asarray(middle(np.lib.stride_tricks.sliding_window_view(padded, window), axis=1))


def utterance_value(values: ArrayLike, length: int, window: int = 1) -> float:
    """The prediction of an utterance: the mean over its sequences of the medians of their frames.

    Args:
        values: predictions of its frames, shape (frames,), at least one.
        length: frames of a sequence; the last one may have fewer and counts as much as the others.
        window: of the median filter within each sequence before, in frames; odd, 1 for none.
    """
    return float(sequence_medians(values, length, window).mean())


def sequence_medians(values: ArrayLike, length: int, window: int = 1) -> Values:
    """The median of each sequence of an utterance, shape (sequences,); see `utterance_value`."""
    frames = np.asarray(values, np.float64)
    sequences = (frames[start : start + length] for start in starts(len(frames), length, length))
    return np.array([np.median(moving_median(sequence, window)) for sequence in sequences])


def utterances_of(frames: Predictions, length: int, windows: Sequence[int]) -> Predictions:
    """Predictions of utterances from those of their frames: subjects are the videos, rows their utterances in the order
    of their numbers, without gaps.

    Args:
        frames: predictions of the frames of clips, each an utterance.
        length: frames of a sequence.
        windows: of the median filter, by output; 1 for none.

    Raises:
        InputError: a subject is no utterance.
    """
    place = {subject: number for number, subject in enumerate(frames.subjects)}
    videos = by_video(frames.subjects)
    rows = [
        [utterance_value(column, length, window) for column, window in zip(clip.T, windows, strict=True)]
        for clips in videos.values()
        for clip in (frames.values[slice(*frames.starts[place[name] : place[name] + 2])] for name in clips)
    ]
    ends = np.cumsum([0, *map(len, videos.values())])
    return Predictions(frames.source, tuple(videos), ends, np.array(rows, np.float32).reshape(-1, len(windows)))


def smoothed(column: ArrayLike, ends: NDArray[np.int64], window: int, method: str) -> NDArray[np.float32]:
    """One output of utterances, smoothed along those of each video, shape (utterances,).

    Args:
        column: shape (utterances,).
        ends: first row of each video and, last, the number of rows.
        window: in utterances; odd, 1 for none.
        method: `average` or `median`.
    """
    moving = {"average": moving_average, "median": moving_median}[method]
    values = np.asarray(column)
    parts = [moving(part, window) for part in np.split(values, ends[1:-1])]
    return np.concatenate(parts).astype(np.float32)
