"""Power of frequencies, summed in bands."""

from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

Number = TypeVar("Number", bound=np.floating)


class BandSums:
    """Weighted sums over neighbouring frequencies.

    Not a product of matrices: how BLAS rounds one depends on how many threads it has, and a spectrogram must not. Only
    neighbouring frequencies have weights, so that it is fast without.
    """

    def __init__(self, weights: NDArray[np.floating]) -> None:
        """
        Args:
            weights: of each frequency in each band, shape (bands, frequencies).
        """
        self._bands: list[tuple[slice, NDArray[np.floating]]] = []
        for band in weights:
            (present,) = np.nonzero(band)
            span = slice(present[0], present[-1] + 1) if len(present) else slice(0)
            self._bands.append((span, band[span].copy()))

    def __call__(self, power: NDArray[Number]) -> NDArray[Number]:
        """
        Args:
            power: of each frequency, shape (..., frequencies).

        Returns:
            Of each band, shape (..., bands), of the same type.
        """
        sums = np.empty((*power.shape[:-1], len(self._bands)), power.dtype)
        for k, (span, weights) in enumerate(self._bands):
            np.einsum("...f,f->...", power[..., span], weights, out=sums[..., k])
        return sums
