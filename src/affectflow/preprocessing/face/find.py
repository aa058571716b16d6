"""All faces of a video, and its cuts, in one pass over its frames."""

from collections.abc import Iterator

from affectflow.core.counting import each
from affectflow.preprocessing.face.detect import Detection, Detector
from affectflow.preprocessing.face.key_frames import KeyFrames
from affectflow.preprocessing.face.upright import detect_either_way_up
from affectflow.preprocessing.media.pictures import Frames, Picture
from affectflow.preprocessing.media.shots import find_cuts


def find_faces(
    stored: Frames, video: str, detector: Detector, every: int, min_score: float
) -> tuple[list[list[Detection]], list[bool]]:
    """The faces of each frame, and whether a new shot begins with it.

    Every frame is decoded once at half its size, for the cuts and for comparing faces, and in full where the detector
    looks. A few pictures are in memory.

    Args:
        stored: the frames.
        detector: looks at every n-th frame of a shot, at its last one, and where two looks disagree.
        every: n.
        min_score: of a face; the detector also gives weaker ones (`key_frames.WEAKER`).
    """
    small: dict[int, Picture] = {}
    key_frames = KeyFrames(lambda frame: detect_either_way_up(detector, stored.picture(video, frame)), small, min_score)
    count, looked, cuts = stored.count(video), 0, list[bool]()
    for frame, is_cut in enumerate(find_cuts(_remembered(stored, video, small))):
        cuts.append(is_cut)
        if is_cut:
            key_frames.go_on(frame - 1)
        if is_cut or not frame:
            key_frames.begin(frame)
        elif frame - looked == every or frame == count - 1:
            key_frames.go_on(frame)
        else:
            continue
        for done in [number for number in small if number < frame]:
            del small[done]
        looked = frame
    return [key_frames.faces[frame] for frame in range(count)], cuts


def _remembered(stored: Frames, video: str, small: dict[int, Picture]) -> Iterator[Picture]:
    """All frames at half their size, each also put into `small` by its number."""
    for frame in each(range(stored.count(video)), video, stored.count(video)):
        small[frame] = stored.picture(video, frame, reduced=2)
        yield small[frame]
