"""The corpora of still pictures that can be read, by kind."""

import os
from collections.abc import Sequence
from pathlib import Path

from affectflow.config.images import (
    AfewVaImages,
    AffectNetImages,
    DemoImages,
    EmotioNetImages,
    ExpWImages,
    FerPlusImages,
    ImageCorpus,
    RafDbCompoundImages,
    RafDbImages,
)
from affectflow.corpus.afewva_stills import afewva_labels, read_afewva
from affectflow.corpus.affectnet import find_affectnet
from affectflow.corpus.affectnet_first import read_first
from affectflow.corpus.affectnet_later import read_later
from affectflow.corpus.demo.drawn import drawn_folder
from affectflow.corpus.emotionet import emotionet_labels, read_emotionet
from affectflow.corpus.expw import expw_labels, read_expw
from affectflow.corpus.ferplus import ferplus_labels, read_ferplus
from affectflow.corpus.rafdb import rafdb_labels, read_rafdb
from affectflow.corpus.stills import Split, Still


def image_labels(corpus: ImageCorpus, split: Split) -> tuple[Path, ...]:
    """The lists or the folder that annotate a split; InputError, saying what was looked for, where there is none."""
    match corpus:
        case AffectNetImages():
            return (find_affectnet(corpus, split).labels,)
        case RafDbImages() | RafDbCompoundImages():
            return (rafdb_labels(corpus),)
        case EmotioNetImages():
            return (emotionet_labels(corpus),)
        case ExpWImages():
            return (expw_labels(corpus),)
        case FerPlusImages():
            return (ferplus_labels(corpus, split),)
        case AfewVaImages():
            return afewva_labels(corpus)
        case DemoImages():
            return (drawn_folder(corpus),)


def pictures_of(stills: Sequence[Still]) -> tuple[Path, ...]:
    """The folder in which all pictures of a split lie that faces are cut out of; none where there is no such folder."""
    folders = {its.path.parent for its in stills if its.annotation is not None and its.box is not None}
    folder = Path(os.path.commonpath(folders)) if folders else None
    return (folder,) if folder is not None and folder.is_dir() else ()


def list_images(corpus: ImageCorpus, split: Split) -> list[Still]:
    """The pictures of a split with their annotations; InputError names what is wrong with these."""
    match corpus:
        case AffectNetImages():
            place = find_affectnet(corpus, split)
            return (read_first if place.layout == "first" else read_later)(place.labels, place.pictures)
        case RafDbImages() | RafDbCompoundImages():
            return read_rafdb(corpus, split)
        case EmotioNetImages():
            return read_emotionet(corpus, split)
        case ExpWImages():
            return read_expw(corpus, split)
        case FerPlusImages():
            return read_ferplus(corpus, split)
        case AfewVaImages():
            return read_afewva(corpus, split)
        case DemoImages():
            return list_images(corpus.official, split)
