"""Where a copy of Hume-Reaction has its table of splits: releases name it differently."""

from pathlib import Path

from affectflow.config.data.clip_corpora import HumeCorpus
from affectflow.core.errors import InputError
from affectflow.datasets.video.hume_tables import read_partition
from affectflow.datasets.video.label_text import read_header

USUAL = "partition.csv"
_COLUMNS = frozenset({"split", "partition"})


def find_partition(corpus: HumeCorpus) -> Path:
    """The table of splits: that which settings name, else `partition*.csv`, else the table with a column of splits. Of
    several it is the one that says all that the others say.

    Raises:
        InputError: there is none, or two of them disagree; names both.
    """
    if corpus.partition is not None:
        return corpus.root / corpus.partition
    tables = sorted(corpus.root.glob("*.csv"))
    named_so = [path for path in tables if path.name.lower().startswith("partition")]
    candidates = named_so or [path for path in tables if _COLUMNS & {name.strip().lower() for name in _columns(path)}]
    if not candidates:
        state = "holds no" if corpus.root.is_dir() else "no such folder; expected in it"
        raise InputError(f"{corpus.root}: {state} table of splits, such as {USUAL}; corpus.partition can name it")
    if len(candidates) == 1:
        return candidates[0]
    splits = {path: {clip: entry.split for clip, entry in read_partition(path).items()} for path in candidates}
    largest = max(candidates, key=lambda path: len(splits[path]))
    for path in candidates:
        if not splits[path].items() <= splits[largest].items():
            raise InputError(f"{largest} and {path}: disagree about splits; name the right one in corpus.partition")
    return largest


def _columns(path: Path) -> list[str]:
    return read_header(path).split(",")
