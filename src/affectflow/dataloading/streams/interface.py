"""What a stream's reader gives."""

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from affectflow.dataloading.index import SubjectFrames

Read = Callable[[SubjectFrames, NDArray[np.int64], int], NDArray[Any]]
"""Reads one tensor of a sample, from the subject, the numbers of its frames, shape (time,), of which the last may be
repeated, and the copy of frozen features; shape (time, …)."""

Tensors = Mapping[str, Read]
"""What reads each tensor that a stream adds to a sample, by the tensor's name. Streams that need the same one name it
alike, and it is read once."""
