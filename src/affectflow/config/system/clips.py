"""What a run of whole clips must agree in: corpus, track, and the features that networks read."""

from collections.abc import Mapping

from affectflow.config.base import Name
from affectflow.config.data.clip_corpora import HumeCorpus, HumeDemoCorpus
from affectflow.config.data.corpora import Corpus, FolderCorpus
from affectflow.config.model.feature_sets import FeatureSet
from affectflow.config.system.branch import Branch
from affectflow.config.system.systems import TrackSystem
from affectflow.core.tracks import TrackName, track_of


def annotates_clips(corpus: Corpus) -> bool:
    """Whether a corpus is annotated by clip."""
    return isinstance(corpus, HumeCorpus | HumeDemoCorpus)


def check_clips(corpus: Corpus, used: Mapping[TrackName, TrackSystem]) -> None:
    """ValueError where the corpus is not annotated with what the run's tracks ask for.

    Args:
        corpus: the run's.
        used: its tracks.
    """
    whole = [name for name in used if track_of(name).per_clip]
    if isinstance(corpus, FolderCorpus) or (annotates_clips(corpus) and len(whole) == len(used)):
        return
    if annotates_clips(corpus):
        raise ValueError(
            f"tracks are {', '.join(used)}, and a corpus of kind {corpus.kind} annotates the intensity of reactions "
            "alone: set tracks: [eri]"
        )
    if whole:
        others = [name for name in used if name not in whole]
        raise ValueError(
            f"track {whole[0]} is of clips that are annotated as a whole, and a corpus of kind {corpus.kind} has none; "
            f"set tracks: [{', '.join(others) or 'others'}], or another corpus"
        )


def check_senses(where: str, branch: Branch, features: Mapping[Name, FeatureSet]) -> None:
    """ValueError where a branch that reads sets by what they are of lacks one, or has one that it does not read.

    Args:
        where: its place in the settings, for messages.
        branch: settings.
        features: the system's sets.
    """
    streamed = {stream.removesuffix("_features") for stream in branch.streams if stream.endswith("_features")}
    if not streamed or branch.features is None:
        return
    extracted = {features[name].sense for name in branch.features.sets}
    if streamed != extracted:
        raise ValueError(
            f"{where}.streams reads features of {' and '.join(sorted(streamed))}, and features.sets names sets of "
            f"{' and '.join(sorted(extracted)) or 'nothing'}; change one"
        )
