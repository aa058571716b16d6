"""Crops from pictures that the decoder reduces: of the same region as from the whole picture, at any distance."""

import io
from collections.abc import Iterator

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from affectflow.preprocessing.face.images import cut_face
from affectflow.preprocessing.media.square import square

WIDTH, HEIGHT = 1283, 967
"""No multiples of 2, 4 or 8: the last pixels of a reduced picture are parts of pixels."""
SIZE = 16


def blobs(width: int, height: int, smooth: float) -> NDArray[np.uint8]:
    """RGB noise, smoothed over so many pixels and stretched to all grey levels."""
    noise = np.random.default_rng(3).normal(size=(height, width, 3)).astype(np.float32)
    soft = cv2.GaussianBlur(noise, (0, 0), smooth)
    return cv2.normalize(soft, None, 0, 255, cv2.NORM_MINMAX).astype(np.uint8)


def encode(rgb: NDArray[np.uint8]) -> bytes:
    buffer = io.BytesIO()
    Image.fromarray(rgb).save(buffer, "JPEG", quality=100, subsampling=0)
    return buffer.getvalue()


@pytest.fixture(scope="module")
def jpeg() -> bytes:
    return encode(blobs(WIDTH, HEIGHT, 24))


def regions() -> Iterator[tuple[int, tuple[int, int, int, int]]]:
    """How much the decoder reduces, and left, top, right, bottom of regions that it is then cut from: of every offset
    against the reduced pixels, at the picture's edges, and of sides of many lengths."""
    for factor in (1, 2, 4, 8):
        for offset in range(0, 2 * factor, max(1, factor // 4)):
            for more in (0, 1, factor // 2, factor - 1, factor + 1):
                side = factor * SIZE + min(more, factor * SIZE - 1)
                yield factor, (40 + offset, 31 + offset // 2, 40 + offset + side, 31 + offset // 2 + side + 3)
                yield factor, (WIDTH - side - offset, HEIGHT - side - offset // 2, WIDTH - offset, HEIGHT - offset // 2)
    yield 8, (0, 0, WIDTH, HEIGHT)


def by_hand(rgb: NDArray[np.uint8], region: tuple[int, int, int, int], size: int) -> NDArray[np.float64]:
    """Means over equal parts of a region: each pixel is repeated until the parts' edges fall between the copies."""
    left, top, right, bottom = region
    rows = np.repeat(rgb[top:bottom, left:right].astype(np.float64), size, axis=0)
    rows = rows.reshape(size, bottom - top, right - left, 3).mean(1)
    columns = np.repeat(rows, size, axis=1)
    return columns.reshape(size, size, right - left, 3).mean(2)


def test_a_crop_is_of_its_region_however_the_picture_is_reduced(jpeg: bytes) -> None:
    """What is left apart is the decoder's: as much where a region's edges are those of reduced pixels."""
    rgb = np.asarray(Image.open(io.BytesIO(jpeg)))
    differences: dict[int, list[NDArray[np.float64]]] = {}
    for factor, region in regions():
        crop = square(memoryview(jpeg), SIZE, (WIDTH, HEIGHT), np.array(region, np.float32))
        differences.setdefault(factor, []).append(np.abs(crop - by_hand(rgb, region, SIZE)))
    assert differences.keys() == {1, 2, 4, 8}
    for factor, values in differences.items():
        assert np.max(values) <= (0.5 if factor == 1 else 3), factor
        assert np.mean(values) <= 0.5, factor


def test_a_box_is_cut_to_the_pixels_that_it_touches(jpeg: bytes) -> None:
    rgb = np.asarray(Image.open(io.BytesIO(jpeg)))
    for box in ((101.5, 64.25, 231.0, 198.5), (1150.2, 800.0, 1283.0, 967.0), (-3.0, -9.0, 140.5, 150.0)):
        region = (max(0, int(box[0])), max(0, int(box[1])), int(np.ceil(box[2])), int(np.ceil(box[3])))
        crop = square(memoryview(jpeg), SIZE, (WIDTH, HEIGHT), np.array(box, np.float32))
        assert np.abs(crop - by_hand(rgb, region, SIZE)).max() <= 3


def test_a_whole_picture_of_odd_sides_is_seen_to_its_edges(jpeg: bytes) -> None:
    rgb = np.asarray(Image.open(io.BytesIO(jpeg)))
    crop = square(memoryview(jpeg), SIZE, (WIDTH, HEIGHT))
    assert np.abs(crop - by_hand(rgb, (0, 0, WIDTH, HEIGHT), SIZE)).max() <= 2


def test_a_face_of_a_still_picture_is_of_its_box(jpeg: bytes) -> None:
    """By the same filter from the whole picture, in grey: the stored face is a JPEG, and has fewer colours."""
    whole = Image.open(io.BytesIO(jpeg)).convert("RGB")
    differences = []
    for _, (left, top, right, bottom) in regions():
        box = (float(left), float(top), float(right), float(bottom))
        face = Image.open(io.BytesIO(cut_face(jpeg, box, SIZE, 100))).convert("L")
        expected = whole.resize((SIZE, SIZE), Image.Resampling.BILINEAR, box=box).convert("L")
        differences.append(np.abs(np.asarray(face, np.float64) - np.asarray(expected, np.float64)))
    assert np.max([difference.mean() for difference in differences]) <= 1
