"""A synthetic voice: pitch, energy and pace with arousal, brightness with valence."""

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]

RATE = 44_100
"""Samples a second."""

_CONTROL = 200
"""Values a second of pitch, energy and brightness before they are interpolated to samples."""

_HARMONICS = 32
_VOWELS = np.array([(730, 1090), (530, 1840), (390, 1990), (570, 840), (440, 1020)], float)
"""First two formants of the vowels, in Hz (Peterson and Barney 1952, men)."""


def speak(seconds: float, observe: Callable[[Array], Array], rng: np.random.Generator) -> Array:
    """Samples of one voice, mono at `RATE`, about -0.5 to 0.5.

    `observe` gives valence and arousal (n, 2) at times (n,) in s. An aroused voice is higher, faster and louder;
    a positive one is brighter.
    """
    control = np.arange(0, seconds + 1 / _CONTROL, 1 / _CONTROL)
    valence, arousal = observe(control).T
    loud = syllables(control, arousal) * 10 ** (9 * arousal / 20)
    pitch = 165 * 2 ** (rng.uniform(-0.12, 0.12) + 0.6 * arousal) * (1 + 0.02 * np.sin(11 * control))
    vowel = _VOWELS[rng.integers(0, len(_VOWELS), len(control))][:: _CONTROL // 5]
    first, second = (np.interp(control, np.arange(len(vowel)) / 5, v) for v in vowel.T)

    time = np.arange(round(seconds * RATE)) / RATE
    angle = 2 * np.pi * np.cumsum(np.interp(time, control, pitch)) / RATE
    voice = np.zeros(len(time))
    # sin(k a) = 2 cos(a) sin((k - 1) a) - sin((k - 2) a) spares a sine for each harmonic.
    twice_cosine, previous, tone = 2 * np.cos(angle), np.zeros(len(time)), np.sin(angle)
    for k in range(1, _HARMONICS + 1):
        hertz = k * pitch
        formants = 0.25 + _peak(hertz, first, 90) + 0.7 * _peak(hertz, second, 120)
        strength = formants * k ** (-1.3 + 0.75 * valence) * (hertz < 0.45 * RATE)
        voice += np.interp(time, control, strength) * tone
        previous, tone = tone, twice_cosine * tone - previous
    breath = np.diff(rng.normal(0, 1, len(time) + 1)) * np.interp(time, control, 0.05 * 2 ** (1.5 * valence))
    return 0.035 * np.interp(time, control, loud) * (voice + breath) + rng.normal(0, 3e-4, len(time))


def syllables(time: Array, arousal: Array) -> Array:
    """Loudness of speech within a phrase, 0.15 to 1, at evenly spaced `time` (n,) in s: faster with arousal."""
    step = time[1] - time[0]
    beat = np.cumsum(3.6 * 2 ** (0.5 * arousal)) * step
    return 0.15 + 0.85 * np.sin(np.pi * beat) ** 2


def _peak(hertz: Array, centre: Array, width: float) -> Array:
    """A resonance of half width `width`, in Hz."""
    return 1 / (1 + ((hertz - centre) / width) ** 2)
