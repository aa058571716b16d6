"""The stream of sound: windows of the mel spectrogram."""

from collections import OrderedDict

import numpy as np
from numpy.typing import NDArray

from affectflow.artifacts.layout import artifact_file
from affectflow.dataloading.index import SubjectFrames
from affectflow.dataloading.streams.interface import Tensors
from affectflow.dataloading.streams.shared import Shared
from affectflow.preprocessing.audio.window import MelTrack

_OPEN_TRACKS = 64


def mel(shared: Shared) -> Tensors:
    """`mel` float32 (time, 1, bands, columns), of `mel/<shard>.arrow` at the times of `frames/<shard>.arrow`."""
    return {"mel": _Windows(shared).read}


class _Windows:
    """The spectrograms of the videos that were read last."""

    def __init__(self, shared: Shared) -> None:
        self._shared = shared
        self._tracks: OrderedDict[str, MelTrack] = OrderedDict()

    def read(self, subject: SubjectFrames, frames: NDArray[np.int64], copy: int) -> NDArray[np.float32]:
        source, rows = self._shared.source, self._shared.rows
        times = rows.times(subject.shard, subject.video, subject.frames)[frames]
        if subject.video not in self._tracks:
            track = MelTrack.open(source.work / artifact_file("mel", subject.shard), subject.video)
            self._tracks[subject.video] = track.silent() if source.without == "sound" else track
            if len(self._tracks) > _OPEN_TRACKS:
                self._tracks.popitem(last=False)
        return self._tracks[subject.video].window(times, source.branch.mel.seconds)[:, None]
