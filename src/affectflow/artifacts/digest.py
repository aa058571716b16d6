"""SHA-256 of files and folders, computed once while size and time of change stay the same."""

import hashlib
import os
from collections.abc import Callable, Iterator
from functools import lru_cache
from pathlib import Path


def file_digest(path: Path) -> str:
    """SHA-256 of a file's bytes, in hexadecimal; a second call in this process re-reads only a changed file."""
    status = path.stat()
    return _digest(path, (status.st_size, status.st_mtime_ns, status.st_ctime_ns, status.st_ino))


@lru_cache(maxsize=4096)
def _digest(path: Path, identity: tuple[int, ...]) -> str:
    return read_digest(path)


def read_digest(path: Path) -> str:
    """SHA-256 of a file's bytes, read now whatever its size and time say."""
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def folder_digests(path: Path, digest: Callable[[Path], str] = file_digest) -> dict[str, str]:
    """SHA-256 of every file below a folder, by its path within the folder, in the order of those paths."""
    return {name: digest(path / name) for name in sorted(file.relative_to(path).as_posix() for file in files_of(path))}


def files_of(path: Path) -> Iterator[Path]:
    """Every file below a folder, but the one by which Snakemake remembers when it was made."""
    return (file for file in walk_files(path) if file.is_file() and file.name != ".snakemake_timestamp")


def walk_files(path: Path) -> Iterator[Path]:
    """Everything below a folder that is no folder, also where a folder is a link, to another disk for example; a link
    to a folder that it lies in is passed over."""
    return map(Path, _walk(str(path), (os.path.realpath(path),)))


def _walk(path: str, ancestors: tuple[str, ...]) -> Iterator[str]:
    """`ancestors`: resolved paths of the folder itself, and of those above it at which a link was followed."""
    with os.scandir(path) as entries:
        for entry in entries:
            if not entry.is_dir():
                yield entry.path
            elif not entry.is_symlink():
                yield from _walk(entry.path, (*ancestors[:-1], os.path.join(ancestors[-1], entry.name)))  # noqa: PTH118
            else:
                target = os.path.realpath(entry.path)
                if not any(f"{place}{os.sep}".startswith(f"{target.rstrip(os.sep)}{os.sep}") for place in ancestors):
                    yield from _walk(entry.path, (*ancestors, target))


def path_digest(path: Path, digest: Callable[[Path], str] = file_digest) -> str:
    """SHA-256 of a file, or the one digest of a folder."""
    return digest_of(folder_digests(path, digest)) if path.is_dir() else digest(path)


def digest_of(names: dict[str, str]) -> str:
    """One digest for a folder: SHA-256 of a line `<digest>  <path>` for each of its files, as `sha256sum` prints."""
    return hashlib.sha256("".join(f"{digest}  {name}\n" for name, digest in names.items()).encode()).hexdigest()
