"""Small media files for tests, made by ffmpeg. Every frame shows its own number, so that none can be mistaken."""

import subprocess
from collections.abc import Sequence
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from affectflow.artifacts.schemas import FRAMES, SOUND, VIDEOS
from affectflow.artifacts.tables import read_arrow, read_parquet
from affectflow.config.data.preprocessing import Decode
from affectflow.datasets.video.shard import Video
from affectflow.preprocessing.media.decode import DecodeOutputs, decode_shard
from affectflow.preprocessing.media.ffmpeg import environment, ffmpeg_binary

_BITS = 8


def ffmpeg(*arguments: object, pictures: bytes | None = None) -> None:
    """Run ffmpeg, with raw pictures on its standard input where given."""
    command = [ffmpeg_binary(), "-hide_banner", "-loglevel", "error", "-y", *map(str, arguments)]
    subprocess.run(command, input=pictures or b"", check=True, env=environment())


def numbered_pictures(count: int, width: int = 160, height: int = 120) -> bytes:
    """Raw grey pictures with the frame's number as eight bright or dark upright stripes."""
    bits = (np.arange(count)[:, None] >> np.arange(_BITS)) & 1
    stripes = np.repeat(bits * 200 + 28, width // _BITS, axis=1).astype(np.uint8)
    return np.broadcast_to(stripes[:, None], (count, height, width)).tobytes()


def number(picture: NDArray[np.uint8]) -> int:
    """The number that a picture of `numbered` shows."""
    stripes = picture[picture.shape[0] // 2, :, 1].reshape(_BITS, -1).mean(axis=1) > 128
    return int((stripes << np.arange(_BITS)).sum())


def clip(
    path: Path,
    *options: object,
    count: int = 50,
    rate: float = 25,
    size: tuple[int, int] = (160, 120),
    sound: str | None = None,
    sound_offset: float = 0,
    codec: str = "libx264",
) -> Path:
    """A video of numbered frames; `sound` is a lavfi source, `options` go to the output."""
    arguments: list[object] = ["-f", "rawvideo", "-pix_fmt", "gray", "-s", f"{size[0]}x{size[1]}"]
    arguments += ["-r", rate, "-i", "pipe:0"]
    if sound:
        arguments += ["-itsoffset", sound_offset, "-f", "lavfi", "-i", sound]
    arguments += ["-pix_fmt", "yuv420p", "-c:v", codec, "-fps_mode", "passthrough", "-enc_time_base", "1:1000"]
    ffmpeg(*arguments, *options, path, pictures=numbered_pictures(count, *size))
    return path


class Decoded:
    """What `decode_shard` stored for one video."""

    def __init__(self, path: Path, folder: Path, **settings: object) -> None:
        self.out = DecodeOutputs(folder / "videos.parquet", folder / "frames.arrow", folder / "sound.arrow")
        decode_shard([Video("clip", path)], Decode(**settings), self.out)  # type: ignore[arg-type]
        self.row = read_parquet(self.out.videos, VIDEOS).to_pylist()[0]
        self.frames = read_arrow(self.out.frames, FRAMES)
        self.times = np.array(self.frames["time"])

    def pictures(self) -> Sequence[NDArray[np.uint8]]:
        return [cv2.imdecode(np.frombuffer(j.as_py(), np.uint8), cv2.IMREAD_COLOR) for j in self.frames["jpeg"]]

    def numbers(self) -> list[int]:
        return [number(picture) for picture in self.pictures()]

    def samples(self) -> NDArray[np.int16]:
        blocks = [block.values.to_numpy() for block in read_arrow(self.out.sound, SOUND)["samples"]]
        return np.concatenate([np.zeros(0, np.int16), *blocks])

    def sound_interval(self) -> tuple[float, float]:
        """Time in seconds of the first and the last loud sample."""
        loud = np.flatnonzero(np.abs(self.samples().astype(int)) > 500)
        row = read_arrow(self.out.sound, SOUND).slice(0, 1).to_pylist()[0]
        return row["start"] + loud[0] / row["sample_rate"], row["start"] + loud[-1] / row["sample_rate"]

    def flash_time(self) -> float:
        """Time in seconds of the first bright picture."""
        return float(self.times[[picture.mean() > 100 for picture in self.pictures()].index(True)])
