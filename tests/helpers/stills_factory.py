"""Writes tiny corpora of still pictures in their layouts, with real pictures, for the tests of what reads them."""

import csv
import io
import json
from pathlib import Path
from typing import Any

import numpy as np
from affectnet_factory import BOX, COLOURS, SIDE, face, jpeg
from PIL import Image

from affectflow.artifacts.schemas import IMAGES
from affectflow.artifacts.tables import read_arrow
from affectflow.config.data.images import ImageCorpus, ImageSource
from affectflow.config.validate import validated
from affectflow.core.compound import EMOTIONET
from affectflow.core.errors import InputError
from affectflow.datasets.images.registry import list_images
from affectflow.datasets.images.stills import SPLITS, Split, Still
from affectflow.preprocessing.face.images import write_images

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


VOTES = ("neutral", "happiness", "surprise", "sadness", "anger", "disgust", "fear", "contempt", "unknown", "NF")


def write_ferplus(root: Path, count: int = 30) -> None:
    """FER+: class n of its ten in turn with 7 of 10 votes, two training faces, then one of each other usage."""
    rows = [",".join(("Usage", "Image name", *VOTES))]
    for number in range(count):
        usage, folder = (
            ("Training", "Train"),
            ("Training", "Train"),
            ("PublicTest", "Valid"),
            ("PrivateTest", "Test"),
        )[number % 4]
        name = f"fer{number:07d}.png"
        path = root / f"FER2013{folder}" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        face(number % 10, number).convert("L").resize((48, 48)).save(path)
        votes = [7 if place == number % 10 else 3 if place == (number + 1) % 10 else 0 for place in range(10)]
        rows.append(",".join((usage, name, *map(str, votes))))
    (root / "fer2013new.csv").write_text("\n".join(rows) + "\n")


LANDMARKS = [[45.0 + 30 * (n % 2), 42.0 + 36 * (n // 2 % 2)] for n in range(68)]
"""Their extent is 30 x 36 pixels around the middle of a face at `BOX`, in which the square around them has room."""


def write_afewva(root: Path, clips: int = 20, frames: int = 3) -> None:
    """AFEW-VA: the face of clip n (from 1) in the colour of class n of 7; valence of frame m is n % 11, arousal -m."""
    for number in range(1, clips + 1):
        name, annotations = f"{number:03d}", {}
        for frame in range(frames):
            picture(root / name / f"{frame:05d}.png", number % 7, scene=True)
            annotations[f"{frame:05d}"] = {"landmarks": LANDMARKS, "valence": float(number % 11), "arousal": -frame}
        (root / name / f"{name}.json").write_text(json.dumps({"video_id": name, "frames": annotations}))


WRITERS = {
    "rafdb": write_rafdb,
    "rafdb_compound": write_rafdb,
    "emotionet": write_emotionet,
    "expw": write_expw,
    "ferplus": write_ferplus,
    "afewva": write_afewva,
}


def corpus(kind: str, root: Path, **changes: Any) -> ImageCorpus:
    return validated(ImageSource, {"images": {"kind": kind, "root": root, "size": 32} | changes}, "test").images


def store_split(settings: ImageCorpus, split: Any, out: Path) -> tuple[list[dict[str, Any]], dict[str, str]]:
    """Rows of the faces that are stored of a split, and why others are not."""
    write_images(list_images(settings, split), 32, 95, out / f"{split}.arrow", out / "l.csv", f"x {split}")
    with (out / "l.csv").open(newline="") as stream:
        left_out = {row["image"]: row["reason"] for row in csv.DictReader(stream)}
    return read_arrow(out / f"{split}.arrow", IMAGES).to_pylist(), left_out


def faults(settings: ImageCorpus) -> tuple[dict[Split, str], dict[Split, list[Still]]]:
    """What stops the reading of each split, and what is read of the others."""
    errors: dict[Split, str] = {}
    stills: dict[Split, list[Still]] = {}
    for split in SPLITS:
        try:
            stills[split] = list_images(settings, split)
        except InputError as error:
            errors[split] = str(error)
    return errors, stills


def change_frame(path: Path, frame: str, **values: Any) -> None:
    document = json.loads(path.read_text())
    document["frames"][frame].update(values)
    path.write_text(json.dumps(document))


def pixels(row: dict[str, Any]) -> np.ndarray:
    return np.asarray(Image.open(io.BytesIO(row["face"])).convert("RGB")).astype(int)


def colour_of(face: np.ndarray) -> int:
    """The class whose colour a face has, less than noise and compression away."""
    away = [np.abs(face.mean(axis=(0, 1)) - colour).max() for colour in COLOURS]
    assert min(away) < 12
    return int(np.argmin(away))
