"""Notes on how the sequences of a trained system lie over a video."""

from collections.abc import Iterable

from affectflow.config.evaluation.inference import Windowing
from affectflow.config.system.branch import Branch

_WEIGHTED = {"flat": "", "hann": ", weighted by a Hann window", "triangular": ", weighted by a triangular window"}


def describe_windowing(windowing: Windowing, branches: Iterable[Branch]) -> list[str]:
    """What a reader of scores must know of it; nothing where no branch can be laid in another way.

    Args:
        windowing: as scores were made.
        branches: that made them.
    """
    sequences = [branch.sequence for branch in branches if branch.overlappable]
    if windowing.sequences == "overlapping" and sequences:
        overlaps = _from_to(-(-sequence.length // windowing.stride(sequence.length)) for sequence in sequences)
        return [
            f"Each frame's score is the mean of what {overlaps} overlapping sequences of frames say of it"
            f"{_WEIGHTED[windowing.window]}. The tables of the workflow are made in the paper's way unless its "
            "settings "
            "say otherwise."
        ]
    sizes = [sequence.length for sequence in sequences if sequence.predicted == "once"]
    if not sizes:
        return []
    return [
        f"Sequences of {_from_to(sizes)} frames follow each other without overlap, the paper's way: what is said of a "
        "frame hangs on its place in its sequence, and scores may jump from one sequence to the next."
    ]


def _from_to(numbers: Iterable[int]) -> str:
    every = sorted(set(numbers))
    return str(every[0]) if len(every) == 1 else f"{every[0]} to {every[-1]}"
