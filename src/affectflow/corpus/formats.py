"""How the label files of each kind of corpus are read. Free of imports: the workflow asks it whose code a job runs."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class LabelFormat:
    """How the label files of one kind of corpus are read; see `corpus.labels.Reader`."""

    reader: str
    """`module:function`; the module is imported only where its corpus is read."""
    settings: tuple[str, ...] = ()
    """Settings of the corpus that the reader takes by name: labels are read again when one of them changes."""


FORMATS = {
    "affwild2": LabelFormat("affectflow.corpus.abaw_labels:read_subject"),
    "demo": LabelFormat("affectflow.corpus.abaw_labels:read_subject"),
    "omg": LabelFormat("affectflow.corpus.omg_list:read_utterance"),
}


def reader_modules(kind: str) -> tuple[str, ...]:
    """The module that reads a corpus's labels, for the code fingerprint; none for a corpus without labels."""
    return (FORMATS[kind].reader.partition(":")[0],) if kind in FORMATS else ()


def reader_settings(corpus: Mapping[str, Any]) -> dict[str, Any]:
    """What the reader of a corpus's labels is told of its settings."""
    known = FORMATS.get(corpus["kind"])
    return {name: corpus[name] for name in known.settings} if known else {}
