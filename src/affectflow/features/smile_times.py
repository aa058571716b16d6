"""When the sound was that each number of openSMILE tells of.

A row of openSMILE is one number each from chains that look at different stretches of sound, joined by their place in
the chain: row k of all begins at k steps of 10 ms. Where their frames are is in the package's configuration files
(`frameSize`, `frameCenterSpecial = left`); what filters and the search for periods add is of openSMILE's own code, and
was measured (`test_smile_times.py`). Smoothing over three rows and deltas are centred, and move nothing.
"""

import math
from typing import Literal

import numpy as np
from numpy.typing import NDArray

_STEP = 0.010
_SPECTRUM = 0.010
"""Middle of a frame of 20 ms."""
_FLUX = 0.005
"""Of a frame of 20 ms and the one before it, whose spectra are compared."""
_PITCH = 0.030
"""Middle of a frame of 60 ms."""
_RASTA = -0.010
"""Of five frames of 20 ms, this one and the four before it, that the RASTA filter reads; an echo of all before, which
falls by 6 % a row, is left out. At modulations of 4, 6 and 16 Hz the filter's group delay is 25, 20 and 16 ms."""
_PERIODS = -0.005
"""Of the periods that jitter, shimmer and harmonics to noise (`cPitchJitter`) compare: two or more around the row's
begin, not in the frame of its pitch. Their middle is 10 ms before the begin at 100 Hz, on it at 300 Hz."""

_COLUMNS: dict[str, tuple[tuple[float, int], ...]] = {
    "eGeMAPSv01b": (
        (_SPECTRUM, 5),  # loudness, alpha ratio, Hammarberg index, slopes
        (_FLUX, 1),
        (_SPECTRUM, 4),  # mfcc
        (_PITCH, 1),  # F0
        (_PERIODS, 2),  # jitter, shimmer
        (_PITCH, 3),  # harmonics to noise, H1-H2, H1-A3
        (_SPECTRUM, 2),  # F1's frequency and bandwidth
        (_PITCH, 1),  # F1's amplitude: of the harmonics near it
        (_SPECTRUM, 1),  # F2
        (_PITCH, 1),
        (_SPECTRUM, 1),  # F3
        (_PITCH, 1),
    ),
    "ComParE_2016": 2
    * (  # and their deltas
        (_PITCH, 2),  # F0, voicing
        (_PERIODS, 4),  # jitter twice, shimmer, harmonics to noise
        (_SPECTRUM, 1),  # loudness
        (_RASTA, 1),  # loudness after RASTA
        (_SPECTRUM, 1),  # energy
        (_PITCH, 1),  # zero crossings
        (_RASTA, 26),  # auditory bands
        (_SPECTRUM, 6),  # energies of two bands, roll-off points
        (_FLUX, 1),
        (_SPECTRUM, 22),  # centroid to harmonicity, mfcc
    ),
}


def row_begins(first: int, count: int, rate: int) -> NDArray[np.float64]:
    """Where rows begin, in seconds from the first sample: each 10 ms, rounded to whole samples at `rate`, after the one
    before it."""
    step = math.floor(_STEP * rate + 0.5) / rate
    return step * np.arange(first, first + count, dtype=np.float64)


def middles(name: Literal["eGeMAPSv01b", "ComParE_2016"]) -> NDArray[np.float64]:
    """Seconds from a row's begin to the middle of the sound that each number of a set tells of, shape (numbers,)."""
    each = [seconds for seconds, count in _COLUMNS[name] for _ in range(count)]
    return np.array(each, np.float64)
