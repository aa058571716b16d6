"""What a synthetic corpus of still pictures consists of: its pictures and where each lies in the plane of valence and
arousal; nothing is rendered here."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import get_args

from affectflow.config.images import DemoImages, EmotioNetImages
from affectflow.corpus.demo.signals import generator
from affectflow.corpus.stills import Split, hashed_split
from affectflow.errors import InputError

README = "README.txt"
_FIRST = "SYNTHETIC pictures in"
DECLARATION = f"""\
{_FIRST} the layout of another corpus, made by affectflow for its demonstration.

Every picture shows one photograph (the public-domain portrait of scikit-image), changed by a program. "Valence" and
"arousal" are random numbers that steer the change, "expressions", "compound expressions" and "action units" are regions
of the plane of these two. Nobody felt, played or annotated any of them: scores on these pictures show that software
works and say nothing about people. None of the pictures and labels are of the corpus whose layout they have.
"""

_DIGITS = 4


@dataclass(frozen=True)
class Drawn:
    """One picture."""

    name: str
    """As the lists of its layout name it."""
    split: Split
    valence: float
    """In [-1, 1], with the digits that a label has."""
    arousal: float
    """As valence."""


def drawn(corpus: DemoImages) -> list[Drawn]:
    """The pictures of a corpus, those to train first; valence and arousal are uniform over the whole plane."""
    found = []
    for split, name in _names(corpus):
        place = generator(corpus.seed, "picture", corpus.layout, name).uniform(-1, 1, 2)
        found.append(Drawn(name, split, *(round(float(value), _DIGITS) for value in place)))
    return found


def drawn_folder(corpus: DemoImages) -> Path:
    """The folder of a corpus, made or not.

    Raises:
        InputError: it holds something else, which drawing the pictures would replace.
    """
    root, readme = corpus.root, corpus.root / README
    ours = readme.is_file() and readme.read_text(encoding="utf-8", errors="replace").startswith(_FIRST)
    # Snakemake makes the folder, and leaves a mark in it, before the pictures are drawn.
    empty = root.is_dir() and all(file.name == ".snakemake_timestamp" for file in root.iterdir())
    if root.exists() and not ours and not empty:
        raise InputError(
            f"{root}: holds something else than pictures of kind demo, which would be drawn in its place; set root to "
            "a folder that does not exist"
        )
    return root


def _names(corpus: DemoImages) -> Iterator[tuple[Split, str]]:
    splits = dict(zip(get_args(Split), corpus.pictures, strict=True))
    official = corpus.official
    if not isinstance(official, EmotioNetImages):
        for split, count in splits.items():
            # AffectNet numbers all pictures, RAF-DB those of each split.
            before = splits["train"] if corpus.layout == "affectnet" and split == "validation" else 0
            for number in range(before + 1, before + count + 1):
                yield split, _NAMES[corpus.layout, split].format(number)
        return
    # Of EmotioNet a picture's name tells its split.
    parts: dict[Split, list[str]] = {"train": [], "validation": []}
    number = 0
    while any(len(parts[split]) < count for split, count in splits.items()):
        number += 1
        name = f"N_{number:010d}_00001.jpg"
        split = hashed_split(name, official.validation_share)
        if len(parts[split]) < splits[split]:
            parts[split].append(f"N1/{name}")
    yield from ((split, name) for split, its in parts.items() for name in its)


_NAMES: dict[tuple[str, Split], str] = {
    ("affectnet", "train"): "{}.jpg",
    ("affectnet", "validation"): "{}.jpg",
    ("rafdb", "train"): "train_{:05d}.jpg",
    ("rafdb", "validation"): "test_{:05d}.jpg",
    ("rafdb_compound", "train"): "train_{:04d}.jpg",
    ("rafdb_compound", "validation"): "test_{:04d}.jpg",
}
