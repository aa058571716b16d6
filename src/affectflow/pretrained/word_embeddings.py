"""Word vectors of the expressions, for the word-embedding loss (Antoniadis et al., equation 5)."""

import zlib
from collections.abc import Sequence
from pathlib import Path
from typing import IO

import numpy as np
from numpy.typing import NDArray

from affectflow.core.errors import InputError
from affectflow.core.tracks import track_of

LENGTH = 300
_RANDOM_DEVIATION = 0.4
"""About that of the numbers of GloVe's vectors (6B, 300 numbers a word)."""

Vector = NDArray[np.float32]


def extract_words(lines: IO[bytes], source: str) -> dict[str, Vector]:
    """The vectors of all expressions' names in a file of GloVe: a word and its numbers a line, with spaces between.

    Raises:
        InputError: a word is not there, or its line does not hold `LENGTH` numbers; names the line.
    """
    expressions = {name.encode(): name for name in track_of("expr", "abaw3").outputs}
    vectors: dict[str, Vector] = {}
    for number, line in enumerate(lines, start=1):
        word, _, numbers = line.partition(b" ")
        if word in expressions:
            vectors[expressions[word]] = _vector(
                numbers, f"{source}, line {number}: the vector of {expressions[word]!r}"
            )
            if len(vectors) == len(expressions):
                break
    missing = [name for name in expressions.values() if name not in vectors]
    if missing:
        raise InputError(f"{source}: has no vector of {', '.join(missing)}; expected a whole glove.6B.300d.txt")
    return vectors


def _vector(numbers: bytes, title: str) -> Vector:
    try:
        vector = np.array(numbers.split(), dtype=np.float32)
    except ValueError as error:
        raise InputError(f"{title} is not made of numbers ({error})") from error
    if len(vector) != LENGTH or not np.isfinite(vector).all():
        raise InputError(f"{title} has {len(vector)} numbers, expected {LENGTH} finite ones: glove.6B.300d.txt")
    return vector


def random_init(classes: Sequence[str]) -> Vector:
    """A random vector for each class, shape (classes, LENGTH), the same every time: means nothing, and says so."""
    rows = [np.random.default_rng(zlib.crc32(name.encode())).standard_normal(LENGTH) for name in classes]
    return (_RANDOM_DEVIATION * np.stack(rows)).astype(np.float32)


def load_words(path: Path, classes: Sequence[str]) -> Vector:
    """The kept vectors of classes, shape (classes, LENGTH).

    Raises:
        InputError: a class has none.
    """
    from safetensors.numpy import load_file

    vectors = load_file(path)
    missing = [name for name in classes if name not in vectors]
    if missing:
        raise InputError(f"{path}: holds no word vector of {', '.join(missing)}; fetch it again")
    return np.stack([vectors[name] for name in classes])
