"""Small files with records, made by hand."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from affectflow.artifacts.digest import file_digest
from affectflow.artifacts.record import (
    Artifact,
    Code,
    Input,
    Machine,
    Record,
    Tracked,
    read_record,
    record_path,
    record_text,
)

MACHINE = Machine(host="here", device="cpu", threads=1, python="3.11.7", platform="Linux")


def source(folder: Path, name: str, content: str = "") -> str:
    """A file that no job made."""
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(content or name)
    return name


def make_artifact(folder: Path, name: str, /, rule: str, inputs: Sequence[str] = (), **about: Any) -> str:
    """A file with a record: `rule` made it from `inputs`; `about` as `recorded` takes it."""
    return write_record(folder, source(folder, name), rule, inputs, **about)


def write_record(
    folder: Path,
    name: str,
    /,
    rule: str,
    inputs: Sequence[str] = (),
    run: str | None = None,
    start: str = "2030-01-02T03:04:05.000+00:00",
    end: str = "2030-01-02T03:04:06.000+00:00",
    measured: Mapping[str, float] | None = None,
    machine: Machine = MACHINE,
    **options: Any,
) -> str:
    """Put a record beside a file that is there: `rule` made it from `inputs`."""
    path = folder / name
    record = Record(
        artifact=Artifact(
            path=name, sha256=file_digest(path), bytes=path.stat().st_size, modified=path.stat().st_mtime_ns
        ),
        rule=rule,
        options=options,
        seeds={},
        inputs=tuple(_input(folder, name) for name in inputs),
        code=Code(fingerprint="0" * 16, modules={f"workflow/scripts/{rule}.py": "0" * 16}, packages={}, lock="0" * 64),
        machine=machine,
        mlflow=Tracked(run=run, uri="sqlite:///mlflow.db") if run else None,
        measured=dict(measured or {}),
        start=start,
        end=end,
    )
    record_path(path).write_text(record_text(record), encoding="utf-8")
    return name


def forge_record(folder: Path, name: str, **changes: Any) -> None:
    """Write other things into the record of an artifact, and seal it anew: its text and seal fit each other."""
    path = record_path(folder / name)
    path.write_text(record_text(read_record(path).model_copy(update=changes)), encoding="utf-8")


def _input(folder: Path, name: str) -> Input:
    record = record_path(folder / name)
    seal = read_record(record).seal if record.exists() else None
    return Input(path=name, sha256=file_digest(folder / name), record=seal)
