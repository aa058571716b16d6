"""What jobs of this folder noted in its ledger, against what a record says."""

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

from affectflow.artifacts import ledger
from affectflow.artifacts.lines import read_lines
from affectflow.artifacts.record import Record


class Noted(NamedTuple):
    """A line of the ledger."""

    sha256: str
    seal: str | None
    """Of the record of the artifact that the file is or lies in; None of a line that does not tell."""


History = Mapping[str, Sequence[Noted]]
"""Every line of this folder's ledger, by file."""


def history(folder: Path) -> History:
    """Read all lines."""
    lines: dict[str, list[Noted]] = {}
    for line in read_lines(folder, ledger.KIND):
        if "path" in line:
            lines.setdefault(line["path"], []).append(Noted(line["sha256"], line.get("seal")))
    return lines


def not_as_noted(record: Record, ledger_history: History) -> Iterator[str]:
    """How a record differs from all that jobs of this folder noted of its artifact when they ended, in words.

    What a job of this folder made at any time is known: `dvc checkout` brings former versions back. Nothing is said of
    a file that the ledger does not know.
    """
    name = record.artifact.path
    files = {name: record.artifact.sha256}
    if record.artifact.files is not None:
        files = {f"{name}/{inner}": digest for inner, digest in record.artifact.files.items()}
    seals: set[str] = set()
    for path, digest in files.items():
        lines = ledger_history.get(path, ())
        if lines and all(line.sha256 != digest for line in lines):
            last = lines[-1].sha256
            yield f"no job of this folder wrote {path} so: SHA-256 is {digest[:16]}…, the ledger has {last[:16]}…"
        seals.update(line.seal for line in lines if line.seal is not None)
    if seals and record.seal not in seals:
        yield "no job of this folder wrote its record: the ledger has another seal"
