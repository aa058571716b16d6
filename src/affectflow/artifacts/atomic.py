"""Write a file or folder whole or not at all, with its record."""

import errno
import hashlib
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from affectflow.artifacts.job import current
from affectflow.artifacts.record import record_path, record_text
from affectflow.core.errors import InputError

_LONG = 100
"""Bytes of a file's name from which on its temporary name does not repeat it."""


@contextmanager
def atomic_path(path: Path, recorded: bool = True) -> Iterator[Path]:
    """Yield a temporary path in the same folder; rename it to `path` when the block ends well.

    The file is synced to disk before the rename, so that no crash leaves a short file under the
    final name. When the block fails, the temporary file is removed and `path` stays as it was.
    Within a job the file's record is renamed first: no artifact is ever seen without its record.

    Args:
        path: the file to write.
        recorded: whether it is an artifact; not, for what a job keeps for itself or moves later.

    Raises:
        InputError: the disk is full.
    """
    path = Path(path)
    with scratch_path(path) as temporary:
        yield temporary
        _sync(temporary)
        _place(temporary, path, recorded)


@contextmanager
def scratch_path(path: Path) -> Iterator[Path]:
    """Yield a temporary path in the folder of `path`; what lies there is removed when the block ends.

    Raises:
        InputError: the disk is full.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = _temporary(path)
    try:
        with explain_full_disk(path):
            yield temporary
    finally:
        temporary.unlink(missing_ok=True)


@contextmanager
def atomic_folder(path: Path) -> Iterator[Path]:
    """Yield a temporary folder; rename it to `path` when the block ends well, in place of an older one."""
    temporary = _temporary(path)
    try:
        with explain_full_disk(path):
            temporary.mkdir(parents=True)
            yield temporary
            move_into_place(temporary, path)
    finally:
        shutil.rmtree(temporary, ignore_errors=True)


def move_into_place(complete: Path, path: Path) -> None:
    """Rename a file or folder that lies complete elsewhere on the same disk to `path`, in place of an older one."""
    path.parent.mkdir(parents=True, exist_ok=True)
    if path.is_dir():
        shutil.rmtree(path)
    _place(complete, path, recorded=True)


def write_text(path: Path, text: str, recorded: bool = True) -> None:
    """Write `text` to `path` in UTF-8 with newlines as given, atomically."""
    with atomic_path(path, recorded) as temporary:
        temporary.write_text(text, encoding="utf-8", newline="")


def _temporary(path: Path) -> Path:
    # A name of any legal length has a temporary one that is legal, too: a long one is replaced by its digest.
    stem = path.stem if len(os.fsencode(path.name)) <= _LONG else hashlib.sha256(os.fsencode(path.name)).hexdigest()
    # The suffix stays last: writers such as ffmpeg choose the format by it.
    return path.with_name(f".{stem}.{os.getpid()}.tmp{path.suffix[:_LONG]}")


def _sync(path: Path) -> None:
    with path.open("rb+") as stream:
        os.fsync(stream.fileno())


def _place(temporary: Path, path: Path, recorded: bool) -> None:
    job = current() if recorded else None
    if job is None:
        temporary.replace(path)
        return
    record = job.record(temporary, path)
    temporary_record = _temporary(record_path(path))
    try:
        temporary_record.write_text(record_text(record), encoding="utf-8")
        _sync(temporary_record)
        temporary_record.replace(record_path(path))
    finally:
        temporary_record.unlink(missing_ok=True)
    temporary.replace(path)
    job.enter(record)


@contextmanager
def explain_full_disk(path: Path) -> Iterator[None]:
    """Say in words that there was no room for `path`.

    Raises:
        InputError: the disk is full.
    """
    try:
        yield
    except OSError as error:
        if error.errno in (errno.ENOSPC, errno.EDQUOT):
            raise InputError(
                f"{path}: the disk is full ({error.strerror}); nothing was left behind. Free space and run again."
            ) from error
        raise
