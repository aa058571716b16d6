"""How the sequences of a trained system were laid over a video, in words."""

from collections.abc import Iterable

from affectflow.config.evaluation.inference import Laying
from affectflow.config.system.branch import Branch

_WEIGHTED = {"flat": "", "hann": ", weighted by a Hann window", "triangular": ", weighted by a triangular window"}


def said_of_laying(laying: Laying, branches: Iterable[Branch]) -> list[str]:
    """What a reader of scores must know of it; nothing where no branch can be laid in another way.

    Args:
        laying: as scores were made.
        branches: that made them.
    """
    own = [branch.sequence for branch in branches if branch.overlappable]
    if laying.sequences == "overlapping" and own:
        times = _from_to(-(-its.length // laying.stride(its.length)) for its in own)
        return [
            f"Each frame's score is the mean of what {times} overlapping sequences of frames say of it"
            f"{_WEIGHTED[laying.window]}. The tables of the workflow are made in the paper's way unless its settings "
            "say otherwise."
        ]
    once = [its.length for its in own if its.predicted == "once"]
    if not once:
        return []
    return [
        f"Sequences of {_from_to(once)} frames follow each other without overlap, the paper's way: what is said of a "
        "frame hangs on its place in its sequence, and scores may jump from one sequence to the next."
    ]


def _from_to(numbers: Iterable[int]) -> str:
    every = sorted(set(numbers))
    return str(every[0]) if len(every) == 1 else f"{every[0]} to {every[-1]}"
