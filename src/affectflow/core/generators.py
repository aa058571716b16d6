"""Random numbers that no other purpose disturbs."""

import zlib

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]


def generator(seed: int, *key: object) -> np.random.Generator:
    """Random numbers for one purpose, named by `key`, so that no purpose disturbs another."""
    return np.random.default_rng([seed, zlib.crc32("/".join(map(str, key)).encode())])
