"""Colours of a video are those that it declares: coded here by the ITU's formulas, and read from what is stored.

Each picture is a row of patches of known colours on an ordinary screen, coded as a camera or a grading suite of another
colour space would: the other way round from what is tested.
"""

from pathlib import Path

import numpy as np
import pytest
from media_factory import Decoded, ffmpeg
from numpy.typing import NDArray
from test_ffmpegs import binary

from affectflow.preprocessing.media.colour import Colour
from affectflow.preprocessing.media.conversion import colour_filters, colour_notes
from affectflow.preprocessing.media.tone import primaries_matrix

Numbers = NDArray[np.float64]
PATCH, HEIGHT = 32, 64
GREYS = [[grey] * 3 for grey in (20, 128, 230)]
SKIN = [[200, 150, 120], [90, 60, 45], [60, 110, 150], [120, 160, 90], [180, 90, 140]]
SCREEN = np.array(GREYS + SKIN) / 255

# Shares of red and blue in luma: BT.601, BT.709, FCC, SMPTE 240M, BT.2020.
LUMA = {
    "smpte170m": (0.299, 0.114),
    "bt709": (0.2126, 0.0722),
    "fcc": (0.30, 0.11),
    "smpte240m": (0.212, 0.087),
    "bt2020nc": (0.2627, 0.0593),
}
CORNERS = {  # H.273, table 2
    "bt709": "0.64 0.33 0.30 0.60 0.15 0.06 0.3127 0.3290",
    "bt470m": "0.67 0.33 0.21 0.71 0.14 0.08 0.310 0.316",
    "smpte240m": "0.63 0.34 0.31 0.595 0.155 0.07 0.3127 0.3290",
    "film": "0.681 0.319 0.243 0.692 0.145 0.049 0.310 0.316",
    "bt2020": "0.708 0.292 0.170 0.797 0.131 0.046 0.3127 0.3290",
    "smpte431": "0.68 0.32 0.265 0.69 0.15 0.06 0.314 0.351",
    "smpte432": "0.68 0.32 0.265 0.69 0.15 0.06 0.3127 0.3290",
}


def xyz(name: str) -> Numbers:
    x, y = np.array([float(value) for value in CORNERS[name].split()]).reshape(4, 2).T
    whole = np.array([x / y, np.ones(4), (1 - x - y) / y])
    return whole[:, :3] @ np.diag(np.linalg.inv(whole[:, :3]) @ whole[:, 3])


def from_screen(light: Numbers, name: str) -> Numbers:
    """Light of BT.709's primaries as that of others; their white stays white (von Kries in Bradford's cones)."""
    cones = np.array([[0.8951, 0.2664, -0.1614], [-0.7502, 1.7135, 0.0367], [0.0389, -0.0685, 1.0296]])
    source, target = cones @ xyz("bt709"), cones @ xyz(name)
    adapted = (light @ source.T) / source.sum(axis=1) * target.sum(axis=1)
    return adapted @ np.linalg.inv(target).T


def pq(nits: Numbers) -> Numbers:
    """Inverse EOTF, BT.2100 table 4."""
    m1, m2, c1, c2, c3 = 0.1593017578125, 78.84375, 0.8359375, 18.8515625, 18.6875
    power = (nits / 10000) ** m1
    return ((c1 + c2 * power) / (1 + c3 * power)) ** m2


def hlg(scene: Numbers) -> Numbers:
    """OETF, BT.2100 table 5."""
    a, b, c = 0.17883277, 0.28466892, 0.55991073
    return np.where(scene <= 1 / 12, np.sqrt(3 * scene), a * np.log(np.maximum(12 * scene - b, 1e-9)) + c)


def seen_by_a_camera(screen: Numbers) -> Numbers:
    """Inverse of BT.709's OETF."""
    return np.where(screen < 0.081, screen / 4.5, ((screen + 0.099) / 1.099) ** (1 / 0.45))


