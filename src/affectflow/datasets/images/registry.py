"""The corpora of still pictures that can be read, by kind: a new one is a line here."""

import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from affectflow.config.data.images import ImageCorpus
from affectflow.core.errors import InputError
from affectflow.datasets.images.afewva_stills import afewva_labels, read_afewva
from affectflow.datasets.images.affectnet import find_affectnet, read_affectnet
from affectflow.datasets.images.demo_pictures import pictures_folder
from affectflow.datasets.images.emotionet import emotionet_labels, read_emotionet
from affectflow.datasets.images.expw import expw_labels, read_expw
from affectflow.datasets.images.ferplus import ferplus_labels, read_ferplus
from affectflow.datasets.images.rafdb import rafdb_labels, read_rafdb
from affectflow.datasets.images.stills import SPLITS, Split, Still


@dataclass(frozen=True)
class Reader:
    """How a kind of corpus is read; both functions raise InputError."""

    labels: Callable[[Any, Split], tuple[Path, ...]]
    """The lists or the folder that annotate a split; the error says what was looked for."""
    stills: Callable[[Any, Split], list[Still]]
    """The pictures of a split with their annotations; the error names what is wrong with these."""
    has_test: bool = False
    """Whether a test set is read, too."""


def _one_list(labels: Callable[[Any], Path]) -> Callable[[Any, Split], tuple[Path, ...]]:
    """One list for both splits."""
    return lambda corpus, _: (labels(corpus),)


_RAFDB = Reader(_one_list(rafdb_labels), read_rafdb)
READERS: Mapping[str, Reader] = {
    "affectnet": Reader(lambda corpus, split: (find_affectnet(corpus, split).labels,), read_affectnet),
    "rafdb": _RAFDB,
    "rafdb_compound": _RAFDB,
    "emotionet": Reader(_one_list(emotionet_labels), read_emotionet),
    "expw": Reader(_one_list(expw_labels), read_expw),
    "ferplus": Reader(lambda corpus, split: (ferplus_labels(corpus, split),), read_ferplus, has_test=True),
    "afewva": Reader(lambda corpus, _: afewva_labels(corpus), read_afewva),
    "demo": Reader(_one_list(pictures_folder), lambda corpus, split: list_images(corpus.official, split)),
}


def image_labels(corpus: ImageCorpus, split: Split) -> tuple[Path, ...]:
    """The lists or the folder that annotate a split; InputError, saying what was looked for, where there is none."""
    return _reader(corpus, split).labels(corpus, split)


def list_images(corpus: ImageCorpus, split: Split) -> list[Still]:
    """The pictures of a split with their annotations; InputError names what is wrong with these."""
    return _reader(corpus, split).stills(corpus, split)


def _reader(corpus: ImageCorpus, split: Split) -> Reader:
    reader = READERS[corpus.kind]
    if split not in SPLITS and not reader.has_test:
        expected = " or ".join(SPLITS)
        raise InputError(f"{corpus.root}: kind {corpus.kind} has no {split} split, expected {expected}")
    return reader


def pictures_of(stills: Sequence[Still]) -> tuple[Path, ...]:
    """The folder in which all pictures of a split lie that faces are cut out of; none where there is no such folder."""
    folders = {still.path.parent for still in stills if still.annotation is not None and still.box is not None}
    folder = Path(os.path.commonpath(folders)) if folders else None
    return (folder,) if folder is not None and folder.is_dir() else ()
