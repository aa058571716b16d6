"""DISFA on disk."""

import re
from collections.abc import Iterator, Sequence
from pathlib import Path

from affectflow.config.data.corpora import DisfaCorpus
from affectflow.core.errors import InputError
from affectflow.core.tracks import TrackName, track_of
from affectflow.datasets.video.annotated import Clip, check_found, check_tracks, drop_excluded, listing_of, split_people
from affectflow.datasets.video.listing import Listing, find_videos
from affectflow.datasets.video.video_names import describe_non_videos

_FOLDERS = ("Videos_{side}Camera", "Video_{side}Camera")
_PERSON = re.compile(r"SN\d{3}")


def list_disfa(corpus: DisfaCorpus, tracks: Sequence[TrackName]) -> dict[TrackName, Listing]:
    """The videos `LeftVideoSN001_comp.avi` … of the cameras, each with `ActionUnit_Labels/SN001/SN001_au<n>.txt` of all
    units. A video of a person without a folder of labels is left out and named in `unused`.

    Raises:
        InputError: a folder or label file is missing, a video's name holds no person, or a person has no video.
    """
    check_tracks(tracks, "au", corpus.name)
    root = corpus.root / "ActionUnit_Labels"
    if not root.is_dir():
        raise InputError(f"{root}: no such folder; expected SN001/SN001_au1.txt … in it")
    units = track_of("au", corpus.edition).targets
    people = {
        folder.name: tuple(folder / f"{folder.name}_{unit}.txt" for unit in units)
        for folder in sorted(root.iterdir())
        if folder.is_dir() and _PERSON.fullmatch(folder.name)
    }
    included = people.keys() - set(corpus.exclude)
    labels = [path for person in sorted(included) for path in people[person]]
    check_found(f"{root}: no label file", [path for path in labels if not path.is_file()])
    non_videos: list[str] = []
    videos = [(person, path) for side in corpus.cameras for person, path in _videos(corpus, side, non_videos)]
    for side in corpus.cameras:
        filmed = {person for person, path in videos if path.stem.lower().startswith(side)}
        check_found(f"{corpus.root}: no video of the {side} camera", sorted(included - filmed))
    unused = tuple(path for person, path in videos if person not in people)
    clips = [Clip(path.stem, path, person, people[person]) for person, path in videos if person in people]
    clips = drop_excluded(clips, corpus.exclude)
    splits = split_people([clip.person for clip in clips], corpus.splits)
    return dict.fromkeys(tracks, listing_of(clips, splits, corpus.exclude, unused, describe_non_videos(non_videos)))


def _videos(corpus: DisfaCorpus, side: str, non_videos: list[str]) -> Iterator[tuple[str, Path]]:
    """Person and file of each video of a camera; the suffix is `_comp` or `_Comp`. Others go to `non_videos`."""
    names = [template.format(side=side.capitalize()) for template in _FOLDERS]
    folders = [corpus.root / name for name in names if (corpus.root / name).is_dir()]
    if len(folders) != 1:
        state = "both" if folders else "neither"
        raise InputError(f"{corpus.root}: expected one folder {' or '.join(names)}, found {state}")
    for stem, path in find_videos(folders[0], non_videos).items():
        match = re.fullmatch(rf"{side}Video(SN\d{{3}})_comp", stem, re.IGNORECASE)
        if not match:
            raise InputError(
                f"{path}: expected a name such as {side.capitalize()}VideoSN001_comp.avi; move it elsewhere"
            )
        yield match[1].upper(), path
