"""AFEW-VA on disk."""

from collections.abc import Sequence

from affectflow.config.data.corpora import AfewVaCorpus
from affectflow.core.tracks import TrackName
from affectflow.datasets.video.afewva_clips import find_clips, labels_of
from affectflow.datasets.video.annotated import Clip, check_tracks, drop_excluded, listing_of, split_people
from affectflow.datasets.video.listing import Listing
from affectflow.datasets.video.shard import Numbering


def list_afewva(corpus: AfewVaCorpus, tracks: Sequence[TrackName]) -> dict[TrackName, Listing]:
    """The folders `001` … of pictures `00000.png` …, each with its labels `001.json`.

    Raises:
        InputError: there is none, one has no labels, or two are of one name.
    """
    check_tracks(tracks, "va", corpus.name)
    numbering, folders = Numbering(0, corpus.rate), find_clips(corpus.root, corpus.exclude)
    all_clips = [Clip(name, folder, name, (labels_of(folder),), numbering) for name, folder in folders.items()]
    clips = drop_excluded(all_clips, corpus.exclude)
    splits = split_people([clip.person for clip in clips], corpus.splits)
    return dict.fromkeys(tracks, listing_of(clips, splits, corpus.exclude))
