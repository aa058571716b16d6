"""The settings that a job ran with, told from its files and from what changes no result."""

from typing import Any

from affectflow.artifacts.record import Record
from affectflow.lineage.options import BOOKKEEPING

# What a job is told of the corpus: one entry a video or subject.
_CORPUS = frozenset({"shard", "shards", "label", "label-files", "splits"})


def settings_of(record: Record) -> dict[str, Any]:
    """Options of the job that are neither files, lists of videos nor book-keeping; groups of settings as mappings."""
    left_out = BOOKKEEPING | _CORPUS
    return {name: value for name, value in record.options.items() if name not in left_out and not _names_files(value)}


def flat(settings: dict[str, Any], prefix: str = "") -> dict[str, Any]:
    """Settings by dotted name: `{"faces": {"size": 112}}` as `{"faces.size": 112}`."""
    flattened: dict[str, Any] = {}
    for name, value in settings.items():
        if isinstance(value, dict) and value:
            flattened |= flat(value, f"{prefix}{name}.")
        else:
            flattened[prefix + name] = value
    return flattened


def _names_files(value: Any) -> bool:
    """Whether an option is one or several paths."""
    if isinstance(value, list):
        return any(map(_names_files, value))
    return isinstance(value, str) and "/" in value
