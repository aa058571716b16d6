"""Corpora of short clips, each annotated as a whole with the intensity of seven reactions."""

from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field

from affectflow.config.base import Name, Settings
from affectflow.config.project import ProjectPath

Count = Annotated[int, Field(ge=1, le=30_000)]  # a clip's name has five digits


class HumeCorpus(Settings):
    """Hume-Reaction (MuSe 2022, ABAW5): 25,067 clips, for track `eri` only."""

    kind: Literal["hume"]
    name: Name = "hume"
    """Name of the corpus in every path: `work/<name>/…`."""
    root: ProjectPath
    """Folder with the tables and the videos."""
    labels: Path = Path("labels.csv")
    """Table of intensities, relative to `root`: `File_ID` and one column for each reaction."""
    partition: Path | None = None
    """Table of splits, relative to `root`: the clip and its split. When not set, it is searched for in `root`
    (docs/corpora.md)."""
    videos: Path = Path("videos")
    """Folder of the clips, relative to `root`, searched through all its subfolders. Files are called `<File_ID>.mp4`,
    without the brackets of the tables."""
    exclude: tuple[str, ...] = ()
    """Clips to leave out; every start names them."""


class HumeDemoCorpus(Settings):
    """A synthetic corpus that a rule makes, in exactly the layout of Hume-Reaction."""

    kind: Literal["demo_hume"]
    name: Name = "demo_hume"
    """Name of the corpus in every path: `work/<name>/…`."""
    root: ProjectPath = Path("data/demo_hume")
    """Folder where the corpus is made."""
    seed: int = 0
    """Determines every random choice of the corpus."""
    clips: tuple[Count, Count, Count] = (72, 36, 36)
    """Number of clips for training, validation and test."""
    seconds: Annotated[float, Field(ge=1, le=60)] = 4.0
    """Length of a clip in seconds. Every third clip has half this length, but at least 1 second."""
    rate: Annotated[int, Field(ge=5, le=60)] = 10
    """Frames per second."""
    width: Annotated[int, Field(ge=160, multiple_of=2)] = 640
    """Width of a video in pixels."""
    height: Annotated[int, Field(ge=120, multiple_of=2)] = 360
    """Height of a video in pixels."""
