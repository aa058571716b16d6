"""Cuts between shots, from the frames alone."""

from collections import deque
from collections.abc import Iterable, Iterator
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from affectflow.preprocessing.media.pictures import Picture
from affectflow.preprocessing.media.still import Still

DELAY = 2
"""How many further frames are looked at before a frame is judged. A flash of so many frames is no cut."""

# The least change that counts: docs/backends.md says what is found with it, and benchmarks/cuts.py shows it.
_CUT = 0.14


class CutFinder:
    """Tells of each frame whether a new shot begins with it, `DELAY` frames later.

    A cut is a change of the picture (`Still.change`) that lasts, and that stands out from the changes just before and
    after it: neither a flash nor a movement. Of several changes within `DELAY` frames, the first is the cut. Slow
    dissolves are not noticed. Memory holds a few small pictures, whatever the video's length.
    """

    def __init__(self) -> None:
        self._stills: deque[Still] = deque(maxlen=2 * (DELAY + 1))
        self._waiting = 0
        self._lightest: NDArray[np.uint8] | None = None
        self._since_cut = DELAY + 1

    def add(self, bgr: Picture) -> list[bool]:
        """Take the next frame, of at least 80 x 45 pixels, and give the answer for the one `DELAY` frames before it.

        Answers come in the order of the frames; there is none for the first `DELAY` calls. The first frame of a video
        never begins a shot.
        """
        self._stills.append(Still(bgr))
        self._waiting += 1
        return [self._answer()] if self._waiting > DELAY else []

    def finish(self) -> list[bool]:
        """The answers that are still due after the last frame."""
        return [self._answer() for _ in range(self._waiting)]

    def _answer(self) -> bool:
        here = len(self._stills) - self._waiting
        stills = list(self._stills)[max(0, here - DELAY - 1) : here + DELAY + 1]
        here = min(here, DELAY + 1)
        self._waiting -= 1
        shot = [still.lightest for still in stills] + ([] if self._lightest is None else [self._lightest])
        cut = self._since_cut >= DELAY and here > 0 and _stands_out(stills, here, np.max(shot, axis=0)) > _CUT
        self._since_cut = 0 if cut else self._since_cut + 1
        own = stills[here].lightest
        self._lightest = own if cut or self._lightest is None else np.maximum(self._lightest, own)
        return bool(cut)


def find_cuts(pictures: Iterable[Picture]) -> Iterator[bool]:
    """For every frame of a video whether a new shot begins with it; reading is `DELAY` frames ahead."""
    finder = CutFinder()
    for picture in pictures:
        yield from finder.add(picture)
    yield from finder.finish()


def _stands_out(stills: list[Still], here: int, lightest: NDArray[np.uint8]) -> float:
    """By how much the lasting change from the stills before `here` to those from there on exceeds the movement on
    either side; 0 where it is too small to be a cut."""
    before, after = stills[:here], stills[here:]
    if before[-1].change(after[0], lightest) <= _CUT:
        return 0.0
    lasting = min(a.change(b, lightest) for a in before for b in after)
    return lasting - max(_movement(before[::-1], lightest), _movement(after, lightest))


def _movement(stills: list[Still], lightest: NDArray[np.uint8]) -> float:
    """The smaller of the changes among the stills nearest to a cut, so that one odd frame is no movement."""
    return min((a.change(b, lightest) for a, b in pairwise(stills)), default=0.0)
