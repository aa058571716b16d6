"""Re-read every byte of a chain and name what does not hold."""

from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Literal

from affectflow.artifacts.digest import digest_of, folder_digests, read_digest
from affectflow.artifacts.record import SOURCES, Record, record_path
from affectflow.core.errors import InputError
from affectflow.lineage.chain import Chain, users
from affectflow.lineage.committed import Commits
from affectflow.lineage.differences import code_differences, option_differences
from affectflow.lineage.plan import PlannedJob
from affectflow.lineage.reads import input_differences
from affectflow.lineage.statements import OUTSIDE, contradictions, disagreement
from affectflow.lineage.witness import History, not_as_noted
from affectflow.remote.objects import SCHEME, object_digest

Kind = Literal[
    "altered", "missing", "orphaned", "outdated", "contradicted", "unreadable record", "broken link", "no record"
]

_SHOWN = 3


@dataclass(frozen=True)
class Finding:
    """One thing that does not hold."""

    kind: Kind
    path: str
    what: str
    results: tuple[str, ...] = ()
    """Files below `results/` that it touches."""


@dataclass(frozen=True)
class Evidence:
    """What records are held against, beside the files that they tell of."""

    today: dict[str, PlannedJob]
    """The job that would make each file today; an artifact that it lacks is orphaned."""
    ledger: History = field(default_factory=dict)
    """What the jobs of this folder noted of each file that they wrote."""
    commits: Commits | None = None
    """What git knows of the code; None where it is not asked."""
    elsewhere: Collection[str] = ()
    """Artifacts that a run with other settings makes, of which `today` says nothing."""


def verify(
    chain: Chain,
    names: Iterable[str],
    evidence: Evidence,
    outputs: Iterable[str] = (),
    say: Callable[[int, int], None] = lambda done, total: None,
) -> list[Finding]:
    """Check artifacts, their records and their inputs.

    Args:
        chain: the records.
        names: artifacts to check.
        evidence: what their records are held against.
        outputs: files that are there and that a rule makes: each must have a record.
        say: called with the number of artifacts that were read so far, and of all.

    Returns:
        Findings in the order of paths.
    """
    names = list(names)
    findings = [
        Finding("no record", name, "no job's record lies beside it") for name in outputs if not _has_record(chain, name)
    ]
    records: dict[str, Record] = {}
    for name in names:
        try:
            if (record := chain.record(name)) is not None:
                records[name] = record
        except InputError as error:
            findings.append(Finding("unreadable record", name, str(error)))
    content = Contents(chain)
    for number, (name, record) in enumerate(records.items(), start=1):
        findings += unsound(chain, {name: record}, content)
        findings += _check_statements(name, record, evidence)
        say(number, len(records))
    findings += _check_jobs(records, evidence.today)
    results_by_file = users(records)
    return sorted(
        (Finding(f.kind, f.path, f.what, tuple(sorted(results_by_file.get(f.path, ())))) for f in findings),
        key=lambda finding: (finding.path, finding.kind),
    )


def unsound(chain: Chain, records: Mapping[str, Record], content: "Contents") -> list[Finding]:
    """What of some artifacts is not what their records say, or was made from what is not there any more so."""
    findings_by_record = (
        [*_check_artifact(name, record, content), *_check_links(name, record, chain, content)]
        for name, record in records.items()
    )
    return [finding for findings in findings_by_record for finding in findings]


