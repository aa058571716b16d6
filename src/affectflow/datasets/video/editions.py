"""Labels of two editions of a corpus never share a folder."""

import json
from collections.abc import Iterable
from pathlib import Path

from affectflow.artifacts.layout import MODELS, CorpusLayout
from affectflow.artifacts.record import record_path
from affectflow.core.errors import InputError
from affectflow.core.tracks import Edition, TrackName


def check_edition(corpus: str, edition: Edition, tracks: Iterable[TrackName], root: Path = Path()) -> None:
    """Check that the labels that a folder holds of a corpus are of the edition that is asked for, as their records say.

    Args:
        corpus: its name.
        edition: asked for.
        tracks: looked at.
        root: the project's folder.

    Raises:
        InputError: they are of another one; training on would mix two.
    """
    layout = CorpusLayout(corpus)
    for track in tracks:
        labels = root / layout.labels(track)
        if (existing := _edition_of(labels)) not in (None, edition):
            raise InputError(
                f"{labels}: holds labels of edition {existing}, and corpus.edition is {edition}: what is trained and "
                f"scored of both would mix under one name. Set corpus.name to another, such as {corpus}_{edition}; or, "
                f"where {existing} was a mistake, remove {root / layout.work} and {MODELS}/{corpus} first"
            )


def _edition_of(labels: Path) -> str | None:
    try:
        edition = json.loads(record_path(labels).read_text(encoding="utf-8"))["options"].get("edition")
    except (OSError, ValueError, KeyError, AttributeError, TypeError):
        return None  # not made yet, or damaged, which the check of records says
    return edition if isinstance(edition, str) else None
