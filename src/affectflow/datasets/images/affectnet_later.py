"""AffectNet's later release: cropped faces, and one small file for each value that is annotated."""

import os
from pathlib import Path

import numpy as np

from affectflow.core.errors import InputError
from affectflow.datasets.images.affectnet_values import annotation
from affectflow.datasets.images.stills import Annotation, Still
from affectflow.datasets.problems import refuse

_MARK = "_exp.npy"
_PARTS = ("exp", "val", "aro")


def read_later(labels: Path, pictures: Path) -> list[Still]:
    """The pictures of a split by their numbers: those that have a label, and those that lie there without one.

    A picture is `<id>.jpg`; its label are the files `<id>_exp.npy`, `<id>_val.npy` and `<id>_aro.npy`, each with one
    number, or with a number as text.

    Raises:
        InputError: no picture is labelled, or label files are missing or bad; names the first of them.
    """
    labelled = {name.removesuffix(_MARK) for name in _list_names(labels) if name.endswith(_MARK)}
    if not labelled:
        raise InputError(f"{labels}: holds no file <id>{_MARK}")
    present = {Path(name).stem for name in _list_names(pictures) if name.endswith(".jpg")}
    stills, problems = [], []
    for number in sorted(labelled | present, key=lambda name: (len(name), name)):
        name = f"{number}.jpg"
        try:
            label = _annotation(labels, number) if number in labelled else None
        except InputError as error:
            problems.append(str(error))
            continue
        stills.append(Still(name, pictures / name, label, "whole"))
    refuse(problems)
    return stills


def _list_names(folder: Path) -> list[str]:
    with os.scandir(folder) as entries:
        return [entry.name for entry in entries]


def _annotation(labels: Path, number: str) -> Annotation:
    files = [labels / f"{number}_{part}.npy" for part in _PARTS]
    values = [read_value(path) for path in files]
    try:
        return annotation(*values)
    except ValueError as error:
        raise InputError(f"{labels / number}_*.npy: {error}") from error


def read_value(path: Path) -> str:
    """The one value of a label file as text, whether it is stored as a number or as text.

    Raises:
        InputError: no such file, not one value, or a pickled object, which is never loaded.
    """
    try:
        array = np.load(path, allow_pickle=False)
    except FileNotFoundError as error:
        raise InputError(f"{path}: no such file, expected one number") from error
    except ValueError as error:
        pickled = "allow_pickle" in str(error)
        problem = "holds a pickled object, which is never loaded" if pickled else f"not an array of numpy ({error})"
        raise InputError(f"{path}: {problem}; expected one number, or a number as text") from error
    except (EOFError, OSError) as error:
        raise InputError(f"{path}: not a whole array of numpy ({error}); expected one number") from error
    if not isinstance(array, np.ndarray) or array.size != 1 or array.dtype.kind not in "iufUS":
        description = f"{array.dtype} of shape {array.shape}" if isinstance(array, np.ndarray) else "an archive"
        raise InputError(f"{path}: found {description}, expected one number, or a number as text")
    value = array.reshape(-1)[0]
    return value.decode("ascii", "replace") if isinstance(value, bytes) else str(value)
