"""Write a synthetic corpus of still pictures."""

from pathlib import Path

import cv2

from affectflow.artifacts.atomic import atomic_folder
from affectflow.config.images import DemoImages
from affectflow.corpus.demo.drawn import DECLARATION, README, Drawn, drawn, drawn_folder
from affectflow.corpus.demo.picture_labels import picture_path, write_labels
from affectflow.corpus.demo.signals import generator
from affectflow.corpus.demo.snapshot import Studio


def make_pictures(corpus: DemoImages) -> None:
    """Write `corpus.root`, the whole folder or nothing, in place of older pictures of kind demo.

    The same settings give the same bytes with the same versions of the packages.

    Raises:
        InputError: the folder holds something else, or the disk is full.
    """
    pictures, studio = drawn(corpus), Studio(corpus.size)
    with atomic_folder(drawn_folder(corpus)) as root:
        write_labels(corpus, pictures, root)
        for its in pictures:
            _photograph(corpus, its, studio, root)
        (root / README).write_bytes(DECLARATION.encode())


def _photograph(corpus: DemoImages, its: Drawn, studio: Studio, root: Path) -> None:
    rng = generator(corpus.seed, "photograph", corpus.layout, its.name)
    picture = cv2.cvtColor(studio.photograph(its.valence, its.arousal, rng), cv2.COLOR_RGB2BGR)
    path = root / picture_path(corpus, its)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(cv2.imencode(".jpg", picture, [cv2.IMWRITE_JPEG_QUALITY, corpus.quality])[1].tobytes())
