"""Re-read every byte of a chain and name what does not hold."""

from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from affectflow.artifacts.digest import path_digest, read_digest
from affectflow.artifacts.record import SOURCES, Record, record_path
from affectflow.errors import InputError
from affectflow.lineage.chain import Chain, users
from affectflow.lineage.differences import code_differences, option_differences
from affectflow.lineage.plan import PlannedJob
from affectflow.remote.objects import SCHEME, object_digest

Kind = Literal["altered", "missing", "orphaned", "outdated", "unreadable record", "broken link", "no record"]

_SHOWN = 3
_NO_RULES = frozenset({"predict_video", "predict_summary"})
"""What makes artifacts with records outside the workflow: `affectflow predict`."""


@dataclass(frozen=True)
class Finding:
    """One thing that does not hold."""

    kind: Kind
    path: str
    what: str
    results: tuple[str, ...] = ()
    """Files below `results/` that it touches."""


def verify(
    chain: Chain,
    names: Iterable[str],
    today: dict[str, PlannedJob],
    outputs: Iterable[str] = (),
    elsewhere: Collection[str] = (),
    say: Callable[[int, int], None] = lambda done, of: None,
) -> list[Finding]:
    """Check artifacts, their records and their inputs.

    Args:
        chain: the records.
        names: artifacts to check.
        today: the job that would make each file today; an artifact that it lacks is orphaned.
        outputs: files that are there and that a rule makes: each must have a record.
        elsewhere: artifacts that a run with other settings makes, of which `today` says nothing.
        say: told how many artifacts of how many were read.

    Returns:
        Findings in the order of paths.
    """
    names = list(names)
    found = [
        Finding("no record", name, "no job's record lies beside it") for name in outputs if not _recorded(chain, name)
    ]
    records: dict[str, Record] = {}
    for name in names:
        try:
            if (record := chain.record(name)) is not None:
                records[name] = record
        except InputError as error:
            found.append(Finding("unreadable record", name, str(error)))
    contents: dict[str, str | None] = {}

    def content(name: str) -> str | None:
        if name not in contents:
            contents[name] = object_digest(name) if name.startswith(SCHEME) else _digest(chain.folder / name)
        return contents[name]

    for number, (name, record) in enumerate(records.items(), start=1):
        found += _artifact(name, record, content)
        found += _links(name, record, chain, content)
        found += [] if name in elsewhere else _today(name, record, today.get(name))
        say(number, len(records))
    touched = users(records)
    return sorted(
        (Finding(f.kind, f.path, f.what, tuple(sorted(touched.get(f.path, ())))) for f in found),
        key=lambda finding: (finding.path, finding.kind),
    )


def _recorded(chain: Chain, name: str) -> bool:
    return record_path(chain.folder / name).exists()


def _digest(path: Path) -> str | None:
    return path_digest(path, read_digest) if path.exists() else None


def _artifact(name: str, record: Record, content: Callable[[str], str | None]) -> Iterable[Finding]:
    if record.artifact.path != name:
        yield Finding("broken link", name, f"its record is that of {record.artifact.path}")
        return
    found = content(name)
    if found is None:
        yield Finding("missing", name, f"{record.rule} made it on {record.end}, and it is gone; its record is left")
    elif found != record.artifact.sha256:
        yield Finding("altered", name, f"SHA-256 is {found[:16]}…, {record.rule} wrote {record.artifact.sha256[:16]}…")


def _links(name: str, record: Record, chain: Chain, content: Callable[[str], str | None]) -> Iterable[Finding]:
    for item in record.inputs:
        found = content(item.path)
        try:
            above = chain.record(item.path)
        except InputError as error:
            yield Finding("broken link", name, f"was made from {item.path}, of which {error}")
            continue
        if found is None:
            yield Finding("missing", item.path, f"{name} was made from it")
        elif found != item.sha256:
            yield Finding(
                "broken link", name, f"was made from other bytes of {item.path}: {item.sha256[:16]}…, now {found[:16]}…"
            )
        elif item.record is not None and above is None:
            yield Finding("broken link", name, f"was made from {item.path}, whose record is gone")
        elif item.record is not None and above is not None and above.seal != item.record:
            # Made again since, with the same bytes, as after an interruption: nothing that follows need be made again.
            again = above.end > record.start
            if above.rule not in SOURCES and not again:
                yield Finding("broken link", name, f"was made from {item.path} under another record of it")


def _today(name: str, record: Record, job: PlannedJob | None) -> Iterable[Finding]:
    if job is None:
        if record.rule not in SOURCES | _NO_RULES:
            yield Finding("orphaned", name, f"{record.rule} made it, and no job of today's workflow does")
        return
    lines = disagreements(record, job)
    if lines:
        more = f" and {len(lines) - _SHOWN} more" if len(lines) > _SHOWN else ""
        yield Finding("outdated", name, "; ".join(lines[:_SHOWN]) + more)


def disagreements(record: Record, job: PlannedJob) -> list[str]:
    """How the job that made an artifact differs from the one that would make it today, in words."""
    rule = [] if record.rule == job.rule else [f"was made by {record.rule}, would be by {job.rule}"]
    code = code_differences(record.code, job.code) if job.code is not None else []
    return [*rule, *option_differences(record.options, job.options), *code]
