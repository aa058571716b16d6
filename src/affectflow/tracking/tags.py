"""Tags that lead from an MLflow run to code and records, all named `affectflow.…`."""

from collections.abc import Mapping
from pathlib import Path

from affectflow.artifacts.record import Code, Record, record_path


def prefixed(tags: Mapping[str, str]) -> dict[str, str]:
    """Tags under this project's names."""
    return {f"affectflow.{name}": value for name, value in tags.items()}


def place(text: str) -> str:
    """`<corpus>/<system>/<track>` of a command line."""
    if len(text.split("/")) != 3:
        raise ValueError(text)
    return text


def place_tags(where: str | None) -> dict[str, str]:
    """Corpus, system and track of a place `<corpus>/<system>/<track>`."""
    return {} if where is None else prefixed(dict(zip(("corpus", "system", "track"), where.split("/"), strict=True)))


def git_tags(code: Code | None) -> dict[str, str]:
    """The commit, and whether files differed from it; nothing outside a repository."""
    if code is None or code.commit is None:
        return {}
    return prefixed({"git": code.commit, "git_dirty": str(bool(code.dirty)).lower()})


def code_tags(code: Code | None) -> dict[str, str]:
    """Fingerprint and commit."""
    return {} if code is None else prefixed({"code": code.fingerprint}) | git_tags(code)


def record_tags(record: Record) -> dict[str, str]:
    """Digest (the seal) and place of a record, and the code that it names."""
    path = record_path(Path(record.artifact.path)).as_posix()
    return prefixed({"record": record.seal, "record_path": path}) | code_tags(record.code)