def video(path: Path, coded: Numbers, marks: dict[str, str], pixels: str = "yuv444p10le", full: bool = False) -> Path:
    """Patches of R'G'B' as a lossless video that declares `marks`."""
    bits = 10 if "10" in pixels else 8
    if marks["colorspace"] == "gbr":
        planes = coded[:, [1, 2, 0]] * (2**bits - 1)
    else:
        red, blue = LUMA[marks["colorspace"]]
        luma = coded @ [red, 1 - red - blue, blue]
        chroma = [(coded[:, 2] - luma) / (2 - 2 * blue), (coded[:, 0] - luma) / (2 - 2 * red)]
        span, foot, swing = (2**bits - 1, 0, 2**bits - 1) if full else (219 * 2 ** (bits - 8), 2 ** (bits - 4), 0)
        swing = swing or 224 * 2 ** (bits - 8)
        planes = np.stack([foot + span * luma, *(2 ** (bits - 1) + swing * plane for plane in chroma)], axis=1)
    wide = np.repeat(np.round(planes).astype("<u2" if bits > 8 else np.uint8), PATCH, axis=0)
    raw = np.broadcast_to(wide.T[:, None], (3, HEIGHT, len(wide))).tobytes() * 2
    marks = marks | {"range": "pc" if full or marks["colorspace"] == "gbr" else "tv"}
    parameters = ":".join(f"{name}={value}" for name, value in marks.items())
    ffmpeg(
        *("-f", "rawvideo", "-pix_fmt", pixels, "-s", f"{len(wide)}x{HEIGHT}", "-r", 25, "-i", "pipe:0"),
        *("-vf", f"setparams={parameters}", "-c:v", "ffv1", path),
        pictures=raw,
    )
    return path


