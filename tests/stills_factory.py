"""Writes tiny corpora of still pictures in their layouts, with real pictures, for the tests of what reads them."""

from pathlib import Path

import numpy as np
from affectnet_factory import BOX, COLOURS, SIDE, face, jpeg
from PIL import Image

from affectflow.corpus.compound import EMOTIONET

ADDRESS = "'https://s3.us-east-2.amazonaws.com/emotionet/Images"
UNITS = (1, 2, 4, 5, 6, 9, 12, 17, 20, 25, 26, 43)
"""Those of EmotioNet's challenge of 2018, of which AU 43 is not in `union17`."""


def picture(path: Path, kind: int, scene: bool = False) -> None:
    """A face in the colour of its class; within a green scene, at `BOX`."""
    path.parent.mkdir(parents=True, exist_ok=True)
    whole = face(kind, kind)
    if scene:
        whole = Image.new("RGB", (SIDE, SIDE), (0, 90, 0))
        whole.paste(face(kind, kind), BOX[:2])
    path.write_bytes(jpeg(whole))


def write_rafdb(root: Path, classes: int = 7, train: int = 14, test: int = 7) -> None:
    """RAF-DB: class n of `classes` in turn; aligned faces, and originals with boxes, in the colour of class n - 1."""
    lines = []
    (root / "Annotation/boundingbox").mkdir(parents=True)
    for split, count in (("train", train), ("test", test)):
        for number in range(1, count + 1):
            name, label = f"{split}_{number:05d}", (number - 1) % classes + 1
            lines.append(f"{name}.jpg {label}")
            picture(root / f"Image/aligned/{name}_aligned.jpg", label - 1)
            picture(root / f"Image/original/{name}.jpg", label - 1, scene=True)
            left, top, width, height = BOX
            box = f"{left:.4f} {top:.4f} {left + width:.4f} {top + height:.4f} \n"
            (root / f"Annotation/boundingbox/{name}_boundingbox.txt").write_text(box)
    (root / "EmoLabel").mkdir()
    (root / "EmoLabel/list_patition_label.txt").write_text("\n".join(lines) + "\n")


def write_expw(root: Path, count: int = 40) -> None:
    """ExpW: pictures with one face of class n of 7 in turn, every fifth with a second of class 6."""
    lines = []
    left, top, width, height = BOX
    box = f"{top} {left} {left + width} {top + height} 81.5"
    for number in range(count):
        name = f"angry_actor_{number}.jpg"
        picture(root / "data/image/origin" / name, number % 7, scene=True)
        lines += [f"{name} 0 {box} {number % 7}"] + [f"{name} 1 0 0 20 20 33.25 6"] * (number % 5 == 0)
    (root / "data/label").mkdir(parents=True)
    (root / "data/label/label.lst").write_text("\n".join(lines) + "\n")


def emotionet_name(number: int) -> str:
    return f"N{number % 3 + 1}/N_{number:010d}_00001.jpg"


def unit_values(number: int) -> list[int]:
    """0, 1 and 999 in turn, another turn for each picture."""
    return [(0, 1, 999)[(number + place) % 3] for place in range(len(UNITS))]


def write_emotionet(root: Path, count: int = 40, nested: bool = True) -> None:
    """EmotioNet: both tables, and faces in folders or all in one, in the colour of class n of 11 in turn."""
    units = ["URL,URL orig," + ", ".join(f"'AU {unit}'" for unit in UNITS)]
    classes = ["url_server,url_orig," + ",".join(EMOTIONET)]
    for number in range(count):
        name = emotionet_name(number)
        picture(root / "faces" / (name if nested else Path(name).name), number % len(COLOURS))
        row = f"{ADDRESS}/{name}','http://example.org/{number}.jpg'"
        units.append(",".join([row, *map(str, unit_values(number))]))
        classes.append(",".join([row, *(str(int(place == number % 16)) for place in range(16))]))
    (root / "EmotioNet_FACS_aws_2020_24600.csv").write_text("\n".join(units) + "\n")
    (root / "URLsWithEmotionCat_aws.csv").write_text("\n".join(classes) + "\n")


def colour_of(face: np.ndarray) -> int:
    """The class whose colour a face has, less than noise and compression away."""
    away = [np.abs(face.mean(axis=(0, 1)) - colour).max() for colour in COLOURS]
    assert min(away) < 12
    return int(np.argmin(away))
