"""BP4D and BP4D+ on disk."""

import re
from collections.abc import Sequence
from pathlib import Path

from affectflow.config.data.corpora import Bp4dCorpus
from affectflow.core.errors import InputError
from affectflow.core.tracks import TrackName
from affectflow.datasets.video.annotated import Clip, check_found, check_tracks, drop_excluded, listing_of, split_people
from affectflow.datasets.video.listing import Listing
from affectflow.datasets.video.shard import Numbering

_CODING = ("AUCoding/AU_OCC", "AUCoding")
_PICTURES = ("2D+3D", ".")
_VIDEO = re.compile(r"([FM][0-9]{3})_(T[0-9]+)")


def list_bp4d(corpus: Bp4dCorpus, tracks: Sequence[TrackName]) -> dict[TrackName, Listing]:
    """The folders `F001/T1` … of pictures that `F001_T1.csv` codes. Tasks without coding, as most of BP4D+ are, are
    left out and named in `unused`.

    Raises:
        InputError: there is no coding, or a coded video has no folder of pictures.
    """
    check_tracks(tracks, "au", corpus.name)
    coding = {path.stem: path for path in _codings(corpus.root) if _VIDEO.fullmatch(path.stem)}
    if not coding:
        raise InputError(
            f"{corpus.root}: no coding; expected {' or '.join(f'{name}/F001_T1.csv' for name in _CODING)} …"
        )
    folders = _folders(corpus.root)
    numbering = Numbering(corpus.first_picture, corpus.rate)
    # A folder that is not there is looked for once it is known which videos are left out.
    all_clips = [
        Clip(name, folders.get(name, corpus.root / name), name[:4], (path,), numbering)
        for name, path in sorted(coding.items())
    ]
    clips = drop_excluded(all_clips, corpus.exclude)
    check_found(
        f"{corpus.root}: no folder of pictures, {' or '.join(_PICTURES)}/F001/T1,",
        [clip.video for clip in clips if clip.video not in folders],
    )
    splits = split_people([clip.person for clip in clips], corpus.splits)
    unused = tuple(folder for name, folder in folders.items() if name not in coding)
    return dict.fromkeys(tracks, listing_of(clips, splits, corpus.exclude, unused))


def _codings(root: Path) -> list[Path]:
    for name in _CODING:
        if (root / name).is_dir():
            return sorted((root / name).glob("*.csv"))
    return []


def _folders(root: Path) -> dict[str, Path]:
    """Folders of pictures by video."""
    base = next(root / name for name in _PICTURES if (root / name).is_dir() or name == ".")
    return {
        f"{folder.parent.name}_{folder.name}": folder
        for folder in sorted(base.glob("[FM][0-9][0-9][0-9]/T*"))
        if folder.is_dir() and _VIDEO.fullmatch(f"{folder.parent.name}_{folder.name}")
    }
