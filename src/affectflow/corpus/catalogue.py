"""The corpora that can be listed, by kind."""

from collections.abc import Sequence

from affectflow.config.clip_corpora import HumeCorpus, HumeDemoCorpus
from affectflow.config.corpora import (
    AfewVaCorpus,
    AffWild2Corpus,
    AffWildCorpus,
    Bp4dCorpus,
    Corpus,
    DemoCorpus,
    DisfaCorpus,
    FolderCorpus,
    OmgCorpus,
)
from affectflow.corpus.afewva import list_afewva
from affectflow.corpus.affwild import list_affwild
from affectflow.corpus.affwild2 import list_affwild2
from affectflow.corpus.bp4d import list_bp4d
from affectflow.corpus.demo.listing import list_demo
from affectflow.corpus.demo.reaction_listing import list_reactions
from affectflow.corpus.disfa import list_disfa
from affectflow.corpus.folder import list_folder
from affectflow.corpus.hume import list_hume
from affectflow.corpus.listing import Listing
from affectflow.corpus.omg import list_omg
from affectflow.remote.client import use_endpoint
from affectflow.tracks import TrackName


def list_corpus(corpus: Corpus, tracks: Sequence[TrackName]) -> dict[TrackName, Listing]:
    """List what each track has of a corpus, by its files; the demos also before they are made.

    From then on this process and its jobs ask the storage that `corpus.endpoint_url` names.
    """
    if isinstance(corpus, AffWild2Corpus | FolderCorpus) and corpus.endpoint_url:
        use_endpoint(corpus.endpoint_url)
    if isinstance(corpus, AffWild2Corpus):
        return list_affwild2(corpus, tracks)
    if isinstance(corpus, DemoCorpus):
        return {track: list_demo(corpus, track) for track in tracks}
    if isinstance(corpus, AffWildCorpus):
        return list_affwild(corpus, tracks)
    if isinstance(corpus, AfewVaCorpus):
        return list_afewva(corpus, tracks)
    if isinstance(corpus, DisfaCorpus):
        return list_disfa(corpus, tracks)
    if isinstance(corpus, Bp4dCorpus):
        return list_bp4d(corpus, tracks)
    if isinstance(corpus, OmgCorpus):
        return dict.fromkeys(tracks, list_omg(corpus))
    if isinstance(corpus, HumeCorpus):
        return dict.fromkeys(tracks, list_hume(corpus))
    if isinstance(corpus, HumeDemoCorpus):
        return dict.fromkeys(tracks, list_reactions(corpus))
    return dict.fromkeys(tracks, list_folder(corpus))
