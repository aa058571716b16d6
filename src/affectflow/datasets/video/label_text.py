"""The text of a label file."""

from pathlib import Path

from affectflow.core.errors import InputError


def read_text(path: Path) -> str:
    """What a label file holds, without byte order mark, lines ending as on Unix.

    Raises:
        InputError: there is no such file, or it is not UTF-8 text; names the line.
    """
    try:
        return path.read_bytes().decode("utf-8-sig").replace("\r\n", "\n")
    except FileNotFoundError as error:
        raise InputError(f"{path}: no such label file") from error
    except UnicodeDecodeError as error:
        line = error.object.count(b"\n", 0, error.start) + 1
        raise InputError(
            f"{path}, line {line}: byte 0x{error.object[error.start]:02x} is not UTF-8 text; save it as UTF-8"
        ) from error


def read_header(path: Path) -> str:
    """The first line of a label file, as `read_text`; bytes that are no text are replaced."""
    with path.open("rb") as stream:
        return stream.readline().decode("utf-8-sig", errors="replace").rstrip("\r\n")


def read_lines(path: Path) -> list[tuple[int, str]]:
    """The lines of a label file without header, with their numbers from 1; empty ones only at the end are left out.

    Raises:
        InputError: as `read_text`, or the file is empty.
    """
    text = read_text(path).rstrip("\n ")
    if not text:
        raise InputError(f"{path}: is empty, expected one line a frame")
    return list(enumerate(text.split("\n"), start=1))
