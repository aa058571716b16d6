"""Streams of frozen features: all of a branch's, or its sets of sound, or of faces."""

from collections.abc import Callable
from functools import partial

import numpy as np
from numpy.typing import NDArray

from affectflow.config.model.networks import Stream
from affectflow.config.system.senses import Sense
from affectflow.dataloading.feature_rows import FeatureRows
from affectflow.dataloading.index import SubjectFrames
from affectflow.dataloading.streams.interface import Tensors
from affectflow.dataloading.streams.shared import Shared


def features_of(stream: Stream) -> Callable[[Shared], Tensors]:
    """The reader of a stream of features: one tensor of its name, float32 (time, numbers), of the features of branches
    (`artifacts.layout.feature_files`) and of `features/<set>/<shard>.arrow`."""
    return lambda shared: {stream: partial(_read, shared.features(stream), shared.source.without)}


def _read(
    rows: FeatureRows, without: Sense | None, subject: SubjectFrames, frames: NDArray[np.int64], copy: int
) -> NDArray[np.float32]:
    numbers, inverse = np.unique(frames, return_inverse=True)
    return rows.read(subject, numbers, copy, without)[inverse]
