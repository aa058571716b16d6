"""Streams of faces: the aligned picture, and the 68 landmarks."""

from functools import partial

import numpy as np
from numpy.typing import NDArray

from affectflow.dataloading.index import SubjectFrames
from affectflow.dataloading.landmarks import normalised
from affectflow.dataloading.streams.interface import Tensors
from affectflow.dataloading.streams.shared import Shared


def face(shared: Shared) -> Tensors:
    """`face` uint8 (time, size, size, 3) and `face_found` bool (time,), of `faces/<shard>.arrow`."""
    return {"face": shared.faces.read, "face_found": shared.face_found}


def landmarks(shared: Shared) -> Tensors:
    """`landmarks` float32 (time, 136) and `face_found` bool (time,), of `faces/<shard>.arrow`."""
    return {"landmarks": partial(_landmarks, shared), "face_found": shared.face_found}


def _landmarks(shared: Shared, subject: SubjectFrames, frames: NDArray[np.int64], copy: int) -> NDArray[np.float32]:
    """What stands where no face was found means nothing."""
    numbers, inverse = np.unique(frames, return_inverse=True)
    marks = shared.rows.landmarks(subject.shard, subject.subject, subject.frames, numbers)
    extent = (float(subject.width), float(subject.height))
    scheme = shared.source.branch.landmarks.normalise
    return normalised(marks, scheme, extent).reshape(len(numbers), -1)[inverse]
