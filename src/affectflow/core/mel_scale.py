"""Bands of frequencies, equally wide on Slaney's mel scale (as in librosa) or in Hz, and which of them a Fourier
transform leaves empty."""

import math
from typing import Literal

Scale = Literal["mel", "linear"]

# 200/3 Hz a mel up to 1000 Hz, from there 27 mel for each factor of 6.4.
_HERTZ_A_MEL, _STRAIGHT, _FACTOR, _STEPS = 200 / 3, 1000.0, 6.4, 27
_HAIR = 1e-6
"""Share of a band's width by which a frequency must lie within it: on its edge it has no weight."""
_LONGEST = 65536
_HERTZ_STEP = 10


def mel(hertz: float) -> float:
    """A frequency on the scale."""
    if hertz < _STRAIGHT:
        return hertz / _HERTZ_A_MEL
    return _STRAIGHT / _HERTZ_A_MEL + _STEPS * math.log(hertz / _STRAIGHT) / math.log(_FACTOR)


def hertz(mel: float) -> float:
    """The frequency of a point of the scale."""
    straight = _STRAIGHT / _HERTZ_A_MEL
    return mel * _HERTZ_A_MEL if mel < straight else _STRAIGHT * _FACTOR ** ((mel - straight) / _STEPS)


def band_edges(bands: int, low: float, high: float, scale: Scale = "mel") -> list[float]:
    """Edges in Hz, equally far apart on the scale: band k is a triangle from edge k over k + 1 to k + 2."""
    if scale == "linear":
        return [low + (high - low) * place / (bands + 1) for place in range(bands + 2)]
    first, step = mel(low), (mel(high) - mel(low)) / (bands + 1)
    return [hertz(first + step * place) for place in range(bands + 2)]


def empty_bands(bands: int, n_fft: int, rate: float, low: float, high: float, scale: Scale = "mel") -> int:
    """How many bands no frequency of the transform lies in: whatever sounds, they hold nothing.

    Args:
        bands: their number.
        n_fft: samples of the transform, whose frequencies are the multiples of rate / n_fft.
        rate: of the sound in Hz.
        low: where the first band begins, in Hz.
        high: where the last one ends, in Hz.
        scale: on which they are equally wide.
    """
    edges, spacing = band_edges(bands, low, high, scale), rate / n_fft
    return sum(not _holds(left, right, spacing) for left, right in zip(edges[:-2], edges[2:], strict=True))


def _holds(left: float, right: float, spacing: float) -> bool:
    hair = _HAIR * (right - left)
    return (math.floor((left + hair) / spacing) + 1) * spacing < right - hair


def bands_that_fit(limit: int, n_fft: int, rate: float, low: float, high: float, scale: Scale = "mel") -> int:
    """The largest number up to `limit` with which, as with all smaller ones, no band is empty."""
    return next((n - 1 for n in range(1, limit + 1) if empty_bands(n, n_fft, rate, low, high, scale)), limit)


def transform_that_fits(
    bands: int, n_fft: int, rate: float, low: float, high: float, scale: Scale = "mel"
) -> int | None:
    """The first length of twice, four times and so on with which no band is empty."""
    while (n_fft := 2 * n_fft) <= _LONGEST:
        if not empty_bands(bands, n_fft, rate, low, high, scale):
            return n_fft
    return None


def begin_that_fits(bands: int, n_fft: int, rate: float, low: float, high: float, scale: Scale = "mel") -> int | None:
    """The lowest begin of the first band above `low`, in whole steps of 10 Hz, with which no band is empty: the higher
    up, the wider in Hz are bands of equal steps of the scale."""
    begins = range(_HERTZ_STEP * (math.floor(low / _HERTZ_STEP) + 1), math.ceil(high), _HERTZ_STEP)
    return next((begin for begin in begins if not empty_bands(bands, n_fft, rate, begin, high, scale)), None)
