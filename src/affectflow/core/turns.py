"""Work in steps, side by side: several loops over the same frames that share what they read."""

from collections.abc import Callable, Iterator, Sequence
from functools import wraps
from typing import ParamSpec

Steps = Iterator[float]
"""Work that does a step each time it is asked for the next, and then says which share of it is done."""

P = ParamSpec("P")


def take_turns(works: Sequence[Steps]) -> None:
    """Do all of several pieces of work, always a step of the one of which the least is done."""
    done = dict.fromkeys(range(len(works)), 0.0)
    while done:
        behind = min(done, key=done.__getitem__)
        try:
            done[behind] = next(works[behind])
        except StopIteration:
            del done[behind]


def at_once(work: Callable[P, Steps]) -> Callable[P, None]:
    """The same function, doing all of its work when it is called."""

    @wraps(work)
    def do_all(*arguments: P.args, **options: P.kwargs) -> None:
        take_turns([work(*arguments, **options)])

    return do_all
