"""The corpora of still pictures that can be read, by layout."""

from pathlib import Path

from affectflow.config.images import ImageCorpus
from affectflow.corpus.affectnet import Place, Split, Still, find_affectnet
from affectflow.corpus.affectnet_first import read_first
from affectflow.corpus.affectnet_later import read_later


def image_labels(corpus: ImageCorpus, split: Split) -> Path:
    """The list or folder that annotates a split; InputError, saying what was looked for, where there is none."""
    return find_affectnet(corpus, split).labels


def list_images(corpus: ImageCorpus, split: Split) -> list[Still]:
    """The pictures of a split with their annotations; InputError names what is wrong with these."""
    place: Place = find_affectnet(corpus, split)
    return (read_first if place.layout == "first" else read_later)(place.labels, place.pictures)
