"""Whether an ffmpeg can do what is asked of it: tried once a process, on a moment of a test picture and a tone."""

import subprocess
import tempfile
from collections.abc import Sequence
from contextlib import ExitStack
from functools import cache
from io import BytesIO
from pathlib import Path

import av
import ffmpeg
import numpy as np

from affectflow.core.errors import InputError
from affectflow.preprocessing.media.clock import clock_filters
from affectflow.preprocessing.media.command import Pipes, Program, Stream, decode_command
from affectflow.preprocessing.media.encode import MonoSound, encode
from affectflow.preprocessing.media.ffmpeg import environment, ffmpeg_binary
from affectflow.preprocessing.media.identity import program_digest
from affectflow.preprocessing.media.listed import read_listed

_RATE, _FRAMES, _HERTZ = 10, 3, 44_100
_SAMPLES = _HERTZ * _FRAMES // _RATE
_JPEG = b"\xff\xd8"
_PICTURES = f"testsrc=size=64x48:rate={_RATE}:duration={_FRAMES / _RATE},format=yuv420p[out0]"
_TONE = f"sine=frequency=440:sample_rate={_HERTZ}:duration={_FRAMES / _RATE}[out1]"
_TICKS = ("demux", "-1")
_FIX = "set decode.ffmpeg to packaged, or to an ffmpeg of version 5.1 or later with the encoders mjpeg, libx264 and aac"


class _FaultError(Exception):
    """What an ffmpeg cannot do."""


@cache
def usable(choice: str, notes: Path | None = None) -> Program:
    """The ffmpeg that a setting names, after a trial of all that decoding asks of it.

    Args:
        choice: "packaged", "path" or a file (`decode.ffmpeg`).
        notes: folder of what is noted of programs (`affectflow.preprocessing.media.identity`).

    Raises:
        InputError: there is none, or it cannot do what is needed; names it, its version, what failed and what to do.
    """
    binary = ffmpeg_binary(choice)
    version = _version(binary)
    faults = []
    for ticks in _TICKS:
        program = Program(binary, version, ticks, program_digest(Path(binary), notes))
        try:
            _decode(program)
        except _FaultError as fault:
            faults.append(fault)
        else:
            return program
    raise InputError(f"{binary} ({version}) cannot decode as is needed ({faults[0]}); {_FIX}")


@cache
def encoder(choice: str) -> str:
    """Its path, after a trial of writing a video, too.

    Raises:
        InputError: as of `usable`.
    """
    program = usable(choice)
    try:
        _encode(program, _decode(program))
    except _FaultError as fault:
        raise InputError(f"{program.binary} ({program.version}) cannot write videos ({fault}); {_FIX}") from fault
    return program.binary


def expect_program(program: Program, expected: str) -> None:
    """Refuse an ffmpeg that is not the one that the run was planned with.

    Args:
        program: the one here.
        expected: identity of that one.

    Raises:
        InputError: it is another one.
    """
    if program.identity != expected:
        raise InputError(f"{program.binary}: {program.identity}, expected {expected}; install that one everywhere")


def _version(binary: str) -> str:
    try:
        completed = subprocess.run([binary, "-version"], capture_output=True, env=environment(), check=False)
    except OSError as error:
        raise InputError(f"{binary}: cannot be run ({error.strerror}); {_FIX}") from error
    return " ".join(completed.stdout.decode("utf-8", "replace").split()[:3]) or "no version"


def _decode(program: Program) -> list[bytes]:
    """The pictures of a moment, by the command that decodes videos."""
    colours = ("format=yuv420p", "colormatrix=bt709:bt601", "format=yuvj420p")
    picture_stream = Stream(
        0, ("scale=32:24:flags=bicubic+accurate_rnd+bitexact", *colours, *clock_filters("setpts", [1.0]))
    )
    sound_stream = Stream(1, (*clock_filters("asetpts", [1.0]), f"aresample={_HERTZ}", "aformat=sample_fmts=s16"))
    media = ffmpeg.input(f"{_PICTURES};{_TONE}", f="lavfi", **{"reinit_filter:v": 0})
    with tempfile.TemporaryDirectory() as folder:
        files = [Path(folder) / name for name in Pipes._fields]
        with ExitStack() as stack:
            pipes = Pipes(*(stack.enter_context(file.open("wb")).fileno() for file in files))
            command = decode_command(program, media, picture_stream, sound_stream, 3, pipes)
            completed = subprocess.run(command, capture_output=True, pass_fds=pipes, env=environment(), check=False)
        if completed.returncode != 0:
            raise _FaultError(_first_error(completed.stderr))
        with files[0].open("rb") as index, files[1].open("rb") as times, files[2].open("rb") as sound:
            pictures, blocks = list(read_listed(index, BytesIO(completed.stdout))), list(read_listed(times, sound))
    seconds = [round(time, 6) for time, jpeg in pictures if jpeg.startswith(_JPEG)]
    if seconds != [frame / _RATE for frame in range(_FRAMES)]:
        raise _FaultError(f"{_FRAMES} pictures at {_RATE} a second came back with the times {seconds}")
    if (samples := sum(len(block) // 2 for _, block in blocks)) != _SAMPLES:
        raise _FaultError(f"{_SAMPLES} samples of sound came back as {samples}")
    return [jpeg for _, jpeg in pictures]


def _encode(program: Program, pictures: Sequence[bytes]) -> None:
    """Write them with uneven times, by the command that writes videos, and look at what was written."""
    sound = MonoSound(_HERTZ, 0.5, [np.zeros(_SAMPLES, np.int16)])
    with tempfile.TemporaryDirectory() as folder:
        out = Path(folder) / "trial.mp4"
        timed = zip((0.5, 0.7, 0.8), pictures, strict=True)
        if message := encode(program.binary, timed, (32, 24), sound, out, {}):
            raise _FaultError(message)
        with av.open(str(out)) as container:
            steps = np.diff([frame.time for frame in container.decode(video=0)]).round(6).tolist()
    if steps != [0.2, 0.1]:
        raise _FaultError(f"pictures 0.2 s and 0.1 s apart came back {steps} s apart")


def _first_error(log: bytes) -> str:
    lines = [line for line in log.decode("utf-8", "replace").splitlines() if "[error]" in line or "[fatal]" in line]
    return lines[0].partition("[error] ")[2] or lines[0] if lines else "it said nothing"
