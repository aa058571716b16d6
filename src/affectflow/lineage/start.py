"""At every start of the workflow: is each file still the one that its job wrote?

Snakemake notes with which settings and code an output was made last, and never looks whether the output is still
that one: it would build on a score file that was edited by hand, or on an old file that was put back. The ledger
tells.
"""

import base64
import os
import re
import time
from collections.abc import Container, Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import replace
from pathlib import Path
from typing import Any

from affectflow.artifacts import ledger
from affectflow.artifacts.digest import file_digest, files_of
from affectflow.artifacts.record import SOURCES
from affectflow.core.advice import affectflow
from affectflow.core.errors import InputError
from affectflow.lineage.outdated import outdated

_SHOWN, _FEW = 20, 3
_checking = [True]


@contextmanager
def checking(enabled: bool) -> Iterator[None]:
    """Within the block, a start checks the ledger, or does not."""
    _checking.append(enabled)
    try:
        yield
    finally:
        _checking.pop()


def check_start(
    rules: Iterable[Any], wildcard_values: Mapping[str, Container[str]], folder: Path = Path()
) -> dict[str, str]:
    """Refuse to build on a file that is not what a job of this folder wrote.

    Args:
        rules: of the workflow.
        wildcard_values: values of wildcards, by name; a file with another value is none of the workflow's.
        folder: the project's.

    Returns:
        Outputs that must be made again although Snakemake does not see why, by path, each with the reason.

    Raises:
        InputError: names each file that no job wrote, and says what to do.
    """
    if not _checking[-1]:
        return {}
    rules = list(rules)
    _check_sources(rules, folder)
    entries = ledger.read(folder / ledger.FOLDER)
    outputs = existing_outputs(rules, wildcard_values, folder)
    if problems := [f"{name}: {problem}" for name, problem in strangers(outputs, entries, folder).items()]:
        listing = "\n".join(f"  {line}" for line in problems[:_SHOWN])
        suffix = f"\n  … and {len(problems) - _SHOWN} more" if len(problems) > _SHOWN else ""
        raise InputError(
            f"{len(problems)} file(s) are not what the jobs of this folder made; nothing is built on them:\n"
            f"{listing}{suffix}\n"
            "Delete them, to have them made again. Or, where they came with their records (dvc pull, dvc checkout, "
            f"a copy of another folder), run `{affectflow('adopt')}`: it takes over what today's settings and code "
            "would make"
        )
    return outdated(outputs, entries, folder)


def _check_sources(rules: Iterable[Any], folder: Path) -> None:
    """Refuse a corpus that a rule made and of which a part is gone: making it again would take back what was changed in
    it since.

    Raises:
        InputError: names the first files that are gone, and says what to do.
    """
    interrupted = _read_interrupted(folder / ".snakemake" / "incomplete")
    for rule in rules:
        if rule.name not in SOURCES or interrupted.intersection(map(str, rule.output)):
            continue
        files = [str(output) for output in rule.output if not output.contains_wildcard()]
        missing = [name for name in files if not (folder / name).exists()]
        if missing and len(missing) < len(files):
            suffix = f" and {len(missing) - _FEW} more" if len(missing) > _FEW else ""
            raise InputError(
                f"{', '.join(missing[:_FEW])}{suffix}: gone, while the rest of what {rule.name} made is there; bring "
                "them back, or delete all of it, to have it made again"
            )


def strangers(outputs: Mapping[str, str], entries: Mapping[str, ledger.Entry], folder: Path) -> dict[str, str]:
    """Compare every output that is there with the ledger: by size and time, by digest only where these differ.

    Outputs of interrupted jobs, which Snakemake makes again, and sources are not looked at.

    Args:
        outputs: as `existing_outputs` finds them.
        entries: of the ledger.
        folder: the project's.

    Returns:
        By its path, what is wrong with each file that is not what a job of this folder wrote.
    """
    interrupted = _read_interrupted(folder / ".snakemake" / "incomplete")
    problems: dict[str, str] = {}
    retimed: list[ledger.Entry] = []
    for name, output in sorted(outputs.items()):
        if output in interrupted:
            continue
        entry, status = entries.get(name), os.stat(os.path.join(folder, name))  # noqa: PTH116, PTH118
        if entry is None:
            problems[name] = "no job of this folder wrote it"
        elif (entry.bytes, entry.modified) != (status.st_size, status.st_mtime_ns):
            digest = file_digest(folder / name)
            if digest != entry.sha256:
                problems[name] = f"changed after its job ended (SHA-256 is {digest[:16]}…, was {entry.sha256[:16]}…)"
            else:
                retimed.append(replace(entry, modified=status.st_mtime_ns, time=time.time_ns()))
    if retimed:
        ledger.append(folder / ledger.FOLDER, retimed)
    return problems


def existing_outputs(
    rules: Iterable[Any], wildcard_values: Mapping[str, Container[str]], folder: Path
) -> dict[str, str]:
    """Files that are there and that a rule makes: the path of each, and the output that it is or lies in."""
    patterns: dict[str, list[re.Pattern[str]]] = {}
    plain: list[str] = []
    for rule in rules:
        if rule.name in SOURCES:
            continue
        for output in rule.output:
            if output.contains_wildcard():
                patterns.setdefault(str(Path(output.constant_prefix() + "x").parent), []).append(
                    re.compile(output.regex())
                )
            else:
                plain.append(str(output))
    outputs = {name: output for output in plain for name in _list_files(folder, output)}
    for parent, expressions in patterns.items():
        for name in _walk_below(folder, parent):
            matches = (match.groupdict() for expression in expressions if (match := expression.match(name)))
            if any(
                all(wildcards[wildcard] in wildcard_values[wildcard] for wildcard in wildcards.keys() & wildcard_values)
                for wildcards in matches
            ):
                outputs |= dict.fromkeys(_list_files(folder, name), name)
    return outputs


def _walk_below(folder: Path, parent: str) -> Iterator[str]:
    """All files and folders below `parent`, relative to `folder`."""
    with suppress(FileNotFoundError), os.scandir(folder / parent) as entries:
        for entry in entries:
            name = f"{parent}/{entry.name}"
            yield name
            if entry.is_dir(follow_symlinks=False):
                yield from _walk_below(folder, name)


def _list_files(folder: Path, output: str) -> list[str]:
    # Text, not Path: there are thousands at every start.
    path = os.path.join(folder, output)  # noqa: PTH118
    if os.path.isdir(path):  # noqa: PTH112
        return [file.relative_to(folder).as_posix() for file in files_of(Path(path))]
    return [output] if os.path.isfile(path) else []  # noqa: PTH113


def _read_interrupted(markers: Path) -> set[str]:
    """Outputs that Snakemake has marked as begun and not ended; a marker's name is the output's, in base64."""
    names = (
        "".join(part.removeprefix("@") for part in path.relative_to(markers).parts)
        for path in markers.rglob("*")
        if path.is_file()
    )
    return {base64.urlsafe_b64decode(name).decode() for name in names if name != "migration_underway"}
