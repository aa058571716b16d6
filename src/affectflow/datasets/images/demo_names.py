"""Names of the pictures of a synthetic corpus, from which the reader of the imitated corpus tells their splits."""

from collections.abc import Iterable, Iterator
from itertools import count

from affectflow.config.data.images import DemoImages
from affectflow.core.errors import InputError
from affectflow.datasets.images.stills import SPLITS, Split, hashed_split

CLIP = 10
"""Pictures of a clip in the layout of AFEW-VA; the last of a split may have fewer."""

_MOST_CLIPS = 999


def picture_names(corpus: DemoImages) -> Iterator[tuple[Split, str]]:
    """Split and name of each picture, as the lists of its layout name it, those to train first.

    Raises:
        InputError: the layout has no names for so many pictures.
    """
    counts: dict[Split, int] = dict(zip(SPLITS, corpus.pictures, strict=True))
    match corpus.layout:
        case "emotionet" | "emotionet_classes":
            parts = _split_by_hash((f"N_{number:010d}_00001.jpg" for number in count(1)), counts, corpus.share)
            yield from ((split, f"N1/{name}") for split, name in parts)
        case "expw":
            yield from _split_by_hash((f"synthetic_face_{number}.jpg" for number in count(1)), counts, corpus.share)
        case "afewva":
            yield from _clips(corpus, counts)
        case _:
            for split, pictures in counts.items():
                # AffectNet and FER+ number all pictures, RAF-DB those of each split.
                numbered_on = corpus.layout in ("affectnet", "ferplus") and split == "validation"
                offset = counts["train"] if numbered_on else 0
                for number in range(offset + 1, offset + pictures + 1):
                    yield split, _NAMES[corpus.layout, split].format(number)


def _clips(corpus: DemoImages, counts: dict[Split, int]) -> Iterator[tuple[Split, str]]:
    remaining = dict(counts)
    clips: dict[Split, int] = {split: -(-pictures // CLIP) for split, pictures in counts.items()}
    clip_names = list(_split_by_hash((f"{number:03d}" for number in range(1, _MOST_CLIPS + 1)), clips, corpus.share))
    if len(clip_names) < sum(clips.values()):
        raise InputError(
            f"{corpus.root}: layout afewva has names for {_MOST_CLIPS} clips of {CLIP} pictures, by which these are "
            f"split; too few for pictures: {list(corpus.pictures)}. Ask for fewer, or for shares that differ less"
        )
    for split, clip in clip_names:
        pictures = min(CLIP, remaining[split])
        remaining[split] -= pictures
        yield from ((split, f"{clip}/{number:05d}.png") for number in range(pictures))


def _split_by_hash(names: Iterable[str], counts: dict[Split, int], share: float) -> Iterator[tuple[Split, str]]:
    """The first names of each split by their hash, as many as are wanted, or fewer where names end."""
    parts: dict[Split, list[str]] = {split: [] for split in counts}
    for name in names:
        split = hashed_split(name, share)
        if len(parts[split]) < counts[split]:
            parts[split].append(name)
        if all(len(parts[split]) == counts[split] for split in counts):
            break
    yield from ((split, name) for split, split_names in parts.items() for name in split_names)


_NAMES: dict[tuple[str, Split], str] = {
    ("affectnet", "train"): "{}.jpg",
    ("affectnet", "validation"): "{}.jpg",
    ("ferplus", "train"): "fer{:07d}.png",
    ("ferplus", "validation"): "fer{:07d}.png",
    ("rafdb", "train"): "train_{:05d}.jpg",
    ("rafdb", "validation"): "test_{:05d}.jpg",
    ("rafdb_compound", "train"): "train_{:04d}.jpg",
    ("rafdb_compound", "validation"): "test_{:04d}.jpg",
}
