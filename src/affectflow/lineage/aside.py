"""Reading a project's workflow without writing to its folder."""

import contextlib
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

from affectflow.artifacts import ledger

_NOTES = (".snakemake", ".cache")
_SHEETS = ("code-*.json", "latest-*.txt", "programs-*.json")


@contextlib.contextmanager
def aside(folder: Path = Path()) -> Iterator[None]:
    """Within the block, work in a passing folder in which everything of `folder` lies as a link.

    Snakemake keeps notes where it works, and a start of ours keeps some beside these, even where no job is to run: here
    they end with the block. A folder that cannot be written to, as a copy for an audit, can be read so. Of what starts
    have noted of code and programs a copy is read.
    """
    folder = folder.absolute()
    with tempfile.TemporaryDirectory(prefix="affectflow-") as temporary:
        for entry in folder.iterdir():
            if entry.name not in _NOTES:
                (Path(temporary) / entry.name).symlink_to(entry)
        notes = Path(temporary) / ledger.FOLDER
        notes.mkdir(parents=True)
        for pattern in _SHEETS:
            for sheet in (folder / ledger.FOLDER).glob(pattern):
                shutil.copyfile(sheet, notes / sheet.name)
        with contextlib.chdir(temporary):
            yield
