"""How each kind of corpus is listed and its label files are read: a new one is a line here, and one for its settings in
`affectflow.config.data.corpora`. Free of imports: the workflow asks it whose code a job runs."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

_HERE = "affectflow.datasets.video"


@dataclass(frozen=True)
class CorpusFormat:
    """How one kind of corpus is listed and its label files are read; modules are imported only where they are used."""

    lister: str
    """`module:function` of (settings, tracks) to the listing of each track."""
    reader: str
    """`module:function` that reads the label files of a subject; see `labels.Reader`."""
    settings: tuple[str, ...] = ()
    """Settings of the corpus that the reader takes by name: labels are read again when one of them changes."""
    partial: bool = False
    """Whether label files may annotate a part of a video alone: they name their frames, and no other is annotated."""
    listed: Literal["together", "each", "alike"] = "together"
    """What the lister takes beside the settings and gives: `together` all tracks, and the listing of each; `each` one
    track, and its listing; `alike` nothing, and the listing of any track."""


FORMATS: Mapping[str, CorpusFormat] = {
    "affwild2": CorpusFormat(f"{_HERE}.affwild2:list_affwild2", f"{_HERE}.abaw_labels:read_subject"),
    "demo": CorpusFormat(f"{_HERE}.demo_listing:list_demo", f"{_HERE}.abaw_labels:read_subject", listed="each"),
    "folder": CorpusFormat(f"{_HERE}.folder:list_folder", f"{_HERE}.labels:read_none", listed="alike"),
    "affwild": CorpusFormat(f"{_HERE}.affwild:list_affwild", f"{_HERE}.affwild_labels:read_subject"),
    "afewva": CorpusFormat(f"{_HERE}.afewva:list_afewva", f"{_HERE}.afewva_labels:read_subject"),
    "disfa": CorpusFormat(f"{_HERE}.disfa:list_disfa", f"{_HERE}.disfa_labels:read_subject", ("active",)),
    "bp4d": CorpusFormat(
        f"{_HERE}.bp4d:list_bp4d", f"{_HERE}.bp4d_labels:read_subject", ("first_frame",), partial=True
    ),
    "omg": CorpusFormat(f"{_HERE}.omg:list_omg", f"{_HERE}.omg_list:read_utterance", listed="alike"),
    "hume": CorpusFormat(f"{_HERE}.hume:list_hume", f"{_HERE}.hume_tables:read_clip", listed="alike"),
    "demo_hume": CorpusFormat(
        f"{_HERE}.demo_reaction_listing:list_reactions", f"{_HERE}.hume_tables:read_clip", listed="alike"
    ),
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
