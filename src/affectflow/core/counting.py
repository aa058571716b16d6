"""How far a loop is: reported by whoever goes through frames, to whoever shows how far a batch of videos is.

Where nobody listens, as in a job of the workflow, a line on standard error every few seconds says it.
"""

import sys
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from typing import TypeVar

Hear = Callable[[int, int | None, str], None]
"""Called with how many items are done, how many there are where that is known, and what they are."""

T = TypeVar("T")

_SECONDS = 5.0
_hearers: list[Hear] = []


@contextmanager
def heard_by(listener: Hear) -> Iterator[None]:
    """Report to `listener` for the length of the block."""
    _hearers.append(listener)
    try:
        yield
    finally:
        _hearers.pop()


class Count:
    """Tells how far one loop is.

    Args:
        name: what is gone through, such as a video.
        total: how many there are; None where that is not known.
        unit: what they are.
    """

    def __init__(self, name: str, total: int | None, unit: str = "frames") -> None:
        self._name, self._total, self._unit = name, total, unit
        self._next = time.monotonic() + _SECONDS

    def tell(self, done: int) -> None:
        """So many are done."""
        if _hearers:
            _hearers[-1](done, self._total, self._unit)
        elif time.monotonic() >= self._next:
            print(f"{self._name}: {counted(done, self._total, self._unit)}", file=sys.stderr, flush=True)
            self._next = time.monotonic() + _SECONDS


def each(items: Iterable[T], name: str, total: int | None, unit: str = "frames") -> Iterator[T]:
    """The items one after the other, each reported when the next is asked for; other arguments as of `Count`."""
    count = Count(name, total, unit)
    for done, item in enumerate(items, 1):
        yield item
        count.tell(done)


def counted(done: int, total: int | None, unit: str) -> str:
    """How far it is, in words."""
    return f"{done} of {total} {unit}" if total else f"{done} {unit}"
