"""From the numbers of a declared colour space to those of an ordinary screen picture, by the ITU's formulas.

Numbers are R'G'B' in [0, 1], as a picture has them after its matrix; light is linear, 1 being SDR's white.
"""

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from affectflow.preprocessing.media.colour import Colour

Numbers = NDArray[np.float64]
Curve = Callable[[Numbers], Numbers]

REFERENCE_WHITE = 203.0
"""cd/m² of diffuse white in HDR (Report ITU-R BT.2408)."""

_D65, _C, _DCI = (0.3127, 0.3290), (0.310, 0.316), (0.314, 0.351)
# x and y of red, green, blue and white: ITU-T H.273, table 2.
PRIMARIES = {
    "bt709": ((0.640, 0.330), (0.300, 0.600), (0.150, 0.060), _D65),
    "bt470m": ((0.67, 0.33), (0.21, 0.71), (0.14, 0.08), _C),
    "bt470bg": ((0.64, 0.33), (0.29, 0.60), (0.15, 0.06), _D65),
    "smpte170m": ((0.630, 0.340), (0.310, 0.595), (0.155, 0.070), _D65),
    "smpte240m": ((0.630, 0.340), (0.310, 0.595), (0.155, 0.070), _D65),
    "film": ((0.681, 0.319), (0.243, 0.692), (0.145, 0.049), _C),
    "bt2020": ((0.708, 0.292), (0.170, 0.797), (0.131, 0.046), _D65),
    "smpte431": ((0.680, 0.320), (0.265, 0.690), (0.150, 0.060), _DCI),
    "smpte432": ((0.680, 0.320), (0.265, 0.690), (0.150, 0.060), _D65),
    "ebu3213": ((0.630, 0.340), (0.295, 0.605), (0.155, 0.077), _D65),
}
_BRADFORD = np.array([[0.8951, 0.2664, -0.1614], [-0.7502, 1.7135, 0.0367], [0.0389, -0.0685, 1.0296]])
_LUMINANCE = np.array([0.2126, 0.7152, 0.0722])


def _power(gamma: float) -> tuple[Curve, Curve]:
    return (lambda coded: coded**gamma), (lambda light: light ** (1 / gamma))


def _pq_light(coded: Numbers) -> Numbers:
    """BT.2100, table 4: the EOTF of PQ, in shares of the reference white."""
    m1, m2, c1, c2, c3 = 2610 / 16384, 2523 / 32, 3424 / 4096, 2413 / 128, 2392 / 128
    root = coded ** (1 / m2)
    return np.asarray(10000 / REFERENCE_WHITE * (np.maximum(root - c1, 0) / (c2 - c3 * root)) ** (1 / m1))


def _hlg_scene(coded: Numbers) -> Numbers:
    """BT.2100, table 5: the light before the camera, in shares of that of diffuse white, which HLG has at 75 %
    (BT.2408)."""
    a = 0.17883277
    b, c = 1 - 4 * a, 0.5 - a * np.log(4 * a)

    def light(signal: Numbers) -> Numbers:
        return np.where(signal <= 0.5, signal**2 / 3, (np.exp((signal - c) / a) + b) / 12)

    return light(coded) / light(np.array(0.75))


def _camera(light: Numbers) -> Numbers:
    """The OETF of BT.709, item 1.2."""
    return np.where(light < 0.018, 4.5 * light, 1.099 * np.maximum(light, 0.018) ** 0.45 - 0.099)


def _srgb_light(coded: Numbers) -> Numbers:
    return np.where(coded <= 0.04045, coded / 12.92, ((coded + 0.055) / 1.055) ** 2.4)


def _srgb(light: Numbers) -> Numbers:
    return np.where(light <= 0.0031308, 12.92 * light, 1.055 * np.maximum(light, 0.0031308) ** (1 / 2.4) - 0.055)


_VIDEO = _power(2.4)  # BT.1886: the screen of all that a camera's curve has coded
# To light and back. Between SDR's own curves the same one leads back, so that greys stay what they are.
CURVES: dict[str | None, tuple[Curve, Curve]] = {
    None: _VIDEO,
    **dict.fromkeys(("bt709", "smpte170m", "smpte240m", "bt2020-10", "bt2020-12", "iec61966-2-4", "bt1361e"), _VIDEO),
    "gamma22": _power(2.2),
    "gamma28": _power(2.8),
    "iec61966-2-1": (_srgb_light, _srgb),
    "smpte2084": (_pq_light, _VIDEO[1]),
    "arib-std-b67": (_hlg_scene, _camera),
}


def to_screen(coded: Numbers, colour: Colour) -> Numbers:
    """R'G'B' of `colour` as R'G'B' of BT.709's primaries on an SDR screen, shape (..., 3).

    PQ says how bright each point is: SDR's white is its reference white. HLG says what light the camera saw, which
    BT.709's own curve codes anew. Colours outside BT.709's gamut are mixed with grey of their luminance until they are
    on its edge; of colours brighter than white all three channels are dimmed alike until the largest is white, so that
    hue and saturation stay.
    """
    to_light, back = CURVES[colour.transfer]
    light = to_light(np.clip(coded, 0, 1)) @ primaries_matrix(colour.primaries or "bt709").T
    grey = np.maximum(light @ _LUMINANCE, 0)[..., None]
    lowest = light.min(axis=-1, keepdims=True)
    share = grey / (grey - np.minimum(lowest, 0) + np.finfo(float).tiny)
    inside = np.maximum(grey + share * (light - grey), 0)
    return back(inside / np.maximum(inside.max(axis=-1, keepdims=True), 1))


def primaries_matrix(name: str) -> Numbers:
    """Light of other primaries as light of BT.709's, shape (3, 3); another white becomes D65 (by Bradford)."""
    xyz, white = _to_xyz(name)
    bt709_xyz, d65 = _to_xyz("bt709")
    scale = np.diag((_BRADFORD @ d65) / (_BRADFORD @ white))
    return np.asarray(np.linalg.inv(bt709_xyz) @ np.linalg.inv(_BRADFORD) @ scale @ _BRADFORD @ xyz)


def _to_xyz(name: str) -> tuple[Numbers, Numbers]:
    """Light to CIE XYZ (SMPTE RP 177), and the white."""
    *corners, white = (np.array([x / y, 1, (1 - x - y) / y]) for x, y in PRIMARIES[name])
    columns = np.stack(corners, axis=1)
    return columns * np.linalg.solve(columns, white), white
