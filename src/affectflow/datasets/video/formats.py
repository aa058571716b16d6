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
    partial: bool = False
    """Whether label files may annotate a part of a video alone: they name their frames, and no other is annotated."""


FORMATS = {
    "affwild2": LabelFormat("affectflow.datasets.video.abaw_labels:read_subject"),
    "demo": LabelFormat("affectflow.datasets.video.abaw_labels:read_subject"),
    "folder": LabelFormat("affectflow.datasets.video.labels:read_none"),
    "affwild": LabelFormat("affectflow.datasets.video.affwild_labels:read_subject"),
    "afewva": LabelFormat("affectflow.datasets.video.afewva_labels:read_subject"),
    "disfa": LabelFormat("affectflow.datasets.video.disfa_labels:read_subject", ("active",)),
    "bp4d": LabelFormat("affectflow.datasets.video.bp4d_labels:read_subject", ("first_frame",), partial=True),
    "omg": LabelFormat("affectflow.datasets.video.omg_list:read_utterance"),
    "hume": LabelFormat("affectflow.datasets.video.hume_tables:read_clip"),
    "demo_hume": LabelFormat("affectflow.datasets.video.hume_tables:read_clip"),
}


def reader_modules(kind: str) -> tuple[str, ...]:
    """The module that reads a corpus's labels, for the code fingerprint."""
    return (FORMATS[kind].reader.partition(":")[0],)


def is_partial(kind: str) -> bool:
    """Whether the label files of a corpus may annotate a part of a video alone."""
    return FORMATS[kind].partial


def reader_settings(corpus: Mapping[str, Any]) -> dict[str, Any]:
    """The settings of a corpus that the reader of its labels takes."""
    return {name: corpus[name] for name in FORMATS[corpus["kind"]].settings}
