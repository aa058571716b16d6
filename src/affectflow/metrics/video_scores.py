"""The score of OMG-Emotion as its organisers first had it: the CCC of each video's utterances, averaged over videos.

Two versions of their `calculateEvaluationCCC.py` are public. The first one averages the CCCs of videos, as this module
does; the later one takes all utterances together, as our own scores do. Both take population (1/N) moments: Pearson's
correlation and numpy's `std`. A video whose annotations or predictions are all alike has no correlation, and makes the
script's mean NaN. Here it counts as CCC says, 0 (1 where both are one number); a video of one utterance, which has no
agreement to speak of, is left out.
"""

from itertools import pairwise

import numpy as np
from numpy.typing import ArrayLike

from affectflow.core.tracks import Track
from affectflow.metrics.measures import ccc
from affectflow.metrics.sufficient_statistics import Floats, scores

PREFIX = "video_"
"""Before the name of the score that is averaged over videos."""


def mean_of_videos(prediction: ArrayLike, target: ArrayLike, starts: ArrayLike) -> float:
    """Mean CCC of videos with at least two annotated utterances; NaN where there is none.

    Args:
        prediction: shape (utterances,).
        target: the same, NaN where not annotated.
        starts: first row of each video and, last, the number of rows.
    """
    x, y = np.asarray(prediction), np.asarray(target)
    annotated = ~np.isnan(y)
    parts = (slice(first, last) for first, last in pairwise(np.asarray(starts).tolist()))
    coefficients = [
        ccc(x[part][annotated[part]], y[part][annotated[part]]) for part in parts if annotated[part].sum() > 1
    ]
    return float(np.mean(coefficients)) if coefficients else float("nan")


def video_scores(track: Track, tallies: Floats) -> dict[str, float]:
    """The same for every score of `va`, named `video_ccc_valence` …, from the tallies of videos.

    Args:
        track: `va`; other tracks have no such score.
        tallies: of each video, shape (videos, statistics); see `affectflow.metrics.sufficient_statistics.tally`.

    Returns:
        Nothing where no video has two annotated utterances, or for another track.
    """
    several = tallies[tallies[:, 0] > 1] if track.name == "va" else tallies[:0]
    if not len(several):
        return {}
    return {PREFIX + name: float(values.mean()) for name, values in scores(track, several).items()}
