"""Corpora of short clips, each annotated as a whole with the intensity of seven reactions."""

from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field

from affectflow.config.base import Name, Settings
from affectflow.config.project import ProjectPath

Count = Annotated[int, Field(ge=1, le=30_000)]  # a clip's name has five digits


class HumeCorpus(Settings):
    """Hume-Reaction (MuSe 2022, ABAW5): 25,067 clips, for track `eri` alone."""

    kind: Literal["hume"]
    name: Name = "hume"
    """Names the corpus in every path: `work/<name>/…`."""
    root: ProjectPath
    """Folder with the tables and the videos."""
    labels: Path = Path("labels.csv")
    """Table of intensities: `File_ID` and one column a reaction, relative to `root`."""
    partition: Path | None = None
    """Table of splits: the clip and its split, relative to `root`; looked for there when not given
    (docs/corpora.md)."""
    videos: Path = Path("videos")
    """Folder of the clips, `<File_ID>.mp4` without the brackets of the tables, searched through all its subfolders;
    relative to `root`."""
    exclude: tuple[str, ...] = ()
    """Clips that are left out; they are named at every start."""


class HumeDemoCorpus(Settings):
    """A synthetic corpus: made by a rule, in exactly the layout of Hume-Reaction."""

    kind: Literal["demo_hume"]
    name: Name = "demo_hume"
    """Names the corpus in every path: `work/<name>/…`."""
    root: ProjectPath = Path("data/demo_hume")
    """Where it is made."""
    seed: int = 0
    """Fixes every random choice of the corpus."""
    clips: tuple[Count, Count, Count] = (72, 36, 36)
    """Clips for training, validation and test."""
    seconds: Annotated[float, Field(ge=1, le=60)] = 4.0
    """Length of a clip in seconds; every third has half of it, but 1 at least."""
    rate: Annotated[int, Field(ge=5, le=60)] = 10
    """Frames per second."""
    width: Annotated[int, Field(ge=160, multiple_of=2)] = 640
    """Width of a video in pixels."""
    height: Annotated[int, Field(ge=120, multiple_of=2)] = 360
    """Height of a video in pixels."""
