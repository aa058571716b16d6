"""The corpora that can be listed, by kind."""

from affectflow.config.corpora import AffWild2Corpus, Corpus, DemoCorpus
from affectflow.corpus.affwild2 import list_affwild2
from affectflow.corpus.demo.listing import list_demo
from affectflow.corpus.folder import list_folder
from affectflow.corpus.listing import Listing


def list_corpus(corpus: Corpus, track: str) -> Listing:
    """List a corpus by its files; the demo also before it is made."""
    if isinstance(corpus, AffWild2Corpus):
        return list_affwild2(corpus, track)
    if isinstance(corpus, DemoCorpus):
        return list_demo(corpus)
    return list_folder(corpus)