class Contents:
    """What files hold, each read once."""

    def __init__(self, chain: Chain) -> None:
        self._folder = chain.folder
        self._digests: dict[str, str | None] = {}
        self._files: dict[str, dict[str, str]] = {}

    def __call__(self, name: str) -> str | None:
        """SHA-256 of a file, a folder or an object in storage, read now; None where there is none."""
        if name not in self._digests:
            self._digests[name] = object_digest(name) if name.startswith(SCHEME) else self._digest(name)
        return self._digests[name]

    def _digest(self, name: str) -> str | None:
        path = self._folder / name
        if not path.is_dir():
            return read_digest(path) if path.exists() else None
        files = folder_digests(path, read_digest)
        self._files[name] = {f"{name}/{inner}": digest for inner, digest in files.items()}
        return digest_of(files)

    def files(self, name: str) -> dict[str, str]:
        """SHA-256 of a file, or of every file of a folder, by path; empty where there is none."""
        digest = self(name)
        return {} if digest is None else self._files.get(name, {name: digest})


def _has_record(chain: Chain, name: str) -> bool:
    return record_path(chain.folder / name).exists()


def _check_artifact(name: str, record: Record, content: Contents) -> Iterable[Finding]:
    if record.artifact.path != name:
        yield Finding("broken link", name, f"its record is that of {record.artifact.path}")
        return
    digest = content(name)
    if digest is None:
        yield Finding("missing", name, f"{record.rule} made it on {record.end}, and it is gone; its record is left")
    elif digest != record.artifact.sha256:
        yield Finding("altered", name, f"SHA-256 is {digest[:16]}…, {record.rule} wrote {record.artifact.sha256[:16]}…")


def _check_links(name: str, record: Record, chain: Chain, content: Contents) -> Iterable[Finding]:
    for item in record.inputs:
        digest = content(item.path)
        try:
            input_record = chain.record(item.path)
        except InputError as error:
            yield Finding("broken link", name, f"was made from {item.path}, of which {error}")
            continue
        if digest is None:
            yield Finding("missing", item.path, f"{name} was made from it")
        elif digest != item.sha256:
            yield Finding(
                "broken link",
                name,
                f"was made from other bytes of {item.path}: {item.sha256[:16]}…, now {digest[:16]}…",
            )
        elif item.record is not None and input_record is None:
            yield Finding("broken link", name, f"was made from {item.path}, whose record is gone")
        # A source that its rule makes may have been edited, and made again since.
        elif input_record is not None and input_record.seal != item.record and input_record.rule not in SOURCES:
            yield Finding("broken link", name, f"was made from {item.path} under another record of it")


def _check_statements(name: str, record: Record, evidence: Evidence) -> Iterable[Finding]:
    yield from (Finding("contradicted", name, f"its record {problem}") for problem in contradictions(record))
    if evidence.commits is not None:
        yield from (Finding("contradicted", name, problem) for problem in evidence.commits.contradictions(record.code))
    yield from (Finding("contradicted", name, problem) for problem in not_as_noted(record, evidence.ledger))
    if name not in evidence.elsewhere:
        yield from _check_today(name, record, evidence.today.get(name))


def _check_jobs(records: Mapping[str, Record], today: dict[str, PlannedJob]) -> Iterable[Finding]:
    for job in {id(job): job for job in today.values()}.values():
        job_records = [records[name] for name in job.outputs if name in records]
        yield from (Finding("contradicted", name, problem) for name, problem in disagreement(job_records))


def _check_today(name: str, record: Record, job: PlannedJob | None) -> Iterable[Finding]:
    if job is None:
        if record.rule not in SOURCES | OUTSIDE:
            yield Finding("orphaned", name, f"{record.rule} made it, and no job of today's workflow does")
        return
    lines = [*disagreements(record, job), *input_differences(record, job)]
    if lines:
        suffix = f" and {len(lines) - _SHOWN} more" if len(lines) > _SHOWN else ""
        yield Finding("outdated", name, "; ".join(lines[:_SHOWN]) + suffix)


def disagreements(record: Record, job: PlannedJob) -> list[str]:
    """How the job that made an artifact differs from the one that would make it today, in words."""
    rule = [] if record.rule == job.rule else [f"was made by {record.rule}, would be by {job.rule}"]
    code = code_differences(record.code, job.code) if job.code is not None else []
    return [*rule, *option_differences(record.options, job.options), *code]
