"""Notes on how much of a video was seen or heard."""

from collections.abc import Mapping

from affectflow.config.system.senses import Sense
from affectflow.prediction.presence import Flags


def describe_share(needs: Sense, share: float) -> str:
    """Why a summary says nothing of a video: what fused scores need was found in this share of its frames."""
    return f"no {needs} in any frame" if share == 0 else f"a {needs} in {100 * share:.1f} % of the frames"


def describe_detection(detections: Mapping[str, tuple[Sense, Flags]]) -> str:
    """What a page of a video must say before all else; empty where every score counts.

    Args:
        detections: what each track needs, and in which frames it was found.
    """
    by_words: dict[str, list[str]] = {}
    for name, (needs, flags) in detections.items():
        by_words.setdefault(_describe_track(needs, flags), []).append(name)
    if len(by_words) == 1:
        return next(iter(by_words))
    return " ".join(f"{', '.join(names)}: {words}" for words, names in by_words.items() if words)


def _describe_track(needs: Sense, flags: Flags) -> str:
    frames, count = len(flags), int(flags.sum())
    if count == frames:
        return ""
    if not count:
        return (
            f"No {needs} was found in any of the {frames} frames: none of the scores counts. The curves are dimmed, "
            "and show what networks say where there is nobody to speak of."
        )
    return (
        f"A {needs} was found in {count} of the {frames} frames ({100 * count / frames:.0f} %). Scores of the others "
        "do not count: they are dimmed here, marked in the table, and left out of the summary."
    )
