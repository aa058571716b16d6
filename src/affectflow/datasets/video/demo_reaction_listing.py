"""The demo corpus of reactions as the workflow lists it: from its plan, so also before it is made."""

from affectflow.config.data.clip_corpora import HumeDemoCorpus
from affectflow.datasets.video.demo_clips import HELD_OUT
from affectflow.datasets.video.demo_reactions import LABELS, PARTITION, plan_reactions
from affectflow.datasets.video.hume import listing_of, without_file
from affectflow.datasets.video.listing import Listing


def list_reactions(corpus: HumeDemoCorpus) -> Listing:
    """The listing that `list_hume` gives of the demo corpus once it is made, and its held-out labels."""
    reactions = plan_reactions(corpus)
    there = sorted((its for its in reactions if not its.listed_only), key=lambda its: its.name)
    return listing_of(
        files={its.name: corpus.root / its.clip.path for its in there},
        splits={its.name: its.clip.split for its in there},
        labels=corpus.root / LABELS,
        partition=corpus.root / PARTITION,
        remarks=tuple(without_file(its.name for its in reactions if its.listed_only)),
        held_out=corpus.root / HELD_OUT,
    )
