"""What the listings of annotated corpora without official splits share: tracks, splits, and what is left out."""

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from affectflow.config.data.splits import Splits
from affectflow.core.errors import InputError
from affectflow.core.tracks import TrackName
from affectflow.datasets.video.listing import Listing
from affectflow.datasets.video.shard import Numbering, Subject, Video

_SHOWN = 20


@dataclass(frozen=True)
class Clip:
    """A video of one person and its label files."""

    video: str
    path: Path
    person: str
    labels: tuple[Path, ...]
    """Empty for a video that is for testing alone."""
    numbering: Numbering | None = None


def check_tracks(tracks: Iterable[TrackName], annotated: TrackName, corpus: str) -> None:
    """InputError where another track than the one that a corpus annotates is asked for."""
    if others := [name for name in tracks if name != annotated]:
        raise InputError(
            f"corpus {corpus} is annotated for track {annotated} alone, not for {', '.join(others)}; set tracks: "
            f"[{annotated}]"
        )


def by_hash(names: Iterable[str]) -> list[str]:
    """Names in an order that looks random and is the same everywhere: by SHA-256."""
    return sorted(names, key=lambda name: hashlib.sha256(name.encode()).digest())


def split_people(people: Iterable[str], splits: Splits) -> dict[str, str]:
    """The split of each person, by the lists where there are any, else by shares.

    Raises:
        InputError: lists do not name everybody, or name nobody of the corpus.
    """
    ordered = by_hash(set(people))
    lists = {"train": splits.train, "validation": splits.validation, "test": splits.test}
    if any(lists.values()):
        listed = {name: split for split, names in lists.items() for name in names}
        if unknown := sorted(listed.keys() - set(ordered)):
            raise InputError(
                f"corpus.splits: names {_join_names(unknown)}, not in the corpus; its people are {_join_names(ordered)}"
            )
        if unlisted := sorted(set(ordered) - listed.keys()):
            raise InputError(
                f"corpus.splits: names {_join_names(unlisted)} in no list; add to one, or to corpus.exclude"
            )
        return listed
    train_end = round(len(ordered) * splits.shares[0])
    validation_end = round(len(ordered) * (splits.shares[0] + splits.shares[1]))
    return {
        name: "train" if index < train_end else "validation" if index < validation_end else "test"
        for index, name in enumerate(ordered)
    }


def drop_excluded(clips: Sequence[Clip], exclude: Sequence[str]) -> list[Clip]:
    """Clips but those that the settings leave out by the name of video or person; InputError where one is unknown."""
    known_names = {name for clip in clips for name in (clip.video, clip.person)}
    for name in exclude:
        if name not in known_names:
            raise InputError(f"corpus.exclude: no video or person is named {name!r}")
    return [clip for clip in clips if not {clip.video, clip.person} & set(exclude)]


def listing_of(
    clips: Iterable[Clip],
    split_of: Mapping[str, str],
    exclude: tuple[str, ...] = (),
    unused: tuple[Path, ...] = (),
    remarks: Sequence[str] = (),
) -> Listing:
    """The listing of clips, each with one subject of its name; `split_of` is by person.

    Raises:
        InputError: nobody is in the training or in the validation split.
    """
    ordered = sorted(clips, key=lambda clip: clip.video)
    splits = {clip.video: split_of[clip.person] for clip in ordered}
    for split in ("train", "validation"):
        if split not in splits.values():
            raise InputError(
                f"the {split} split is empty, of {len(splits)} videos; change the shares or lists of splits"
            )
    return Listing(
        videos=tuple(Video(clip.video, clip.path, (Subject(clip.video),), clip.numbering) for clip in ordered),
        splits=splits,
        labels={clip.video: clip.labels for clip in ordered if clip.labels},
        unused=unused,
        excluded=exclude,
        remarks=tuple(remarks),
    )


def check_found(message: str, missing: Sequence[object]) -> None:
    """InputError that names files that are missing, if any."""
    if missing:
        raise InputError(f"{message} for {len(missing)}: {_join_names(map(str, missing))}")


def _join_names(names: Iterable[str]) -> str:
    all_names = list(names)
    return ", ".join(all_names[:_SHOWN]) + (", …" if len(all_names) > _SHOWN else "")
