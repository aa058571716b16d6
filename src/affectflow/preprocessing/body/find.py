"""The joints of a video's subjects in all frames, from a backend that looks at some."""

from collections.abc import Sequence
from functools import partial
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from affectflow.config.data.preprocessing import Body
from affectflow.core.counting import Count
from affectflow.datasets.video.shard import Video
from affectflow.preprocessing.body.backend import Backend, Extent, Frame, Network, people_of
from affectflow.preprocessing.body.between import agree, interpolated, key_frames
from affectflow.preprocessing.body.hints import FaceBoxes, Hint, make_hints, nearest
from affectflow.preprocessing.body.person import choose
from affectflow.preprocessing.media.pictures import Frames


class BodyFinder:
    """Looks for the bodies of a video's subjects.

    Args:
        stored: its frames.
        boxes: its subjects' faces.
        bystanders: face boxes of the people in it, each (frames, 4), NaN where there is none; whoever of them is scored
            must not change whose body is found.
    """

    def __init__(
        self,
        video: Video,
        extent: Extent,
        stored: Frames,
        boxes: FaceBoxes,
        backend: Backend,
        settings: Body,
        bystanders: Sequence[NDArray[np.float64]] = (),
    ) -> None:
        self._video, self._extent, self._stored, self._backend = video, extent, stored, backend
        self._min_confidence = settings.min_confidence
        names = [subject.subject for subject in video.subjects]
        self._boxless = [boxes.boxless(name) for name in names]
        shots = [boxes.shots(name, extent.frames) for name in names]
        self._faces = [nearest(boxes.boxes(name, extent.frames), its) for name, its in zip(names, shots, strict=True)]
        self._shots = shots[0]
        self._bystanders = [nearest(faces, self._shots)[0] for faces in bystanders]
        # Official faces tell of no shots: nobody knows then which frames show the same scene.
        self._every = 1 if any(self._boxless) else settings.step
        self._joints = np.zeros((len(names), extent.frames, 25, 3), np.float32)

    def find(self) -> NDArray[np.float32]:
        """Joints of each subject in each frame, all 0 where it was not found, shape (subjects, frames, 25, 3).

        After key frames, those in the middle between two that disagree are looked at, until all between them is known.
        """
        progress = Count(self._video.video, self._extent.frames)
        size = self._backend.batch if isinstance(self._backend, Network) else 1
        wanted = key_frames(self._shots, self._every)
        gaps = list(pairwise(wanted))
        while wanted:
            for start in range(0, len(wanted), size):
                self._look(numbers := wanted[start : start + size])
                progress.tell(numbers[-1] + 1)
            doubtful = [gap for gap in gaps if not self._settle(*gap)]
            wanted = [(before + after) // 2 for before, after in doubtful]
            gaps = [
                half
                for (before, after), middle in zip(doubtful, wanted, strict=True)
                for half in ((before, middle), (middle, after))
            ]
        return self._joints

    def _look(self, numbers: Sequence[int]) -> None:
        all_hints = [self._hints(number) for number in numbers]
        frames = [self._frame(number) for number in numbers]
        found = people_of(self._backend, frames, [[h for h in hints if h is not None] for hints in all_hints])
        for number, hints, people in zip(numbers, all_hints, map(iter, found), strict=True):
            for hint, joints in zip(hints, self._joints, strict=True):
                chosen = None if hint is None else choose(next(people), hint, self._min_confidence)
                joints[number] = 0 if chosen is None else chosen

    def _settle(self, before: int, after: int) -> bool:
        """Whether all subjects are known between two frames, from what they do in both."""
        if after - before == 1:
            return True
        settled = True
        for subject, joints in enumerate(self._joints):
            was, is_now = bool(joints[before].any()), bool(joints[after].any())
            if not was and not is_now:
                continue
            if not (was and is_now and agree(joints[before], joints[after], self._min_confidence)):
                settled = False
                continue
            between = interpolated(joints[before], joints[after], after - before)
            for number, pose in enumerate(between, before + 1):
                hint = self._hints(number)[subject]
                # A head away from the face is someone else's, as where a backend looks.
                kept = None if hint is None else choose(pose[None], hint, self._min_confidence)
                settled = settled and kept is not None
                joints[number] = pose
        return settled

    def _hints(self, number: int) -> list[Hint | None]:
        boxes, ages = [filled[number] for filled, _ in self._faces], [age[number] for _, age in self._faces]
        bystanders = [filled[number] for filled in self._bystanders]
        return make_hints(boxes, ages, self._boxless, self._video.subjects, self._extent.width, bystanders)

    def _frame(self, number: int) -> Frame:
        load = partial(self._stored.picture, self._video.video, number)
        return Frame(self._video, number, self._extent, load)
