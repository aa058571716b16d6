"""Which ffmpeg program is used, and how it is run and listened to."""

import os
import shutil
import subprocess
import sys
from collections import deque
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from importlib.util import find_spec
from pathlib import Path
from typing import IO

from affectflow.core.errors import InputError

# Every line of the log bears its level, and none is folded into "repeated n times".
QUIET = ("-hide_banner", "-nostdin", "-nostats", "-loglevel", "repeat+level+warning")
_ERRORS = ("[error]", "[fatal]", "[panic]")


def ffmpeg_binary(choice: str = "packaged") -> str:
    """Path of the ffmpeg that a setting names (`decode.ffmpeg`); what it can do tells
    `affectflow.preprocessing.media.trial`.

    Args:
        choice: "packaged", the one that the package `imageio-ffmpeg` carries; "path", the one on the PATH; or a file.

    Raises:
        InputError: there is none.
    """
    if choice == "packaged":
        return _packaged_binary()
    if choice != "path":
        if not os.access(choice, os.X_OK):
            raise InputError(f"decode.ffmpeg: {choice}: no such program; expected packaged, path or a file")
        return choice
    if program := shutil.which("ffmpeg"):
        return program
    raise InputError("decode.ffmpeg is path, and there is no ffmpeg on the PATH; install one, or set it to packaged")


def _packaged_binary() -> str:
    # Not by the package's own function, which prefers what an environment variable names.
    spec = find_spec("imageio_ffmpeg")
    folders = spec.submodule_search_locations if spec else None
    binaries = [str(file) for folder in folders or () for file in sorted((Path(folder) / "binaries").glob("ffmpeg-*"))]
    if not binaries:
        raise InputError(
            "the package imageio-ffmpeg has no ffmpeg for this machine; install it (make install), or set "
            "decode.ffmpeg to path or to a file"
        )
    return binaries[0]


def environment() -> dict[str, str]:
    """The environment in which ffmpeg runs.

    A static build crashes when it loads the system's character set modules, as it does for every MPEG
    transport stream; with a path that holds none it keeps the text as it is.
    """
    return os.environ | {"GCONV_PATH": os.devnull}


@dataclass
class Log:
    """What ffmpeg said about `name`: `errors` counts its errors, `corrupt` the frames that were decoded with some;
    `last` holds the latest errors."""

    name: str
    errors: int = 0
    corrupt: int = 0
    last: deque[str] = field(default_factory=lambda: deque(maxlen=3))

    def listen(self, stream: IO[bytes]) -> None:
        """Read the log to its end, passing what matters on to standard error."""
        for raw in stream:
            line = raw.decode("utf-8", "replace").rstrip()
            if any(level in line for level in _ERRORS):
                self.last.append(line)
            elif "corrupt" not in line:
                continue
            self.errors += 1
            self.corrupt += "corrupt decoded frame" in line
            print(f"{self.name}: {line}", file=sys.stderr)


@contextmanager
def running(
    command: Sequence[str], log: Log, pass_fds: Sequence[int] = (), stdin: bool = False
) -> Iterator[subprocess.Popen[bytes]]:
    """Run ffmpeg for the length of the block, with its standard output (and input, if asked for) as a pipe.

    The descriptors `pass_fds` are handed to ffmpeg and closed here. At the block's end ffmpeg has ended:
    by itself where the block ended well, killed otherwise. `log` is complete then.
    """
    try:
        process = subprocess.Popen(
            command,
            stdin=subprocess.PIPE if stdin else subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            pass_fds=pass_fds,
            env=environment(),
        )
    finally:
        for descriptor in pass_fds:
            os.close(descriptor)
    assert process.stdout and process.stderr
    with ThreadPoolExecutor(1) as listener:
        listening = listener.submit(log.listen, process.stderr)
        try:
            yield process
        except BaseException:
            process.kill()
            raise
        finally:
            if process.stdin:
                with suppress(BrokenPipeError):  # ffmpeg ended first: its status says why
                    process.stdin.close()
            process.stdout.close()
            process.wait()
            listening.result()
            process.stderr.close()
