"""Sheets: what the workflow found out about code at its start, so that neither a job nor the next start need parse 100
modules again.

A job that finds other code than the workflow saw, or packages of other versions, does not run: Snakemake would note
that the old ones made its outputs.
"""

import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from affectflow.artifacts.atomic import write_text
from affectflow.artifacts.record import Code
from affectflow.core.errors import InputError
from affectflow.lineage.code import code_and_files, code_of, stamp
from affectflow.lineage.differences import differences, ran_with
from affectflow.lineage.installed import installed_of


def write_sheet(script: Path, root: Path, modules: Iterable[str], folder: Path) -> Code:
    """Find the code behind a script, and note it in `folder` under its fingerprint.

    While all files that it followed from at the last start stay as they were, and the packages installed, nothing is
    parsed.
    """
    modules = list(modules)
    latest = folder / f"latest-{'-'.join((script.stem, *modules))}.txt"
    fingerprint = latest.read_text(encoding="utf-8") if latest.exists() else ""
    if fingerprint and _path(folder, fingerprint).exists():
        sheet = _read(fingerprint, folder)
        code = Code.model_validate(sheet["code"])
        if _unchanged(sheet, root) and code.installed == installed_of(code.packages):
            return code
    code, files = code_and_files(script, root, modules)
    sheet = {
        "script": script.as_posix(),
        "modules": modules,
        "stamps": {_name(file, root): stamp(file) for file in files},
        "code": code.model_dump(mode="json"),
    }
    path, text = _path(folder, code.fingerprint), json.dumps(sheet)
    if not path.exists() or path.read_text(encoding="utf-8") != text:
        write_text(path, text, recorded=False)
    write_text(latest, code.fingerprint, recorded=False)
    return code


def read_sheet(fingerprint: str, root: Path, folder: Path) -> Code:
    """The code of a sheet, which must still be the code in `root`, with the packages that are installed here.

    Raises:
        InputError: there is no such sheet, the code was changed after the workflow had started, or a package has
            another version here than where it started.
    """
    sheet = _read(fingerprint, folder)
    code = Code.model_validate(sheet["code"])
    current = code.model_copy(update={"installed": installed_of(code.packages)})
    if other_versions := differences(ran_with(code), ran_with(current), "package ", separator=""):
        raise InputError(
            f"{sheet['script']}: the packages that it runs with are not those with which the workflow started "
            f"({'; '.join(other_versions)}); start the workflow again, or install the same everywhere"
        )
    if not _unchanged(sheet, root):
        current_code = code_of(Path(sheet["script"]), root, sheet["modules"])
        if current_code.fingerprint != fingerprint:
            changed_modules = sorted(
                name for name in current_code.modules if code.modules.get(name) != current_code.modules[name]
            )
            raise InputError(
                f"{sheet['script']}: its code was changed after the workflow started "
                f"({', '.join(changed_modules) or 'a package of the lock'}); start the workflow again"
            )
    return current


def known_code(fingerprint: str, folder: Path) -> Code:
    """The code of a sheet as it was noted; InputError where there is no such sheet."""
    return Code.model_validate(_read(fingerprint, folder)["code"])


def _read(fingerprint: str, folder: Path) -> dict[str, Any]:
    path = _path(folder, fingerprint)
    try:
        sheet: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError as error:
        raise InputError(
            f"{path}: no such file; the workflow writes it at its start. Leave --code out to run a script by hand"
        ) from error
    return sheet


def _name(file: Path, root: Path) -> str:
    """A file by its path in the project; of the installed package by its whole path."""
    return (file.relative_to(root) if file.is_relative_to(root) else file).as_posix()


def _unchanged(sheet: dict[str, Any], root: Path) -> bool:
    return all(_stamp(root / file) == tuple(expected) for file, expected in sheet["stamps"].items())


def _stamp(path: Path) -> tuple[int, int] | None:
    return stamp(path) if path.exists() else None


def _path(folder: Path, fingerprint: str) -> Path:
    return folder / f"code-{fingerprint}.json"
