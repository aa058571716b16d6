"""A spectrogram drawn as a picture in a colour map, without axes (Amiriparian et al. 2017).

As DeepSpectrum's own program draws it by librosa and matplotlib, where its documentation and public code tell how; but
from numbers to colours directly, in pictures of the size that the network sees.
"""

import numpy as np
from matplotlib import colormaps
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray

from affectflow.config.model.feature_sets import DeepSpectrumSet
from affectflow.core.mel_scale import band_edges
from affectflow.features.rate import RATE
from affectflow.preprocessing.audio.band_sums import BandSums

_QUIETEST = 1e-10
"""Power that counts as silence, -100 dB, as in librosa."""
_COLOURS = 256


class Drawing:
    """Draws stretches of sound at 16 kHz.

    Args:
        settings: of the set.
    """

    def __init__(self, settings: DeepSpectrumSet) -> None:
        self._settings = settings
        self._table = colormaps[settings.colours](np.arange(_COLOURS) / (_COLOURS - 1), bytes=True)[:, :3]
        self._bands = None
        if settings.spectrogram == "mel":
            self._bands = BandSums(mel_bands(settings.bands, settings.n_fft).T)

    def decibels(self, samples: NDArray[np.float32]) -> NDArray[np.float64]:
        """The power of each frequency, or mel band, in each column, in dB; shape (frequencies, columns).

        Args:
            samples: sound in [-1, 1), at least `n_fft` of them.
        """
        length = self._settings.n_fft
        frames = sliding_window_view(samples, length)[:: length // 2]
        power = np.abs(np.fft.rfft(frames * np.hanning(length + 1)[:-1])) ** 2
        if self._bands is not None:
            power = self._bands(power)
        levels: NDArray[np.float64] = 10 * np.log10(np.maximum(power, _QUIETEST)).T
        return levels

    def picture(self, samples: NDArray[np.float32]) -> NDArray[np.uint8]:
        """What the network sees of `samples`, RGB (side, side, 3): time from left to right, frequency from bottom to
        top, the loudest in the last colour. Each number is a rectangle of one colour. Where all is equally loud, as in
        silence, all is of the first colour."""
        levels, side = self.decibels(samples), self._settings.side
        lowest, highest = levels.min(), levels.max()
        if self._settings.decibels is not None and lowest < highest:
            lowest = highest - self._settings.decibels
        share = np.clip((levels - lowest) / max(highest - lowest, np.finfo(float).tiny), 0, 1)
        colours = np.minimum(share * _COLOURS, _COLOURS - 1).astype(int)
        rows, columns = (np.arange(side) * count // side for count in share.shape)
        image: NDArray[np.uint8] = self._table[colours[np.ix_(rows[::-1], columns)]]
        return image


def mel_bands(bands: int, n_fft: int) -> NDArray[np.float64]:
    """Weight of each frequency in each band, shape (n_fft // 2 + 1, bands): triangles from 0 to 8000 Hz, equally wide
    on Slaney's mel scale, with straight sides in Hz, each of unit area (librosa's default)."""
    frequencies = np.linspace(0, RATE / 2, n_fft // 2 + 1)[:, None]
    edges = np.array(band_edges(bands, 0, RATE / 2))
    rising = (frequencies - edges[:-2]) / (edges[1:-1] - edges[:-2])
    falling = (edges[2:] - frequencies) / (edges[2:] - edges[1:-1])
    weights: NDArray[np.float64] = np.maximum(0, np.minimum(rising, falling)) * 2 / (edges[2:] - edges[:-2])
    return weights
