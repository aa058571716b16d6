"""Which frames of a clip are its steps."""

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from affectflow.config.model.samples import Sequence


def steps_read(sequence: Sequence, frames: int, times: Callable[[], NDArray[np.float64]]) -> NDArray[np.int64]:
    """The frames that are a clip's steps, at most `sequence.length`.

    Args:
        sequence: settings.
        frames: of the clip.
        times: gives those of its frames in seconds, shape (frames,); asked where steps are told by time.
    """
    every = steps_of(times(), sequence.step) if sequence.step else np.arange(frames)
    return every[: sequence.length]


def steps_of(times: NDArray[np.float64], step: float) -> NDArray[np.int64]:
    """The frames nearest to the first frame's time and to every `step` seconds after, up to the last frame's; of two
    that are equally near the earlier. Where frames are further apart than steps, a frame is several.

    Args:
        times: of a clip's frames in seconds, ascending, shape (frames,), at least one.
        step: in seconds, above 0.
    """
    step_times = times[0] + step * np.arange(int((times[-1] - times[0]) / step + 1e-9) + 1)
    after = np.searchsorted(times, step_times).clip(0, len(times) - 1)
    before = (after - 1).clip(0)
    return np.where(step_times - times[before] <= times[after] - step_times + 1e-9, before, after)
