"""What of a run's settings it does not use and a reader may expect it to."""

from collections.abc import Mapping

from affectflow.config.evaluation.postprocess import Postprocess
from affectflow.config.system.systems import TrackSystem
from affectflow.core.tracks import TrackName


def unused_steps(used: Mapping[TrackName, TrackSystem], per_utterance: bool) -> list[str]:
    """Steps of post-processing that are not applied, in words.

    Args:
        used: the run's tracks.
        per_utterance: whether its corpus is annotated by utterance, else by frame.
    """

    def is_given(postprocess: Postprocess) -> bool:
        return bool(postprocess.mean) if per_utterance else postprocess.wanted

    branches = [
        f"{t}/{name}" for t, system in used.items() for name, b in system.branches.items() if is_given(b.postprocess)
    ]
    step, kind = (".mean", "frame") if per_utterance else ("", "utterance")
    explanation = f"is for corpora that are annotated by {kind}, and is not applied here"
    return [f"postprocess{step} of {', '.join(branches)} {explanation}"] if branches else []
