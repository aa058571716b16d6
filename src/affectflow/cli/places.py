"""Files and folders as people name them on a command line, and what they name that is neither."""

import os
import re
from collections.abc import Iterable
from pathlib import Path

from affectflow.artifacts.job import relative
from affectflow.artifacts.record import record_path
from affectflow.core.errors import InputError

_ADDRESS = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*://")
_DASHED_FILE = re.compile(r"-[^=]*\.[A-Za-z][A-Za-z0-9+]{0,4}")
_CAMERA = re.compile(r"[0-9]+|/dev/video[0-9]+")


def checked_place(text: str) -> Path:
    """A file or folder as it was named.

    Raises:
        InputError: an address, or a camera; says what to do.
    """
    if _ADDRESS.match(text):
        raise InputError(
            f"{text}: is an address, and only files and folders here are scored; download or record it first (for "
            "example with `curl -O`, or `ffmpeg -i ADDRESS -t 60 FILE.mkv`), then name the file"
        )
    if _CAMERA.fullmatch(text) and not Path(text).is_file() and not Path(text).is_dir():
        raise InputError(
            f"{text}: no file or folder of this name here; if a camera is meant: only recordings are scored. Record "
            "first (for example with `ffmpeg -f v4l2 -i /dev/video0 -t 60 FILE.mkv`), then name the file"
        )
    return Path(text)


def dashed(words: Iterable[str]) -> str | None:
    """What to do about a word that looks like an option and is a file or folder; None where there is none."""
    for word in words:
        if word == "--":
            return None
        if _DASHED_FILE.fullmatch(word) or (word.startswith("-") and Path(word).is_dir()):
            return f"{word}: looks like an option; to name a file or folder write ./{word}, or put it behind --"
    return None


def artifact_name(path: Path) -> str:
    """A file or folder of the project as records spell it, also where the project's folder was reached by a link."""
    name, folder = relative(path), Path.cwd()
    if Path(name).is_absolute():
        resolved = Path(os.path.realpath(path.parent)) / path.name
        if resolved.is_relative_to(folder.resolve()):
            return resolved.relative_to(folder.resolve()).as_posix()
    return name


def check_replaceable(option: str, path: Path, begins: str) -> None:
    """Check that a file which a command is asked to write takes the place of nothing but an earlier one of its kind.

    Args:
        option: by which it was named.
        path: the file, which need not be there.
        begins: pattern of the text that files of its kind begin with.

    Raises:
        InputError: it would take the place of something else.
    """
    if not os.path.lexists(path):
        return
    if path.is_dir():
        raise InputError(f"{option} {path}: is a folder; name a file")
    if record_path(path).exists():
        raise InputError(f"{option} {path}: a job of the workflow made what is there; name another file")
    with path.open("rb") as stream:
        if not re.match(begins.encode(), stream.read(256)):
            raise InputError(f"{option} {path}: is there, and nothing that this command made; name another file")
