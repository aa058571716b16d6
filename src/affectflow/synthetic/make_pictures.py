"""Write a synthetic corpus of still pictures."""

from pathlib import Path

import cv2

from affectflow.artifacts.atomic import atomic_folder
from affectflow.config.data.images import DemoImages
from affectflow.core.generators import generator
from affectflow.datasets.images.demo_pictures import DECLARATION, README, DemoPicture, pictures_folder, plan_pictures
from affectflow.synthetic.picture_labels import picture_path, write_labels
from affectflow.synthetic.snapshot import Place, Studio

_SCENES = ("expw", "afewva")
"""Layouts whose pictures are scenes, from which the labels tell where the face is."""

_WIDE = 2
"""Sides of such a picture in sides of its face."""


def make_pictures(corpus: DemoImages) -> None:
    """Write `corpus.root`, the whole folder or nothing, in place of older pictures of kind demo.

    The same settings give the same bytes with the same versions of the packages.

    Raises:
        InputError: the folder holds something else, or the disk is full.
    """
    pictures, studio = plan_pictures(corpus), Studio(corpus.size, _WIDE if corpus.layout in _SCENES else 1)
    with atomic_folder(pictures_folder(corpus)) as root:
        places = [_photograph(corpus, demo_picture, studio, root) for demo_picture in pictures]
        write_labels(corpus, pictures, places, root)
        (root / README).write_bytes(DECLARATION.encode())


def _photograph(corpus: DemoImages, demo_picture: DemoPicture, studio: Studio, root: Path) -> Place:
    rng = generator(corpus.seed, "photograph", corpus.layout, demo_picture.scene)
    picture, place = studio.photograph(demo_picture.valence, demo_picture.arousal, rng)
    path = root / picture_path(corpus, demo_picture)
    path.parent.mkdir(parents=True, exist_ok=True)
    options = [cv2.IMWRITE_JPEG_QUALITY, corpus.quality] if path.suffix == ".jpg" else []
    # FER+ is grey.
    colours = cv2.COLOR_RGB2GRAY if corpus.layout == "ferplus" else cv2.COLOR_RGB2BGR
    path.write_bytes(cv2.imencode(path.suffix, cv2.cvtColor(picture, colours), options)[1].tobytes())
    return place