def decode_patches(path: Path, folder: Path, count: int) -> tuple[Numbers, str]:
    """The stored colours of the patches' middles, R, G, B in [0, 255], and what is said of the file."""
    decoded = Decoded(path, folder, quality=2)
    picture = decoded.pictures()[0][HEIGHT // 2, PATCH // 2 :: PATCH, ::-1].astype(float)
    assert picture.shape == (count, 3)
    return picture, " ".join(decoded.row["notes"])


def build_marks(matrix: str, primaries: str, transfer: str) -> dict[str, str]:
    return {"colorspace": matrix, "color_primaries": primaries, "color_trc": transfer}


@pytest.mark.parametrize(
    ("matrix", "primaries", "transfer", "pixels", "full"),
    [
        ("bt2020nc", "bt2020", "bt2020-10", "yuv444p10le", False),
        ("bt2020nc", "bt2020", "bt2020-10", "yuv444p10le", True),
        ("smpte240m", "smpte240m", "smpte240m", "yuv444p", False),
        ("fcc", "bt470m", "bt470m", "yuv444p", False),
        ("bt709", "film", "bt709", "yuv444p", False),
        ("bt709", "smpte432", "bt709", "yuv444p10le", False),
        ("bt709", "smpte432", "iec61966-2-1", "yuv444p10le", False),
        ("bt709", "smpte431", "bt709", "yuv444p10le", False),
        ("smpte170m", "bt2020", "bt709", "yuv444p10le", False),
        ("gbr", "bt2020", "bt709", "gbrp10le", False),
        ("smpte240m", "bt709", "bt709", "yuv444p", True),
        ("bt709", "bt709", "bt709", "yuv444p", False),
        ("bt709", "bt709", "bt709", "yuv444p10le", True),
        ("smpte170m", "smpte170m", "smpte170m", "yuv444p", False),
    ],
)
def test_colours_of_standard_range(
    tmp_path: Path, matrix: str, primaries: str, transfer: str, pixels: str, full: bool
) -> None:
    gamma = 2.2 if transfer == "bt470m" else 2.4
    light = SCREEN**gamma
    if transfer == "iec61966-2-1":
        light = np.where(SCREEN <= 0.04045, SCREEN / 12.92, ((SCREEN + 0.055) / 1.055) ** 2.4)
    other = light if primaries == "smpte170m" else from_screen(light, primaries)
    coded = np.maximum(other, 0) ** (1 / gamma)
    if transfer == "iec61966-2-1":
        coded = np.where(other <= 0.0031308, 12.92 * other, 1.055 * np.maximum(other, 1e-9) ** (1 / 2.4) - 0.055)
    inside = ((coded >= 0) & (coded <= 1)).all(axis=1)
    assert inside.sum() >= 6
    path = video(tmp_path / "a.mkv", coded[inside], build_marks(matrix, primaries, transfer), pixels, full)
    colours, notes = decode_patches(path, tmp_path, int(inside.sum()))
    assert np.abs(colours - SCREEN[inside] * 255).max() <= 3
    ordinary = {matrix, primaries, transfer} <= {"bt709", "smpte170m"}
    assert ("converted from" in notes) != ordinary


@pytest.mark.parametrize("transfer", ["smpte2084", "arib-std-b67"])
def test_colours_of_high_range_up_to_the_reference_white(tmp_path: Path, transfer: str) -> None:
    screen = np.concatenate([SCREEN, [[1, 1, 1]]])
    if transfer == "smpte2084":
        coded = pq(203 * from_screen(screen**2.4, "bt2020"))
    else:
        white = (np.exp((0.75 - 0.55991073) / 0.17883277) + 0.28466892) / 12
        coded = hlg(white * from_screen(seen_by_a_camera(screen), "bt2020"))
    colours, notes = decode_patches(
        video(tmp_path / "a.mkv", coded, build_marks("bt2020nc", "bt2020", transfer)), tmp_path, 9
    )
    assert np.abs(colours - screen * 255).max() <= 3
    assert f"converted from bt2020nc, bt2020, {transfer} to those of an ordinary screen" in notes


@pytest.mark.parametrize("times", [2, 10])
def test_a_highlight_keeps_its_hue(tmp_path: Path, times: float) -> None:
    """A lamp many times as bright as white: the largest channel is full, the others stay in their proportion to it."""
    lamps = np.array([[1.0, 0.5, 0.2], [0.3, 0.6, 1.0], [1.0, 0.9, 0.8], [0.4, 1.0, 0.4]])
    coded = pq(203 * times * from_screen(lamps, "bt2020"))
    colours, _ = decode_patches(
        video(tmp_path / "a.mkv", coded, build_marks("bt2020nc", "bt2020", "smpte2084")), tmp_path, 4
    )
    assert np.abs(colours - 255 * lamps ** (1 / 2.4)).max() <= 4


def test_a_colour_that_no_screen_shows_becomes_a_paler_one_of_its_hue(tmp_path: Path) -> None:
    pure = np.array([[0.6, 0, 0], [0, 0.6, 0], [0, 0, 0.6]])
    colours, _ = decode_patches(
        video(tmp_path / "a.mkv", pure, build_marks("bt2020nc", "bt2020", "smpte2084")), tmp_path, 3
    )
    assert colours.argmax(axis=1).tolist() == [0, 1, 2]
    assert (np.sort(colours, axis=1)[:, 0] <= 3).all(), "the gamut's edge"
    assert (np.sort(colours, axis=1)[:, 1] < 200).all()


def test_the_cases_of_one_colour(cases: Path, tmp_path: Path) -> None:
    colours = {}
    for name in ("sdr", "hdr_pq", "hdr_hlg"):
        (tmp_path / name).mkdir()
        colours[name] = Decoded(cases / f"{name}.mp4", tmp_path / name).pictures()[0].reshape(-1, 3).mean(axis=0)
    assert np.abs(colours["sdr"][::-1] - [200, 150, 120]).max() <= 2
    for name in ("hdr_pq", "hdr_hlg"):
        assert np.abs(colours[name] - colours["sdr"]).max() <= 6, name


@pytest.mark.parametrize("package", ["0.6.0", "0.8.1"])
@pytest.mark.parametrize("marks", [("bt709",) * 3, ("smpte170m",) * 3, ("bt2020nc", "bt2020", "smpte2084")])
def test_another_version_stores_the_same_colours(tmp_path: Path, package: str, marks: tuple[str, str, str]) -> None:
    """But for rounding: a step of chroma is one of 2 in blue."""
    path = video(tmp_path / "a.mkv", SCREEN * 0.5, build_marks(*marks))
    usual, other = Decoded(path, tmp_path / "usual"), Decoded(path, tmp_path / "other", ffmpeg=binary(package))
    assert np.abs(usual.pictures()[0].astype(int) - other.pictures()[0]).max() <= 2


def test_the_matrix_is_that_of_bt_2087() -> None:
    ours = np.linalg.inv(primaries_matrix("bt2020"))
    expected = [[0.6274, 0.3293, 0.0433], [0.0691, 0.9195, 0.0114], [0.0164, 0.0880, 0.8956]]
    np.testing.assert_allclose(ours, expected, atol=1e-4)


@pytest.mark.parametrize("colour", [Colour(), Colour("smpte170m", "smpte170m", "smpte170m", False, "yuv420p")])
def test_what_says_nothing_or_bt_601_is_scaled_alone(colour: Colour) -> None:
    assert colour_filters(colour) == []
    assert colour_notes(colour) == []


def test_marks_that_are_not_known_are_said() -> None:
    odd = Colour("ictcp", "smpte428", "linear", False, "yuv420p10le")
    assert colour_notes(odd) == [
        "colours marked ictcp, smpte428, linear are not known, and were taken for ordinary ones"
    ]
    assert colour_filters(odd) == []
