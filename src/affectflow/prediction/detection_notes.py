"""How much of a video was seen or heard, in words."""

from collections.abc import Mapping

from affectflow.config.system.senses import Sense
from affectflow.prediction.presence import Flags


def told_share(needs: Sense, share: float) -> str:
    """Why a summary says nothing of a video: what fused scores need was found in this share of its frames."""
    return f"no {needs} in any frame" if share == 0 else f"a {needs} in {100 * share:.1f} % of the frames"


def said_first(seen: Mapping[str, tuple[Sense, Flags]]) -> str:
    """What a page of a video must say before all else; empty where every score counts.

    Args:
        seen: what each track needs, and in which frames it was found.
    """
    by_words: dict[str, list[str]] = {}
    for name, (needs, flags) in seen.items():
        by_words.setdefault(_said(needs, flags), []).append(name)
    if len(by_words) == 1:
        return next(iter(by_words))
    return " ".join(f"{', '.join(names)}: {words}" for words, names in by_words.items() if words)


def _said(needs: Sense, flags: Flags) -> str:
    frames, found = len(flags), int(flags.sum())
    if found == frames:
        return ""
    if not found:
        return (
            f"No {needs} was found in any of the {frames} frames: none of the scores counts. The curves are dimmed, "
            "and show what networks say where there is nobody to speak of."
        )
    return (
        f"A {needs} was found in {found} of the {frames} frames ({100 * found / frames:.0f} %). Scores of the others "
        "do not count: they are dimmed here, marked in the table, and left out of the summary."
    )
