"""A corpus of videos of any kind that is registered (`formats.FORMATS`), listed."""

from collections.abc import Callable, Sequence
from pkgutil import resolve_name
from typing import Any

from affectflow.config.data.corpora import Corpus
from affectflow.core.tracks import TrackName
from affectflow.datasets.video.formats import FORMATS
from affectflow.datasets.video.listing import Listing
from affectflow.remote.client import use_endpoint

Listings = dict[TrackName, Listing]


def list_corpus(corpus: Corpus, tracks: Sequence[TrackName]) -> Listings:
    """List what each track has of a corpus, by its files; the demos also before they are made.

    From then on this process and its jobs ask the storage that `corpus.endpoint_url` names, where the corpus has one.
    """
    if endpoint := getattr(corpus, "endpoint_url", None):
        use_endpoint(endpoint)
    spec = FORMATS[corpus.kind]
    lister: Callable[..., Any] = resolve_name(spec.lister)
    if spec.listed == "each":
        return {track: lister(corpus, track) for track in tracks}
    listings: Listings = dict.fromkeys(tracks, lister(corpus)) if spec.listed == "alike" else lister(corpus, tracks)
    return listings
