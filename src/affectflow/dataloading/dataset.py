"""Sequences of a split as raw tensors, read from artifacts."""

from collections import OrderedDict
from collections.abc import Iterator, Mapping
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.utils.data import Dataset

from affectflow.artifacts.layout import artifact_file, feature_files, resized
from affectflow.config.model.networks import OF_FEATURES
from affectflow.config.system.branch import Branch
from affectflow.config.system.senses import Sense
from affectflow.config.training.trained import Augment
from affectflow.core.errors import InputError
from affectflow.dataloading.augment import draw
from affectflow.dataloading.cache import PictureCache
from affectflow.dataloading.feature_rows import FeatureRows, sets_of
from affectflow.dataloading.index import SplitIndex, SubjectFrames
from affectflow.dataloading.landmarks import normalised
from affectflow.dataloading.required import require_artifacts, require_files
from affectflow.dataloading.rows import ArtifactRows
from affectflow.dataloading.sequences import padded, runs, starts
from affectflow.preprocessing.audio.window import MelTrack
from affectflow.preprocessing.media.square import square

_OPEN_TRACKS = 64


class Sequences(Dataset[dict[str, Tensor]]):
    """A split cut into sequences of `branch.sequence.length` frames.

    A sample holds, of what the branch's streams need: `face`, `frame`, `crop` uint8 (time, size, size, 3);
    `face_found`, `body_found` bool (time,); `box` float32 (time, 4), shares of the picture; `mel` float32
    (time, 1, bands, columns); `landmarks` float32 (time, 136); each stream of features float32 (time, numbers); and
    always `mask` bool (time,), true for real frames and false for padding, which repeats the last frame; `target`
    float32 (time, targets of the track), NaN where not annotated or padding; `subject` and `start` int64, the subject's
    place in the index and the first frame; with `augment`, `draw` float32 (8,); with `counted`, `counted` bool (time,),
    which real frames are learnt from.
    """

    def __init__(
        self,
        index: SplitIndex,
        work: Path,
        branch: Branch,
        *,
        stride: int | None = None,
        annotated_only: bool = False,
        augment: Augment | None = None,
        seed: int = 0,
        cache_bytes: int = 0,
        without: Sense | None = None,
        features: Mapping[str, Path] | None = None,
        views: int = 1,
        counted: NDArray[np.bool_] | None = None,
    ) -> None:
        """
        Args:
            index: the split.
            work: folder `work/<corpus>` of its artifacts.
            branch: streams, sequence length, picture and mel settings.
            stride: frames from one sequence to the next; the length when not given.
            annotated_only: leave out sequences in which no frame is annotated; of a branch that carries a state along
                them, subjects of which none is.
            augment: random changes; none when not given.
            seed: fixes the random changes.
            cache_bytes: memory for decoded pictures; used only if the whole split fits.
            without: what is taken as found in no frame, whatever the artifacts hold.
            features: folder of the features of each branch that `branch.features` names.
            views: of the features, of which each sample is drawn one anew in every epoch.
            counted: which frames are learnt from, shape (frames of the index,); `annotated_only` goes by them, not by
                the annotations.

        Raises:
            InputError: an artifact that the streams need is missing.
        """
        self.index, self.work, self.branch = index, work, branch
        self.epoch = 0
        self._augment = augment if augment is not None and augment != Augment() else None
        self._seed, self._without, self._views, self._counted = seed, without, views, counted
        folders = features or {}
        require_files(feature_files(folders, index.split, views), branch, index.split)
        require_artifacts(index, work, branch)
        self._features = {
            stream: FeatureRows(folders, index.split, its.missing, work, sets_of(stream, its.sets, work, index))
            for its in ([branch.features] if branch.features else [])
            for stream in branch.streams
            if stream in OF_FEATURES
        }
        self._rows = ArtifactRows(work)
        self._tracks: OrderedDict[str, MelTrack] = OrderedDict()
        self._boxes: dict[str, tuple[NDArray[np.float32], NDArray[np.bool_]]] = {}
        self._kinds = _picture_kinds(branch)
        sizes, frames = {kind: self._size(kind) for kind in self._kinds}, index.frames
        self.cache_bytes = sum(PictureCache.cost(frames, size) for size in sizes.values())
        fits = self.cache_bytes <= cache_bytes
        self._caches = {kind: PictureCache(frames, size) for kind, size in sizes.items() if fits}
        self.cache_bytes *= fits
        self.samples = self._cut(stride or branch.sequence.length, annotated_only)
        """(subject, first frame, frame before which it ends) of every sequence: those of a subject in order, and of one
        after the other. Shape (sequences, 3)."""

    def _cut(self, stride: int, annotated_only: bool) -> NDArray[np.int64]:
        length, cut = self.branch.sequence.length, [np.empty((0, 3), np.int64)]
        for place, subject in enumerate(self.index.subjects):
            for begin, end, face in self.stretches(subject):
                first = begin + starts(end - begin, length, stride, self.branch.sequence.cut)
                ends = np.minimum(first + length, end)
                if annotated_only:
                    known = np.concatenate([[0], np.cumsum(self._known(subject))])
                    # A state is carried from each sequence to the next: none between two may lack.
                    some = known[-1] > 0 if self.branch.carries else known[ends] > known[first]
                    chosen = np.broadcast_to(some & face, first.shape)
                    first, ends = first[chosen], ends[chosen]
                cut.append(np.stack([np.full_like(first, place), first, ends], axis=1))
        return np.concatenate(cut)

    def stretches(self, subject: SubjectFrames) -> Iterator[tuple[int, int, bool]]:
        """First frame and end of what sequences may lie in, in order, and whether it may be learnt from."""
        if self.branch.sequence.gaps == "span":
            yield 0, subject.frames, True
            return
        yield from runs(self._face_found(subject, np.arange(subject.frames)))

    def _known(self, subject: SubjectFrames) -> NDArray[np.bool_]:
        """Which frames of a subject are learnt from, shape (frames,)."""
        own = slice(subject.offset, subject.offset + subject.frames)
        if self._counted is not None:
            return self._counted[own]
        return np.asarray((~np.isnan(self.index.targets[own])).any(axis=1))

    def __len__(self) -> int:
        return len(self.samples)

    def __getitem__(self, sample: int) -> dict[str, Tensor]:
        place, start, end = (int(v) for v in self.samples[sample])
        subject = self.index.subjects[place]
        frames, mask = padded(start, end, self.branch.sequence.length)
        target = np.where(mask[:, None], self.index.targets[subject.offset + frames], np.float32(np.nan))
        tensors = {"mask": mask, "target": target, "subject": np.int64(place), "start": np.int64(start)}
        for kind in self._kinds:
            tensors[kind] = self._pictures(kind, subject, frames)
        if not {"face", "landmarks"}.isdisjoint(self.branch.streams):
            tensors["face_found"] = self._face_found(subject, frames)
        if "landmarks" in self.branch.streams:
            tensors["landmarks"] = self._landmarks(subject, frames)
        if "context" in self.branch.streams:
            boxes, found = self._body(subject)
            extent = np.array([subject.width, subject.height] * 2, np.float32)
            tensors["box"], tensors["body_found"] = boxes[frames] / extent, found[frames]
        if "mel" in self.branch.streams:
            tensors["mel"] = self._mel(subject, frames)[:, None]
        if self._features:
            tensors |= self._read_features(subject, frames, drawn_view(self._views, self._seed, self.epoch, sample))
        if self._counted is not None:
            tensors["counted"] = mask & self._counted[subject.offset + frames]
        made = {name: torch.as_tensor(value) for name, value in tensors.items()}
        if self._augment is not None:
            bands, columns = made["mel"].shape[-2:] if "mel" in made else (0, 0)
            made["draw"] = draw(self._augment, self._seed, self.epoch, sample, columns, bands)
        return made

    def describe(self, sample: int) -> str:
        """A sample in words: subject and frames as the labels count them, from 0."""
        place, start, _ = (int(v) for v in self.samples[sample])
        return describe_sequence(self.index.subjects[place], start, self.branch.sequence.length)

    def _read_features(
        self, subject: SubjectFrames, frames: NDArray[np.int64], view: int
    ) -> dict[str, NDArray[np.float32]]:
        """Each stream of features, of shape (time, numbers)."""
        numbers, inverse = np.unique(frames, return_inverse=True)
        return {
            stream: rows.read(subject, numbers, view, self._without)[inverse] for stream, rows in self._features.items()
        }

    def _pictures(self, kind: str, subject: SubjectFrames, frames: NDArray[np.int64]) -> NDArray[np.uint8]:
        cache, rows = self._caches.get(kind), subject.offset + frames
        if cache is not None and not cache.missing(rows).any():
            return cache.get(rows)
        numbers, inverse = np.unique(frames, return_inverse=True)
        pictures = self._decode(kind, subject, numbers)
        if cache is not None:
            cache.put(subject.offset + numbers, pictures)
        return pictures[inverse]

    def _decode(self, kind: str, subject: SubjectFrames, numbers: NDArray[np.int64]) -> NDArray[np.uint8]:
        size = self._size(kind)
        artifact, name, extent = self._source(kind, subject)
        jpegs = self._rows.pictures(artifact, subject.shard, name, subject.frames, numbers)
        pictures = np.zeros((len(numbers), size, size, 3), np.uint8)
        boxes, found = self._body(subject) if kind == "crop" else (None, None)
        for place, (number, jpeg) in enumerate(zip(numbers, jpegs, strict=True)):
            if jpeg is None:
                continue
            box = boxes[number] if boxes is not None and found is not None and found[number] else None
            try:
                pictures[place] = square(jpeg, size, extent, box)
            except ValueError as error:
                file = self.work / artifact_file(artifact, subject.shard)
                raise InputError(
                    f"{file}: frame {number} of {name!r} is {error}; delete the file and run again"
                ) from error
        return pictures

    def _size(self, kind: str) -> int:
        """Side of a kind's pictures in pixels."""
        return self.branch.picture.face_size if kind == "face" else self.branch.picture.size

    def _source(self, kind: str, subject: SubjectFrames) -> tuple[str, str, tuple[float, float]]:
        """Artifact, whose rows of it, and the pictures' extent; (0, 0) where they are small and decoded whole."""
        if kind == "face":
            return "faces", subject.subject, (0.0, 0.0)
        if kind == "frame":
            return resized(self.branch.picture.size), subject.video, (0.0, 0.0)
        return "frames", subject.video, (float(subject.width), float(subject.height))

    def _face_found(self, subject: SubjectFrames, frames: NDArray[np.int64]) -> NDArray[np.bool_]:
        if "features" in self._features:
            found = self._features["features"].found(subject)
        else:
            found = self._rows.faces_found(subject.shard, subject.subject, subject.frames)
        return found[frames] & (self._without != "face")

    def _landmarks(self, subject: SubjectFrames, frames: NDArray[np.int64]) -> NDArray[np.float32]:
        """Shape (time, 136); what stands where no face was found means nothing."""
        numbers, inverse = np.unique(frames, return_inverse=True)
        marks = self._rows.landmarks(subject.shard, subject.subject, subject.frames, numbers)
        extent = (float(subject.width), float(subject.height))
        return normalised(marks, self.branch.landmarks.normalise, extent).reshape(len(numbers), -1)[inverse]

    def _body(self, subject: SubjectFrames) -> tuple[NDArray[np.float32], NDArray[np.bool_]]:
        if subject.subject not in self._boxes:
            boxes, found = self._rows.boxes(subject.shard, subject.subject, subject.frames)
            self._boxes[subject.subject] = boxes, found & (self._without != "body")
        return self._boxes[subject.subject]

    def _mel(self, subject: SubjectFrames, frames: NDArray[np.int64]) -> NDArray[np.float32]:
        times = self._rows.times(subject.shard, subject.video, subject.frames)[frames]
        if subject.video not in self._tracks:
            path = self.work / artifact_file("mel", subject.shard)
            track = MelTrack.open(path, subject.video)
            self._tracks[subject.video] = track.silent() if self._without == "sound" else track
            if len(self._tracks) > _OPEN_TRACKS:
                self._tracks.popitem(last=False)
        return self._tracks[subject.video].window(times, self.branch.mel.seconds)


def describe_sequence(subject: SubjectFrames, start: int, length: int) -> str:
    """A sequence in words: subject and first to last frame, counted from 0."""
    return f"{subject.subject!r} frames {start} to {min(start + length, subject.frames) - 1}"


def drawn_view(views: int, seed: int, epoch: int, sample: int) -> int:
    """Which of the views of its features a sample shows in an epoch; follows from (seed, epoch, sample) alone."""
    return int(np.random.default_rng((seed, epoch, sample)).integers(views)) if views > 1 else 0


def _picture_kinds(branch: Branch) -> tuple[str, ...]:
    kinds = {"face": "face", "context": "frame", "body": "crop" if branch.picture.body == "crop" else "frame"}
    return tuple(sorted({kinds[stream] for stream in branch.streams if stream in kinds}))
