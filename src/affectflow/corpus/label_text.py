"""The text of a label file."""

from pathlib import Path

from affectflow.errors import InputError


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
