"""AFEW-VA on disk."""

from collections.abc import Sequence
from pathlib import Path

from affectflow.config.corpora import AfewVaCorpus
from affectflow.corpus.annotated import Clip, check_found, check_tracks, kept, listing_of, split_people
from affectflow.corpus.listing import Listing
from affectflow.corpus.shard import Numbering
from affectflow.errors import InputError
from affectflow.tracks import TrackName

_NAME = "[0-9][0-9][0-9]"


def list_afewva(corpus: AfewVaCorpus, tracks: Sequence[TrackName]) -> dict[TrackName, Listing]:
    """The folders `001` … of pictures `00000.png` …, each with its labels `001.json`.

    Raises:
        InputError: there is none, one has no labels, or two are of one name.
    """
    check_tracks(tracks, "va", corpus.name)
    found: dict[str, Path] = {}
    for folder in sorted([*corpus.root.glob(_NAME), *corpus.root.glob(f"*/{_NAME}")]):
        if folder.is_dir():
            if folder.name in found:
                raise InputError(f"{found[folder.name]} and {folder}: both are clip {folder.name}; remove one")
            found[folder.name] = folder
    if not found:
        raise InputError(f"{corpus.root}: no folder 001 to 600 in it or one folder down; set corpus.root")
    labels = {name: folder / f"{name}.json" for name, folder in found.items()}
    check_found(f"{corpus.root}: no labels", [path for path in labels.values() if not path.is_file()])
    numbering = Numbering(0, corpus.rate)
    clips = kept([Clip(name, path, name, (labels[name],), numbering) for name, path in found.items()], corpus.exclude)
    splits = split_people([clip.person for clip in clips], corpus.splits)
    return dict.fromkeys(tracks, listing_of(clips, splits, corpus.exclude))
