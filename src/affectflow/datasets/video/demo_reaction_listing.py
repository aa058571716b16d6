"""The demo corpus of reactions as the workflow lists it: from its plan, so also before it is made."""

from affectflow.config.data.clip_corpora import HumeDemoCorpus
from affectflow.datasets.video.demo_clips import HELD_OUT
from affectflow.datasets.video.demo_reactions import LABELS, PARTITION, plan_reactions
from affectflow.datasets.video.hume import describe_missing_files, listing_of
from affectflow.datasets.video.listing import Listing


def list_reactions(corpus: HumeDemoCorpus) -> Listing:
    """The listing that `list_hume` gives of the demo corpus once it is made, and its held-out labels."""
    reactions = plan_reactions(corpus)
    with_file = sorted(
        (reaction for reaction in reactions if not reaction.listed_only), key=lambda reaction: reaction.name
    )
    return listing_of(
        files={reaction.name: corpus.root / reaction.clip.path for reaction in with_file},
        splits={reaction.name: reaction.clip.split for reaction in with_file},
        labels=corpus.root / LABELS,
        partition=corpus.root / PARTITION,
        remarks=tuple(describe_missing_files(reaction.name for reaction in reactions if reaction.listed_only)),
        held_out=corpus.root / HELD_OUT,
    )
