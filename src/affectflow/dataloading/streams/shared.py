"""What the readers of a branch's streams share, so that no file is opened and no picture decoded twice."""

from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from affectflow.dataloading.feature_rows import FeatureRows, sets_of
from affectflow.dataloading.index import SubjectFrames
from affectflow.dataloading.rows import ArtifactRows
from affectflow.dataloading.source import Source
from affectflow.dataloading.streams.boxes import Boxes
from affectflow.dataloading.streams.pictures import BodyCrops, Faces, Pictures, WholeFrames


class Shared:
    """Opened artifacts of a split, each at first use."""

    def __init__(self, source: Source) -> None:
        self.source, self.rows = source, ArtifactRows(source.work)
        self._pictures: list[Pictures] = []
        self._features: dict[str, FeatureRows] = {}

    @cached_property
    def boxes(self) -> Boxes:
        """Of bodies."""
        return Boxes(self.rows, self.source.without)

    @cached_property
    def faces(self) -> Pictures:
        """Aligned faces."""
        return self._register(Faces(self.rows, self.source.branch.picture.face_size, self.source.recent))

    @cached_property
    def whole_frames(self) -> Pictures:
        """Frames in the size that is read."""
        return self._register(WholeFrames(self.rows, self.source.branch.picture.size, self.source.recent))

    @cached_property
    def body_crops(self) -> Pictures:
        """Bodies, cut out of frames."""
        return self._register(BodyCrops(self.rows, self.source.branch.picture.size, self.source.recent, self.boxes))

    def _register(self, pictures: Pictures) -> Pictures:
        self._pictures.append(pictures)
        return pictures

    def keep_pictures(self, budget: int) -> int:
        """Keep what is decoded in memory, if all pictures of the split fit into so many bytes; those that it takes."""
        frames = self.source.index.frames
        cost = sum(pictures.cost(frames) for pictures in self._pictures)
        if cost > budget:
            return 0
        for pictures in self._pictures:
            pictures.keep(frames)
        return cost

    def features(self, stream: str) -> FeatureRows:
        """What a stream of features joins."""
        if stream not in self._features:
            source = self.source
            settings = source.branch.features
            assert settings is not None, "checked with the settings"
            sets = sets_of(stream, settings.sets, source.work, source.index)
            self._features[stream] = FeatureRows(
                source.features, source.index.split, settings.missing_faces, source.work, sets
            )
        return self._features[stream]

    def face_found(self, subject: SubjectFrames, frames: NDArray[np.int64], copy: int = 0) -> NDArray[np.bool_]:
        """Whether a face was found, shape (time,): as the features of a branch say that reads these, else as the faces
        do."""
        if "features" in self.source.branch.streams:
            detected = self.features("features").face_found(subject)
        else:
            detected = self.rows.faces_found(subject.shard, subject.subject, subject.frames)
        return detected[frames] & (self.source.without != "face")
