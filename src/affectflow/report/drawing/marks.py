"""Small pictures for people: boxes, points, bones, text, tiles."""

from collections.abc import Sequence
from functools import cache

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont

from affectflow.preprocessing.body.body25 import LIMBS
from affectflow.preprocessing.media.pictures import Picture
from affectflow.pretrained.packaged import packaged_file

Colour = tuple[int, int, int]
"""Blue, green, red."""

WHITE, GREY, DARK = (255, 255, 255), (150, 150, 150), (40, 40, 40)
GREEN, ORANGE, CYAN, RED = (90, 220, 60), (30, 150, 255), (255, 220, 60), (70, 70, 240)


def text(canvas: Picture, at: tuple[int, int], words: str, colour: Colour, size: int = 14) -> None:
    """Write one line on `canvas`, its upper left corner at `at` (x, y)."""
    image = Image.fromarray(canvas)
    ImageDraw.Draw(image).text(at, words, fill=colour, font=_font(size))
    canvas[:] = np.asarray(image)


@cache
def _font(size: int) -> ImageFont.FreeTypeFont:
    # DejaVu knows most alphabets; it travels with matplotlib, which need not be imported for it.
    return ImageFont.truetype(str(packaged_file("matplotlib", "mpl-data", "fonts", "ttf", "DejaVuSans.ttf")), size)


def box(canvas: Picture, edges: NDArray[np.floating], colour: Colour) -> None:
    """Draw a box: left, top, right, bottom."""
    left, top, right, bottom = (round(float(e)) for e in edges)
    cv2.rectangle(canvas, (left, top), (right - 1, bottom - 1), colour, 2, cv2.LINE_AA)


def dashed_box(canvas: Picture, edges: NDArray[np.floating], colour: Colour, dash: tuple[int, int]) -> None:
    """Draw a box of broken lines; `dash`: how many pixels are drawn, and how many left out."""
    left, top, right, bottom = (round(float(e)) for e in edges)
    drawn, gap = dash
    for x in range(left, right, drawn + gap):
        for y in (top, bottom - 2):
            cv2.rectangle(canvas, (x, y), (min(x + drawn, right) - 1, y + 1), colour, cv2.FILLED)
    for y in range(top, bottom, drawn + gap):
        for x in (left, right - 2):
            cv2.rectangle(canvas, (x, y), (x + 1, min(y + drawn, bottom) - 1), colour, cv2.FILLED)


def label(words: str, ground_colour: Colour, ink: Colour, size: int = 13) -> Picture:
    """A tile just large enough for one line of words."""
    left, _, right, bottom = _font(size).getbbox(words)
    tile_of_words = ground(round(right - left) + 8, round(max(bottom, size)) + 4, ground_colour)
    text(tile_of_words, (4 - round(left), 1), words, ink, size)
    return tile_of_words


def paste(canvas: Picture, part: Picture, at: tuple[float, float]) -> None:
    """Put a small picture on a larger one, its upper left corner at `at` (x, y) or as near as keeps it inside; of what
    is larger than the canvas, the upper left part."""
    height, width = canvas.shape[:2]
    part = part[:height, :width]
    x = round(min(max(at[0], 0), width - part.shape[1]))
    y = round(min(max(at[1], 0), height - part.shape[0]))
    canvas[y : y + part.shape[0], x : x + part.shape[1]] = part


def dots(canvas: Picture, points: NDArray[np.floating], colour: Colour) -> None:
    """Draw points, shape (points, 2)."""
    for x, y in points:
        cv2.circle(canvas, (int(x), int(y)), 1, colour, -1, cv2.LINE_AA)


def skeleton(canvas: Picture, joints: NDArray[np.floating], colour: Colour, min_confidence: float = 0.1) -> None:
    """Draw the joints of BODY_25 and the bones between them, shape (25, 3); those below the limit are left out."""
    visible = (joints[:, 2] >= min_confidence) & (joints[:, 2] > 0)
    places = [(int(x), int(y)) for x, y, _ in joints]
    for a, b in LIMBS:
        if visible[a] and visible[b]:
            cv2.line(canvas, places[a], places[b], colour, 2, cv2.LINE_AA)
    for place in (p for p, s in zip(places, visible, strict=True) if s):
        cv2.circle(canvas, place, 3, WHITE, -1, cv2.LINE_AA)


def tile(picture: Picture, width: int, height: int) -> Picture:
    """A picture fitted whole into width x height pixels, centred on a dark ground."""
    scale = min(width / picture.shape[1], height / picture.shape[0])
    size = (max(1, round(picture.shape[1] * scale)), max(1, round(picture.shape[0] * scale)))
    fitted = cv2.resize(picture, size, interpolation=cv2.INTER_AREA if scale < 1 else cv2.INTER_CUBIC)
    canvas = ground(width, height)
    x, y = (width - size[0]) // 2, (height - size[1]) // 2
    canvas[y : y + size[1], x : x + size[0]] = fitted
    return canvas


def ground(width: int, height: int, colour: Colour = DARK) -> Picture:
    """An empty picture."""
    return np.full((height, width, 3), colour, np.uint8)


def missing(words: str, width: int, height: int) -> Picture:
    """A tile that says what was not found."""
    canvas = ground(width, height)
    text(canvas, (8, height // 2 - 9), words, RED)
    return canvas


def stack(pictures: Sequence[Picture]) -> Picture:
    """Pictures below each other, the narrower ones filled up to the right."""
    width = max(picture.shape[1] for picture in pictures)
    sheet = ground(width, sum(picture.shape[0] for picture in pictures))
    row = 0
    for picture in pictures:
        sheet[row : row + picture.shape[0], : picture.shape[1]] = picture
        row += picture.shape[0]
    return sheet
