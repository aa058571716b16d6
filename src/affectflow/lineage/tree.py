"""What is behind a file, as a tree for people and as data for machines."""

import posixpath
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import Any

from affectflow.artifacts.digest import path_digest
from affectflow.artifacts.record import Record
from affectflow.lineage.chain import Chain, input_digests
from affectflow.lineage.installed import not_locked
from affectflow.remote.objects import SCHEME

_STARTS = frozenset({"train", "pretrain", "sound_features", "face_features"})
"""Rules whose networks start from published weights."""


@dataclass(frozen=True)
class Group:
    """Artifacts that one rule made in one folder, or sources of one kind in one folder."""

    rule: str | None
    """None for sources."""
    folder: str
    suffix: str
    names: tuple[str, ...]

    @property
    def label(self) -> str:
        """The file's path, or folder, suffix and number of several."""
        return self.names[0] if len(self.names) == 1 else f"{self.folder}/*{self.suffix} ({len(self.names)} files)"


def as_data(chain: Chain, names: list[str]) -> dict[str, Any]:
    """Every artifact behind `names`: `{"targets": […], "artifacts": {path: record or source}}`, inputs first."""
    ancestry = chain.behind(names)
    sources = input_digests(ancestry)
    return {
        "targets": names,
        "artifacts": {
            name: {"source": True, "sha256": sources.get(name)}
            if record is None
            else {**record.model_dump(mode="json"), "seal": record.seal}
            for name, record in ancestry.items()
        },
    }


def as_lines(chain: Chain, name: str, every: bool = False) -> Iterator[str]:
    """The tree behind an artifact, a line a group of like artifacts (or each, with `every`); what was shown before is
    not unfolded again.

    Raises:
        InputError: a record is damaged or altered, or an artifact is said to be made from itself.
    """
    chain.behind([name])
    shown: set[str] = set()
    digests: dict[str, str] = {}
    yield from _lines(chain, _group(chain, name), every, "", "", shown, digests)


def other_versions(chain: Chain) -> Iterator[str]:
    """Of the records that were read, a line for each version of a package that ran and is not the lock's."""
    ran: dict[str, int] = {}
    for record in chain.read():
        code = record.code
        for name, version in not_locked(code.packages, code.installed).items():
            line = f"{name} {version} ran, the lock had {code.packages[name]}"
            ran[line] = ran.get(line, 0) + 1
    yield from (f"{line}: {count} artifact(s)" for line, count in sorted(ran.items()))


def other_weights(chain: Chain) -> Iterator[str]:
    """Of the records that were read, a line for each file of published weights or other source that a network started
    from and that is another one now, or gone."""
    started_records = [record for record in chain.read() if record.rule in _STARTS]
    digests = {item.path: item.sha256 for record in started_records for item in record.inputs if item.record is None}
    for path, sha256 in sorted(digests.items()):
        file = chain.folder / path
        if not path.startswith(SCHEME) and (current := path_digest(file) if file.exists() else None) != sha256:
            change = "is gone" if current is None else f"is another file now: SHA-256 {current[:16]}…"
            yield f"{path} {change}; what was made from it read {sha256[:16]}…"


def _lines(
    chain: Chain, group: Group, every: bool, prefix: str, child_prefix: str, shown: set[str], digests: dict[str, str]
) -> Iterator[str]:
    records = [record for name in group.names if (record := chain.record(name)) is not None]
    fresh = [record for record in records if record.artifact.path not in shown]
    yield f"{prefix}{group.label}{_facts(group, records, digests)}{' (above)' if records and not fresh else ''}"
    shown.update(group.names)
    inputs: dict[str, None] = {}
    for record in fresh:
        for item in record.inputs:
            inputs[item.path] = None
            digests[item.path] = item.sha256
    groups = _group_names(chain, list(inputs), every)
    for number, child in enumerate(groups, start=1):
        last = number == len(groups)
        yield from _lines(
            chain,
            child,
            every,
            f"{child_prefix}{'└─ ' if last else '├─ '}",
            f"{child_prefix}{'   ' if last else '│  '}",
            shown,
            digests,
        )


def _facts(group: Group, records: list[Record], digests: dict[str, str]) -> str:
    if group.rule is None:
        digest = digests.get(group.names[0], "")
        return f"  source  {digest[:12]}" if len(group.names) == 1 else "  sources"
    digest = f"  {records[0].artifact.sha256[:12]}" if len(records) == 1 else ""
    runs = {record.mlflow.run for record in records if record.mlflow}
    run = f"  MLflow {next(iter(runs))}" if len(runs) == 1 else ""
    return f"  {group.rule}{digest}  {max(record.end for record in records)[:19]}{run}"


def _group_names(chain: Chain, names: list[str], every: bool) -> list[Group]:
    groups: dict[tuple[str, ...], list[str]] = {}
    for name in sorted(names):
        group = _group(chain, name)
        key = (name,) if every else (group.rule or "", group.folder, group.suffix)
        groups.setdefault(key, []).append(name)
    return [
        Group(first.rule, first.folder, first.suffix, tuple(members))
        for members in groups.values()
        for first in [_group(chain, members[0])]
    ]


def _group(chain: Chain, name: str) -> Group:
    record = chain.record(name)
    return Group(record.rule if record else None, posixpath.dirname(name) or ".", PurePosixPath(name).suffix, (name,))
