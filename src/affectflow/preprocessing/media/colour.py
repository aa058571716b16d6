"""The colours that a video declares."""

from dataclasses import dataclass
from typing import Any

# Code points of ITU-T H.273, tables 2 to 4, by ffmpeg's names. 2 stands for "unspecified".
_MATRICES = {
    0: "gbr",
    1: "bt709",
    4: "fcc",
    5: "bt470bg",
    6: "smpte170m",
    7: "smpte240m",
    8: "ycgco",
    9: "bt2020nc",
    10: "bt2020c",
    12: "chroma-derived-nc",
    13: "chroma-derived-c",
    14: "ictcp",
}
_PRIMARIES = {
    1: "bt709",
    4: "bt470m",
    5: "bt470bg",
    6: "smpte170m",
    7: "smpte240m",
    8: "film",
    9: "bt2020",
    10: "smpte428",
    11: "smpte431",
    12: "smpte432",
    22: "ebu3213",
}
_TRANSFERS = {
    1: "bt709",
    4: "gamma22",
    5: "gamma28",
    6: "smpte170m",
    7: "smpte240m",
    8: "linear",
    11: "iec61966-2-4",
    12: "bt1361e",
    13: "iec61966-2-1",
    14: "bt2020-10",
    15: "bt2020-12",
    16: "smpte2084",
    17: "smpte428",
    18: "arib-std-b67",
}


@dataclass(frozen=True)
class Colour:
    """How the numbers of a picture stand for colours, in ffmpeg's names; None where the file does not say."""

    matrix: str | None = None
    primaries: str | None = None
    transfer: str | None = None
    full_range: bool | None = None
    pixel_format: str | None = None
    """ffmpeg's name, such as "yuv420p10le"."""


def colour_of(frame: Any) -> Colour:
    """The colours of a decoded frame, an `av.VideoFrame`."""
    return Colour(
        matrix=_MATRICES.get(int(frame.colorspace)),
        primaries=_PRIMARIES.get(int(frame.color_primaries)),
        transfer=_TRANSFERS.get(int(frame.color_trc)),
        full_range={1: False, 2: True}.get(int(frame.color_range)),
        pixel_format=frame.format.name,
    )
