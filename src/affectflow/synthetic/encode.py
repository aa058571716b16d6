"""Frames and sound to an mp4 file (h264 and AAC) with the same bytes every time."""

import subprocess
import tempfile
import wave
from collections.abc import Iterable
from pathlib import Path

import ffmpeg
import numpy as np
from numpy.typing import NDArray

from affectflow.artifacts.atomic import atomic_path
from affectflow.core.errors import InputError
from affectflow.datasets.video.demo_clips import CLOCK
from affectflow.preprocessing.media.ffmpeg import ffmpeg_binary
from affectflow.synthetic.voice import RATE


def encode(
    path: Path,
    frames: Iterable[NDArray[np.uint8]],
    size: tuple[int, int],
    rate: int,
    sound: NDArray[np.float64] | None,
    ticks: str | None = None,
    program: str = "packaged",
) -> None:
    """Write `path`.

    Args:
        frames: pictures (height, width, 3), RGB.
        size: width and height in pixels.
        rate: frames a second.
        sound: mono samples at `voice.RATE`, within -1 to 1; none for a file without a sound track.
        ticks: presentation time of frame N in units of 1 / CLOCK s, as an expression of ffmpeg's `setpts`;
            N / rate where not given.
        program: which ffmpeg encodes (`decode.ffmpeg`).

    Raises:
        InputError: ffmpeg fails or the disk is full.
    """
    video = ffmpeg.input("pipe:0", format="rawvideo", pix_fmt="rgb24", s=f"{size[0]}x{size[1]}", framerate=rate)
    if ticks is not None:
        video = video.filter("settb", f"1/{CLOCK}").filter("setpts", ticks)
    with atomic_path(path) as temporary, tempfile.TemporaryDirectory() as folder:
        streams = [video]
        if sound is not None:
            streams.append(ffmpeg.input(str(_wave(Path(folder) / "voice.wav", sound))))
        # bitexact leaves out whatever differs between runs and encoder versions; more threads would let x264
        # decide otherwise on another machine.
        job = ffmpeg.output(
            *streams,
            str(temporary),
            **{"c:v": "libx264", "c:a": "aac", "b:a": "96k", "flags:v": "+bitexact", "flags:a": "+bitexact"},
            preset="superfast",
            crf=22,
            g=2 * rate,
            pix_fmt="yuv420p",
            threads=1,
            fflags="+bitexact",
            map_metadata=-1,
            # Without these two ffmpeg would move or repeat frames for the sake of an even rate.
            fps_mode="passthrough",
            enc_time_base=f"1:{CLOCK}",
            video_track_timescale=CLOCK,
        ).global_args("-loglevel", "error", "-nostdin")
        _feed(job.overwrite_output().compile(cmd=ffmpeg_binary(program)), frames, path)


def _feed(command: list[str], frames: Iterable[NDArray[np.uint8]], path: Path) -> None:
    """Run ffmpeg on `frames`."""
    with (
        tempfile.TemporaryFile() as errors,
        subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, stderr=errors) as process,
    ):
        assert process.stdin is not None
        try:
            for frame in frames:
                process.stdin.write(np.ascontiguousarray(frame).data)
            process.stdin.close()
        except BrokenPipeError:
            pass  # ffmpeg has given up; its status and words, below, say why
        except BaseException:
            process.kill()
            raise
        if process.wait() != 0:
            errors.seek(0)
            message = errors.read().decode(errors="replace").strip()
            raise InputError(f"{path}: ffmpeg could not write this video: {message or f'status {process.returncode}'}")


def _wave(path: Path, sound: NDArray[np.float64]) -> Path:
    """Write samples as a 16-bit mono WAV file."""
    with wave.open(str(path), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(RATE)
        file.writeframes(np.round(np.clip(sound, -1, 1) * 32767).astype("<i2").tobytes())
    return path
