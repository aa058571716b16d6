"""Files of JSON lines that several processes add to: each call's lines whole, read tolerantly."""

import json
import os
import platform
import sys
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

from affectflow.core.errors import InputError


def append_lines(folder: Path, kind: str, lines: Iterable[Mapping[str, Any]]) -> None:
    """Add lines to `<kind>-<host>.jsonl` by one write, also when several processes of a machine write at once.

    Each machine has a file of its own: not every shared file system appends whole lines from several.

    Raises:
        InputError: not all could be written; the disk is full.
    """
    text = "".join(json.dumps(line, ensure_ascii=False) + "\n" for line in lines).encode()
    if not text:
        return
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{kind}-{platform.node()}.jsonl"
    handle = os.open(path, os.O_RDWR | os.O_CREAT | os.O_APPEND, 0o666)
    try:
        size = os.fstat(handle).st_size
        # What a power cut has left of a line must not take the next one with it.
        torn = size > 0 and os.pread(handle, 1, size - 1) != b"\n"
        whole = b"\n" + text if torn else text
        written = os.write(handle, whole)
    finally:
        os.close(handle)
    if written != len(whole):
        raise InputError(f"{path}: {written} of {len(whole)} bytes were written; free space on the disk and run again")


def read_lines(folder: Path, kind: str) -> Iterator[dict[str, Any]]:
    """Every line of every machine's file, in order; one that is no JSON object is passed over, and said."""
    for path in sorted(folder.glob(f"{kind}-*.jsonl")):
        lines = path.read_bytes().splitlines()
        try:
            # All by one call where all are whole: a start reads tens of thousands.
            yield from json.loads(b"[" + b",".join(lines) + b"]")
        except ValueError:
            yield from _parse_lines(path, lines)


def _parse_lines(path: Path, lines: list[bytes]) -> Iterator[dict[str, Any]]:
    for number, line in enumerate(lines, start=1):
        try:
            values = json.loads(line)
        except ValueError:
            values = None
        if isinstance(values, dict):
            yield values
        elif line.strip():
            print(
                f"warning: {path}, line {number}: torn, as a crash leaves it, and passed over "
                f"({line[:40].decode(errors='replace')}…); delete the line to be rid of this warning",
                file=sys.stderr,
            )
