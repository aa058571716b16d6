"""What a synthetic corpus of still pictures consists of: its pictures and where each lies in the plane of valence and
arousal; nothing is rendered here."""

from dataclasses import dataclass
from pathlib import Path, PurePosixPath

import numpy as np

from affectflow.config.data.images import DemoImages
from affectflow.core.errors import InputError
from affectflow.core.generators import Array, generator
from affectflow.datasets.images.demo_names import CLIP, picture_names
from affectflow.datasets.images.stills import Split

README = "README.txt"
_FIRST = "SYNTHETIC pictures in"
DECLARATION = f"""\
{_FIRST} the layout of another corpus, made by affectflow for its demonstration.

Every picture shows one photograph (the public-domain portrait of scikit-image), changed by a program. "Valence" and
"arousal" are random numbers that steer the change, "expressions", "compound expressions" and "action units" are regions
of the plane of these two; boxes and landmarks of faces are computed from the change. Nobody felt, played or annotated
any of them: scores on these pictures show that software works and say nothing about people. None of the pictures and
labels are of the corpus whose layout they have.
"""

_DIGITS = 4

_DRIFT = 0.6
"""How far valence or arousal moves, at most, in `CLIP` pictures."""


@dataclass(frozen=True)
class DemoPicture:
    """One picture."""

    name: str
    """As the lists of its layout name it."""
    split: Split
    valence: float
    """In [-1, 1], with the digits that a label has."""
    arousal: float
    """As valence."""
    scene: str
    """Pictures of one scene differ in valence and arousal alone: those of a clip; else each picture has its own."""


def plan_pictures(corpus: DemoImages) -> list[DemoPicture]:
    """The pictures of a corpus, those to train first.

    Valence and arousal are uniform over the whole plane; those of a clip start so, and drift.

    Raises:
        InputError: the layout has no names for so many pictures.
    """
    if corpus.layout == "afewva":
        return [_frame(corpus, split, name) for split, name in picture_names(corpus)]
    return [_single(corpus, split, name) for split, name in picture_names(corpus)]


def _single(corpus: DemoImages, split: Split, name: str) -> DemoPicture:
    point = generator(corpus.seed, "picture", corpus.layout, name).uniform(-1, 1, 2)
    return _make_picture(name, split, point, name, _DIGITS)


def _frame(corpus: DemoImages, split: Split, name: str) -> DemoPicture:
    """A picture of a clip, whose labels are whole tenths, as AFEW-VA's are."""
    path = PurePosixPath(name)
    rng = generator(corpus.seed, "clip", corpus.layout, path.parent)
    start, drift = rng.uniform(-1, 1, 2), rng.uniform(-_DRIFT, _DRIFT, 2)
    point = np.clip(start + drift * int(path.stem) / CLIP, -1, 1)
    return _make_picture(name, split, point, str(path.parent), 1)


def _make_picture(name: str, split: Split, point: Array, scene: str, digits: int) -> DemoPicture:
    valence, arousal = (round(float(value), digits) for value in point)
    return DemoPicture(name, split, valence, arousal, scene)


def pictures_folder(corpus: DemoImages) -> Path:
    """The folder of a corpus, made or not.

    Raises:
        InputError: it holds something else, which drawing the pictures would replace.
    """
    root, readme = corpus.root, corpus.root / README
    is_demo = readme.is_file() and readme.read_text(encoding="utf-8", errors="replace").startswith(_FIRST)
    # Snakemake makes the folder, and leaves a mark in it, before the pictures are drawn.
    empty = root.is_dir() and all(file.name == ".snakemake_timestamp" for file in root.iterdir())
    if root.exists() and not is_demo and not empty:
        raise InputError(
            f"{root}: holds something else than pictures of kind demo, which would be drawn in its place; set root to "
            "a folder that does not exist"
        )
    return root
