"""Where the pictures of a synthetic corpus lie, and their labels, in the layouts of the corpora that they imitate."""

import json
from collections.abc import Sequence
from itertools import groupby
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from affectflow.config.data.images import DemoImages
from affectflow.core.compound import EMOTIONET
from affectflow.core.generators import Array
from affectflow.core.tracks import track_of
from affectflow.datasets.images import affectnet_values, expw, ferplus, rafdb
from affectflow.datasets.images.demo_pictures import DemoPicture
from affectflow.synthetic.plane import UNITS, emotionet_classes, expressions, rafdb_compounds, shown_units
from affectflow.synthetic.snapshot import Place

EMOTIONET_UNITS = tuple(f"au{unit}" for unit in (1, 2, 4, 5, 6, 9, 12, 17, 20, 25, 26, 43))
"""Columns of EmotioNet's list (its challenge of 2018). Those without a rule in `plane.UNITS` are not annotated."""

_UNKNOWN = "999"
_SETS = {"train": "train_set", "validation": "val_set"}


def picture_path(corpus: DemoImages, picture: DemoPicture) -> Path:
    """A picture's file, relative to the root of the corpus."""
    match corpus.layout:
        case "affectnet":
            return Path(_SETS[picture.split]) / "images" / picture.name
        case "rafdb" | "rafdb_compound":
            return Path("Image/aligned") / f"{Path(picture.name).stem}_aligned.jpg"
        case "emotionet" | "emotionet_classes":
            return Path("faces") / picture.name
        case "expw":
            return Path("origin") / picture.name
        case "ferplus":
            return Path(ferplus.FOLDERS[ferplus.USAGE[picture.split]]) / picture.name
        case "afewva":
            return Path(picture.name)


def write_labels(corpus: DemoImages, pictures: Sequence[DemoPicture], places: Sequence[Place], root: Path) -> None:
    """Write the labels of all pictures below `root`; `places` says where the face of each lies in it."""
    path = np.array([(picture.valence, picture.arousal) for picture in pictures])
    match corpus.layout:
        case "affectnet":
            _affectnet(pictures, path, root)
        case "rafdb":
            _rafdb(pictures, np.array([rafdb.EXPRESSIONS.index(kind) for kind in _expressions(path)]), root)
        case "rafdb_compound":
            _rafdb(pictures, rafdb_compounds(path), root)
        case "emotionet":
            annotated = [unit for unit in EMOTIONET_UNITS if unit in UNITS]
            rows = [dict(zip(annotated, row, strict=True)) for row in shown_units(path, annotated).astype(int).tolist()]
            column_names = [f" 'AU {unit.removeprefix('au')}'" for unit in EMOTIONET_UNITS]
            cells = [[str(row.get(unit, _UNKNOWN)) for unit in EMOTIONET_UNITS] for row in rows]
            _emotionet(pictures, ["URL", "URL orig", *column_names], cells, root / "EmotioNet_FACS_demo.csv")
        case "emotionet_classes":
            cells = [[str(int(index == kind)) for index in range(len(EMOTIONET))] for kind in emotionet_classes(path)]
            column_names = ["url_server", "url_orig", *EMOTIONET]
            _emotionet(pictures, column_names, cells, root / "URLsWithEmotionCat_demo.csv")
        case "expw":
            _expw(pictures, places, [expw.EXPRESSIONS.index(kind) for kind in _expressions(path)], root)
        case "afewva":
            _afewva(pictures, places, root)
        case "ferplus":
            _ferplus(pictures, [ferplus.EXPRESSIONS.index(kind) for kind in _expressions(path)], root)


def _expressions(path: Array) -> list[int]:
    """Numbers in the order of Aff-Wild2; calm content is neutral."""
    return [int(kind) for kind in expressions(path, track_of("expr"))[:, 0]]


def _affectnet(pictures: Sequence[DemoPicture], path: Array, root: Path) -> None:
    """Three files a picture, each with a number as text."""
    for picture, kind in zip(pictures, _expressions(path), strict=True):
        folder = root / _SETS[picture.split] / "annotations"
        folder.mkdir(parents=True, exist_ok=True)
        values = {
            "exp": str(affectnet_values.EXPRESSIONS.index(kind)),
            "val": f"{picture.valence:.4f}",
            "aro": f"{picture.arousal:.4f}",
        }
        for part, text in values.items():
            np.save(folder / f"{Path(picture.name).stem}_{part}.npy", np.array(text))


def _rafdb(pictures: Sequence[DemoPicture], classes: NDArray[np.int64], root: Path) -> None:
    """One list for both splits; `classes` (pictures,) count from 0, the list from 1."""
    lines = [f"{picture.name} {number + 1}\n" for picture, number in zip(pictures, classes.tolist(), strict=True)]
    _write(root / "EmoLabel/list_patition_label.txt", lines)


def _emotionet(pictures: Sequence[DemoPicture], column_names: list[str], cells: list[list[str]], path: Path) -> None:
    """A table with a row a picture, whose address on the web is left empty."""
    rows = [column_names, *([picture.name, "", *row] for picture, row in zip(pictures, cells, strict=True))]
    _write(path, [",".join(row) + "\n" for row in rows])


def _expw(pictures: Sequence[DemoPicture], places: Sequence[Place], classes: Sequence[int], root: Path) -> None:
    """One list; every picture has one face, number 0, of whose box the detector is wholly confident."""
    lines = []
    for picture, place, kind in zip(pictures, places, classes, strict=True):
        left, top, right, bottom = place.box
        lines.append(f"{picture.name} 0 {top} {left} {right} {bottom} 100 {kind}\n")
    _write(root / "label.lst", lines)


def _ferplus(pictures: Sequence[DemoPicture], classes: Sequence[int], root: Path) -> None:
    """One table; all ten votes are for the class."""
    lines = ["Usage,Image name,neutral,happiness,surprise,sadness,anger,disgust,fear,contempt,unknown,NF\n"]
    for picture, kind in zip(pictures, classes, strict=True):
        votes = ",".join("10" if index == kind else "0" for index in range(len(ferplus.EXPRESSIONS) + 2))
        lines.append(f"{ferplus.USAGE[picture.split]},{picture.name},{votes}\n")
    _write(root / ferplus.TABLE, lines)


def _afewva(pictures: Sequence[DemoPicture], places: Sequence[Place], root: Path) -> None:
    """One file a clip; valence and arousal are tenths, written as whole numbers."""
    for clip, pairs in groupby(zip(pictures, places, strict=True), lambda pair: pair[0].scene):
        frames = {Path(picture.name).stem: _frame(picture, place) for picture, place in pairs}
        _write(root / clip / f"{clip}.json", [json.dumps({"video_id": clip, "frames": frames})])


def _frame(picture: DemoPicture, place: Place) -> dict[str, Any]:
    values = {"valence": float(round(10 * picture.valence)), "arousal": float(round(10 * picture.arousal))}
    return {"landmarks": place.landmarks.round(2).tolist(), **values}


def _write(path: Path, lines: Sequence[str]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("".join(lines), encoding="utf-8", newline="")
