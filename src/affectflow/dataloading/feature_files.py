"""Where the frozen features of a branch lie. Free of heavy imports: the workflow asks it for a job's inputs."""

from collections.abc import Iterable, Mapping
from pathlib import Path


def feature_file(split: str, view: int = 0, images: str | None = None) -> str:
    """Path, below the folder of a branch's features, of those of a split, as it is or as another view shows it; of the
    run's own corpus, or of a corpus of still pictures."""
    name = f"{split}-view{view}.arrow" if view else f"{split}.arrow"
    return name if images is None else f"images/{images}/{name}"


def feature_files(folders: Mapping[str, Path], split: str, views: int = 1, images: Iterable[str] = ()) -> list[Path]:
    """All that is read of a split.

    Args:
        folders: of each branch's features, by its name.
        split: `train`, `validation` or `test`.
        views: how many of them.
        images: corpora of still pictures that are read too.
    """
    places = [None, *images]
    return [
        folder / feature_file(split, view, place)
        for folder in folders.values()
        for place in places
        for view in range(views)
    ]
