"""Expression in-the-Wild on disk: one list of faces with boxes, without splits."""

from pathlib import Path

from affectflow.config.data.images import ExpWImages
from affectflow.datasets.images.rows import list_rows, number, read_stills, whole
from affectflow.datasets.images.stills import Annotation, Box, Split, Still, find_one, hashed_part, hashed_split

EXPRESSIONS = (1, 2, 3, 4, 5, 6, 0)
"""Number of a class in the order of Aff-Wild2, by ExpW's: angry, disgust, fear, happy, sad, surprise, neutral."""

_LISTS = ("label.lst", "label/label.lst", "data/label/label.lst")
_PICTURES = ("origin", "image/origin", "data/image/origin")
_FIELDS = (
    "image_name", "face_id_in_image", "face_box_top", "face_box_left", "face_box_right", "face_box_bottom",
    "face_box_confidence", "expression_label",
)  # fmt: skip
_MOST_FACES = 9999


def expw_labels(corpus: ExpWImages) -> Path:
    """The list of all faces.

    Raises:
        InputError: it or the folder of pictures is not there, or twice; says what was looked for.
    """
    _pictures(corpus)
    return find_one(corpus.root, _LISTS, " or ".join(_LISTS))


def read_expw(corpus: ExpWImages, split: Split) -> list[Still]:
    """The faces of a split by their list, in its order. All faces of a picture are in one split: that of its name
    (`hashed_split`).

    A line has the picture's name, the number of the face in it, its box (top, left, right, bottom), the box's
    confidence and the class from 0. A face is named `<picture>#<number>`. A box without area is none.

    Raises:
        InputError: no list, or bad lines in it that are, or may be, of the split; names the first of them.
    """
    labels, folder = expw_labels(corpus), _pictures(corpus)

    def in_split(fields: list[str]) -> bool:
        return hashed_split(Path(fields[0]).name, corpus.validation_share) == split

    all_stills = read_stills(labels, list_rows(labels), lambda fields: _still(folder, fields), in_split)
    return hashed_part(all_stills, split, corpus.validation_share, labels)


def _pictures(corpus: ExpWImages) -> Path:
    return find_one(corpus.root, _PICTURES, " or ".join(f"{folder}/" for folder in _PICTURES))


def _still(folder: Path, fields: list[str]) -> Still:
    if len(fields) != len(_FIELDS):
        raise ValueError(f"found {len(fields)} fields, expected {len(_FIELDS)}: {' '.join(_FIELDS)}")
    name, face, *numbers, label = fields
    if "/" in name or "\\" in name:
        raise ValueError(f"image_name is {name!r}, expected the name of a file without folders")
    index = whole("face_id_in_image", face, 0, _MOST_FACES)
    annotation = Annotation(expression=EXPRESSIONS[whole("expression_label", label, 0, len(EXPRESSIONS) - 1)])
    top, left, right, bottom, _ = (
        number(key, text, "a number") for key, text in zip(_FIELDS[2:7], numbers, strict=True)
    )
    box: Box | None = (left, top, right, bottom) if right > left and bottom > top else None
    return Still(f"{name}#{index}", folder / name, annotation, box)
