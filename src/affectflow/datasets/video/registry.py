"""The corpora of videos that can be listed, by kind: a new one is a line here."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from affectflow.config.data.corpora import Corpus
from affectflow.core.tracks import TrackName
from affectflow.datasets.video.afewva import list_afewva
from affectflow.datasets.video.affwild import list_affwild
from affectflow.datasets.video.affwild2 import list_affwild2
from affectflow.datasets.video.bp4d import list_bp4d
from affectflow.datasets.video.demo_listing import list_demo
from affectflow.datasets.video.demo_reaction_listing import list_reactions
from affectflow.datasets.video.disfa import list_disfa
from affectflow.datasets.video.folder import list_folder
from affectflow.datasets.video.hume import list_hume
from affectflow.datasets.video.listing import Listing
from affectflow.datasets.video.omg import list_omg
from affectflow.remote.client import use_endpoint

Listings = dict[TrackName, Listing]


def _alike(lister: Callable[[Any], Listing]) -> Callable[[Any, Sequence[TrackName]], Listings]:
    """A lister of a corpus that has the same for each track."""
    return lambda corpus, tracks: dict.fromkeys(tracks, lister(corpus))


def _each(lister: Callable[[Any, TrackName], Listing]) -> Callable[[Any, Sequence[TrackName]], Listings]:
    """A lister that lists one track."""
    return lambda corpus, tracks: {track: lister(corpus, track) for track in tracks}


LISTERS: Mapping[str, Callable[[Any, Sequence[TrackName]], Listings]] = {
    "affwild2": list_affwild2,
    "folder": _alike(list_folder),
    "demo": _each(list_demo),
    "affwild": list_affwild,
    "afewva": list_afewva,
    "disfa": list_disfa,
    "bp4d": list_bp4d,
    "omg": _alike(list_omg),
    "hume": _alike(list_hume),
    "demo_hume": _alike(list_reactions),
}


def list_corpus(corpus: Corpus, tracks: Sequence[TrackName]) -> Listings:
    """List what each track has of a corpus, by its files; the demos also before they are made.

    From then on this process and its jobs ask the storage that `corpus.endpoint_url` names, where the corpus has one.
    """
    if endpoint := getattr(corpus, "endpoint_url", None):
        use_endpoint(endpoint)
    return LISTERS[corpus.kind](corpus, tracks)
