"""Pictures that were decoded last, for several branches that read the same ones side by side."""

from collections import OrderedDict
from collections.abc import Callable, Hashable

import numpy as np
from numpy.typing import NDArray


class RecentPictures:
    """The pictures of one folder of artifacts that were decoded last, of all branches together.

    Args:
        limit: bytes that they may take; 0 to keep none.
    """

    def __init__(self, limit: int = 0) -> None:
        self._limit, self._bytes = limit, 0
        self._pictures: OrderedDict[Hashable, NDArray[np.uint8]] = OrderedDict()

    def get(self, key: Hashable, decode: Callable[[], NDArray[np.uint8]]) -> NDArray[np.uint8]:
        """The picture of a key, decoded where it is not kept; nobody may write to it."""
        picture = self._pictures.get(key)
        if picture is None:
            picture = decode()
            if picture.nbytes <= self._limit:
                self._keep(key, picture)
        return picture

    def _keep(self, key: Hashable, picture: NDArray[np.uint8]) -> None:
        self._pictures[key] = picture
        self._bytes += picture.nbytes
        while self._bytes > self._limit:
            self._bytes -= self._pictures.popitem(last=False)[1].nbytes
