"""The filters that bring the colours that a video declares to those of the stored JPEG: an ordinary screen's, of
BT.709's primaries, in BT.601's matrix and full range."""

from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np

from affectflow.artifacts.atomic import atomic_path
from affectflow.preprocessing.media.colour import Colour
from affectflow.preprocessing.media.tone import CURVES, PRIMARIES, to_screen

# swscale's names of the matrices that it knows and that are not BT.601's.
_MATRICES = {
    "bt709": "bt709",
    "fcc": "fcc",
    "smpte240m": "smpte240m",
    "bt2020nc": "bt2020",
    "bt2020c": "bt2020",
}
_OF_JPEG = (None, "smpte170m", "bt470bg", "gbr")
# Marks of standard definition are set by a picture's size, whatever its primaries are: their pictures stay as they are.
_PLAIN_PRIMARIES = (None, "bt709", "smpte170m", "bt470bg")
_HIGH_RANGE = ("smpte2084", "arib-std-b67")
_SIZE = 65
"""Points along each side of the table."""
_EXACT = "bicubic+accurate_rnd+full_chroma_int+bitexact"


def colour_filters(colour: Colour) -> list[str]:
    """Filters of ffmpeg from pictures with these colours to pictures with the JPEG's."""
    matrix = _MATRICES.get(colour.matrix or "")
    table = [f"lut3d=file={_table(colour)}:interp=tetrahedral"] if _has_other_light(colour) else []
    if matrix in (None, "bt709") and not table:
        # In YUV throughout; JPEG's encoder passes over a matrix that is asked of the scaler. `colormatrix` leaves the
        # mark of BT.709, by which ffmpeg 9 would convert once more.
        return ["format=yuv420p", "colormatrix=bt709:bt601", "setparams=colorspace=bt470bg"] if matrix else []
    coded = f":in_color_matrix={matrix or 'bt601'}" if colour.matrix != "gbr" else ""
    return [f"scale=flags={_EXACT}{coded}", "format=gbrp16le", *table, f"scale=flags={_EXACT}:out_color_matrix=bt601"]


def colour_notes(colour: Colour) -> list[str]:
    """Notes on a file's colours, in sentences."""
    declared = ", ".join(name for name in (colour.matrix, colour.primaries, colour.transfer) if name)
    unknown = [name for name in _unknown(colour) if name]
    notes = [f"colours marked {', '.join(unknown)} are not known, and were taken for ordinary ones"] if unknown else []
    if _has_other_light(colour) or _MATRICES.get(colour.matrix or "", "bt709") != "bt709":
        clipping = ", what is brighter than diffuse white cut" if colour.transfer in _HIGH_RANGE else ""
        notes.append(f"colours were converted from {declared} to those of an ordinary screen (BT.709{clipping})")
    return notes


def _unknown(colour: Colour) -> list[str | None]:
    return [
        None if colour.matrix in (*_MATRICES, *_OF_JPEG) else colour.matrix,
        None if colour.primaries in (None, *PRIMARIES) else colour.primaries,
        None if colour.transfer in CURVES else colour.transfer,
    ]


def _has_other_light(colour: Colour) -> bool:
    """Whether more than the matrix has to be converted."""
    light = Colour(primaries=colour.primaries, transfer=colour.transfer)
    if any(_unknown(light)):
        return False
    return colour.primaries not in _PLAIN_PRIMARIES or colour.transfer in _HIGH_RANGE


@cache
def _folder() -> TemporaryDirectory[str]:
    """Goes when the process ends."""
    return TemporaryDirectory(prefix="affectflow-")


def _table(colour: Colour) -> Path:
    """A file of `to_screen`, in the form of Adobe's .cube, one for each kind of light and process."""
    path = Path(_folder().name) / f"{colour.primaries}-{colour.transfer}.cube"
    if not path.exists():
        steps = np.linspace(0, 1, _SIZE)
        blue, green, red = np.meshgrid(steps, steps, steps, indexing="ij")
        rows = to_screen(np.stack([red, green, blue], axis=-1), colour).reshape(-1, 3)
        with atomic_path(path, recorded=False) as temporary:
            np.savetxt(temporary, rows, "%.6f", header=f"LUT_3D_SIZE {_SIZE}", comments="")
    return path
