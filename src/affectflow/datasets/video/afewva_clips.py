"""Clips of AFEW-VA on disk, for what reads them as videos and for what reads them as still pictures."""

from collections.abc import Collection
from pathlib import Path

from affectflow.core.errors import InputError
from affectflow.datasets.video.annotated import check_found

_NAME = "[0-9][0-9][0-9]"


def find_clips(root: Path, exclude: Collection[str] = ()) -> dict[str, Path]:
    """The folders `001` … of pictures `00000.png` …, each with its labels (`labels_of`), by name and in its order; of
    clips of `exclude`, which is not read, labels are not looked for.

    Raises:
        InputError: there is none, one has no labels, or two are of one name.
    """
    folders: dict[str, Path] = {}
    for folder in sorted([*root.glob(_NAME), *root.glob(f"*/{_NAME}")]):
        if folder.is_dir():
            if folder.name in folders:
                raise InputError(f"{folders[folder.name]} and {folder}: both are clip {folder.name}; remove one")
            folders[folder.name] = folder
    if not folders:
        raise InputError(f"{root}: no folder 001 to 600 in it or one folder down; set the corpus's root")
    label_files = [labels_of(folder) for name, folder in folders.items() if name not in exclude]
    check_found(f"{root}: no labels", [path for path in label_files if not path.is_file()])
    return dict(sorted(folders.items()))


def labels_of(clip: Path) -> Path:
    """The label file of the clip in a folder."""
    return clip / f"{clip.name}.json"
