"""The folder of results: tested before any work, and no file in it written over that is not a result of ours."""

import errno
import os
import tempfile
from collections.abc import Collection
from contextlib import suppress
from pathlib import Path

from affectflow.artifacts.layout import WRITTEN
from affectflow.artifacts.record import read_record, record_path
from affectflow.core.errors import InputError
from affectflow.core.project import OWN, is_project

VIDEO_RULE, SUMMARY_RULE = "predict_video", "predict_summary"
"""What records of the results of one video, and of all of them, name as what made these."""

_PROBE_BYTES = 65536


def check_elsewhere(out: Path, project: Path, corpus: Path | None) -> None:
    """Check that results lie apart from what a workflow makes and reads, which they could take the place of.

    Args:
        out: folder of results, which need not be there yet.
        project: the folder of the workflow whose system predicts.
        corpus: the folder of its corpus, which would take overlays for videos of its own; None where it is in storage.

    Raises:
        InputError: it is a project's own folder, the corpus, or lies in a folder of the workflow's results or code.
    """
    real = out.resolve()
    for above in dict.fromkeys([project.resolve(), *(p for p in (real, *real.parents) if is_project(p))]):
        if real == above:
            raise InputError(f"--out {out}: is the workflow's own folder; choose another, such as scores in it")
        for name in WRITTEN:
            if real.is_relative_to((above / name).resolve()):
                raise InputError(
                    f"--out {out}: lies in {above / name}, which the workflow writes, and could take the place of its "
                    "files; choose another folder, such as scores"
                )
        for name in OWN:
            if real.is_relative_to((above / name).resolve()):
                raise InputError(
                    f"--out {out}: lies in {above / name}, the project's own; choose another folder, such as scores"
                )
    # A corpus that holds the whole project looks into folders of its own alone.
    if corpus and real.is_relative_to(corpus.resolve()) and not project.resolve().is_relative_to(corpus.resolve()):
        raise InputError(
            f"--out {out}: lies in {corpus}, the corpus, where drawn videos would be taken for its own; choose another"
        )


def check_writable(out: Path) -> None:
    """Check that results can be written to a folder that need not be there yet; nothing is left behind.

    Raises:
        InputError: it is a file, cannot be made or written to, or its disk is full.
    """
    missing: list[Path] = []
    try:
        missing = [place for place in (out, *out.parents) if not place.exists()]
        out.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=out) as probe:
            probe.write(bytes(_PROBE_BYTES))
            probe.flush()
            os.fsync(probe.fileno())
    except OSError as error:
        raise InputError(f"--out {out}: {_why(out, error)}") from error
    finally:
        for place in missing:
            with suppress(OSError):
                place.rmdir()


def _why(out: Path, error: OSError) -> str:
    if error.errno in (errno.ENOSPC, errno.EDQUOT):
        return f"the disk is full ({error.strerror}); free space, or choose a folder on another disk"
    if isinstance(error, FileExistsError | NotADirectoryError):
        file = next((place for place in (out, *out.parents) if place.is_file()), out)
        return f"{file} is a file, expected a folder; choose another"
    return f"nothing can be written there ({error.strerror}); choose a folder that is yours"


def check_ours(paths: Collection[Path], out: Path) -> None:
    """Check that results would take the place of earlier results alone, which their records tell.

    Raises:
        InputError: files of another origin are in the way; names each of them.
    """
    foreign = [path for path in paths if os.path.lexists(path) and not _made_here(path)]
    foreign += [place for place in {path.parent for path in paths} if place.exists() and not place.is_dir()]
    if foreign:
        raise InputError(
            f"{', '.join(map(str, foreign))}: in the place of a result, and no record beside it says that `affectflow "
            f"predict` made it; nothing was written. Move it elsewhere or rename it (or delete it, where it is an old "
            f"result), or choose another folder than --out {out}"
        )


def _made_here(path: Path) -> bool:
    try:
        return path.is_file() and read_record(record_path(path)).rule in (VIDEO_RULE, SUMMARY_RULE)
    except (FileNotFoundError, InputError):
        return False
