"""Clips that are utterances of longer videos: their names, and their order within a video."""

import re
from collections.abc import Iterable
from dataclasses import dataclass

from affectflow.core.errors import InputError

_CLIP = re.compile(r"utterance_([1-9][0-9]*)\.mp4")
_SUBJECT = re.compile(r"(?P<video>.+)_utterance_(?P<number>[1-9][0-9]*)", re.DOTALL)


@dataclass(frozen=True, order=True)
class Utterance:
    """One utterance of a video."""

    video: str
    number: int
    """From 1; a video may lack some."""

    @property
    def subject(self) -> str:
        """The name that its clip has as a video and as a subject: `<video>_utterance_<number>`."""
        return f"{self.video}_utterance_{self.number}"

    @property
    def file(self) -> str:
        """The name of its clip's file, in the folder of its video."""
        return f"utterance_{self.number}.mp4"


def clip_number(name: str) -> int | None:
    """The number in the name of a clip, `utterance_<number>.mp4`; None for another name."""
    match = _CLIP.fullmatch(name)
    return int(match[1]) if match else None


def utterance_of(subject: str) -> Utterance:
    """The utterance that a subject is.

    Raises:
        InputError: the subject is none.
    """
    match = _SUBJECT.fullmatch(subject)
    if match is None:
        raise InputError(f"subject {subject!r} is no utterance; expected a name such as 'video1_utterance_1'")
    return Utterance(match["video"], int(match["number"]))


def by_video(subjects: Iterable[str]) -> dict[str, tuple[str, ...]]:
    """Subjects by the video that they are utterances of: videos by name, utterances by number.

    Raises:
        InputError: a subject is no utterance.
    """
    grouped: dict[str, tuple[str, ...]] = {}
    for utterance in sorted(map(utterance_of, subjects)):
        grouped[utterance.video] = (*grouped.get(utterance.video, ()), utterance.subject)
    return grouped
