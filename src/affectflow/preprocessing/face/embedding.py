"""Embeddings of faces behind one interface. To add one: a module and a line in config/data/backends.py."""

from pkgutil import resolve_name
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from affectflow.config.data.backends import EMBEDDERS
from affectflow.preprocessing.face.detect import Detection
from affectflow.preprocessing.media.pictures import Picture


class Embedder(Protocol):
    """Maps a face to a vector, so that vectors of one person are near each other; always the same for a picture."""

    max_distance: float
    """Faces whose vectors are further apart (Euclidean) are taken for two people, where the settings say nothing."""

    def embed(self, bgr: Picture, face: Detection) -> NDArray[np.float32]:
        """The vector of a face in a picture, shape (dimensions,)."""


def make_embedder(name: str) -> Embedder:
    """The embedder `name`."""
    embedder: Embedder = resolve_name(EMBEDDERS[name])()
    return embedder
