"""Where a corpus lies on disk and how it is read."""

from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field

from affectflow.config.base import Settings
from affectflow.tracks import Edition, TrackName

Name = Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9._+-]*$")]


class AffWild2Corpus(Settings):
    """Aff-Wild2 (ABAW) as the organisers distribute it."""

    kind: Literal["affwild2"]
    name: Name = "affwild2"
    """Names the corpus in every path: `work/<name>/…`."""
    edition: Edition = "abaw2"
    """Release of the annotations. Paper 000 is `abaw2`: 7 expressions, 12 action units. `abaw1` has 7 and 8; `abaw3`,
    which stands for all later releases too, 8 (the last is Other) and 12, and other totals. Valence and arousal are the
    same in all."""
    root: Path
    """Folder with `videos/` and the annotation folders."""
    videos: Path = Path("videos")
    """Folder of videos, flat or in batches, relative to `root`."""
    annotations: Path | None = None
    """Folder that holds the challenge folders (`VA_Set` or `VA_Estimation_Challenge` …), relative to `root`;
    looked for under `root` when not given."""
    test_list: dict[TrackName, Path] = {}
    """Official list of test subjects, one a line, of each track, relative to `root`. A track's is looked for in
    `names_of_videos_in_each_test_set/` when not given."""
    test_sample: dict[TrackName, Path] = {}
    """Official sample prediction file of each track, whose rows and order the submission then has, relative to `root`.
    A track's is looked for in `prediction_files_format/` when not given."""
    cropped_aligned: Path | None = None
    """Folder of official aligned faces, `<subject>/00001.jpg`, relative to `root`; used with `faces.source:
    official`."""
    tolerance: Annotated[int, Field(ge=0)] = 1
    """Largest difference of decoded frames and label rows of a subject, in frames, that is reconciled by frame
    number. More is an error: past entries met differences of one, and a larger one means that labels and
    video do not belong together."""
    exclude: tuple[str, ...] = ()
    """Subjects or videos that are left out, for example because a file is damaged beyond use, in every track that has
    them. They are named at every start, and their test rows are missing from the submission."""
    held_out: dict[TrackName, Path] = {}
    """Folder of test labels of each track that only the declared demo test score reads, relative to `root`; none for
    a real corpus."""


class FolderCorpus(Settings):
    """Any folder of videos without labels: for prediction."""

    kind: Literal["folder"]
    name: Name = "folder"
    """Names the corpus in every path: `work/<name>/…`."""
    root: Path
    """The folder; searched for videos through all its subfolders."""


class DemoCorpus(Settings):
    """The synthetic demonstration corpus: made by a rule, in exactly the layout of Aff-Wild2."""

    kind: Literal["demo"]
    name: Name = "demo"
    """Names the corpus in every path: `work/<name>/…`."""
    edition: Edition = "abaw2"
    """As for Aff-Wild2: which expressions and action units are annotated. Videos, valence and arousal are the same in
    all."""
    root: Path = Path("data/demo")
    """Where it is made."""
    seed: int = 0
    """Fixes every random choice of the corpus."""
    subjects: tuple[Annotated[int, Field(ge=1)], Annotated[int, Field(ge=1)], Annotated[int, Field(ge=1)]] = (
        12,
        6,
        6,
    )
    """Subjects for training, validation and test."""
    seconds: Annotated[float, Field(ge=1, le=600)] = 8.0
    """Length of a video in seconds."""
    rate: Annotated[int, Field(ge=5, le=60)] = 15
    """Frames per second."""
    width: Annotated[int, Field(ge=160, multiple_of=2)] = 640
    """Width of a video in pixels."""
    height: Annotated[int, Field(ge=120, multiple_of=2)] = 360
    """Height of a video in pixels."""
    tolerance: Annotated[int, Field(ge=0)] = 1
    """As for Aff-Wild2."""


Corpus = Annotated[AffWild2Corpus | FolderCorpus | DemoCorpus, Field(discriminator="kind")]
