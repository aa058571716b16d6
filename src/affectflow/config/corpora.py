"""Where a corpus lies, on disk or in storage, and how it is read."""

import re
from pathlib import Path
from typing import Annotated, Any, Literal, Self

from pydantic import BeforeValidator, Field, model_validator

from affectflow.config.base import Name, Settings
from affectflow.tracks import Release, TrackName

_ADDRESS = re.compile(r"s3://[a-z0-9][a-z0-9.-]{1,61}[a-z0-9](/.*)?")


def _place(value: Any) -> Any:
    if not isinstance(value, str):
        return value
    if not re.match(r"[A-Za-z][A-Za-z0-9+.-]*:/", value):
        return Path(value)
    if not _ADDRESS.fullmatch(value):
        raise ValueError("expected a folder or s3://BUCKET/PREFIX; a bucket's name has 3 to 63 of a-z, 0-9, . and -")
    return value


def _folder(value: Any) -> Any:
    if isinstance(_place(value), str):
        raise ValueError("expected a folder on this machine; only the videos may lie in storage (docs/remote_data.md)")
    return value


# A path, or the text of an address.
Place = Annotated[Path | str, BeforeValidator(_place)]
Folder = Annotated[Path, BeforeValidator(_folder)]


class _InStorage(Settings):
    """What a corpus whose videos may lie in S3-compatible storage has beside its own settings."""

    endpoint_url: Annotated[str, Field(pattern=r"^https?://[^/]")] | None = None
    """Where S3-compatible storage other than AWS answers, such as `https://minio.example.org:9000`. Credentials come
    from the environment or `~/.aws`, never from settings."""

    @model_validator(mode="after")
    def _no_credentials(self) -> Self:
        # Of the whole group, as an error about one setting shows its value.
        if self.endpoint_url and "@" in self.endpoint_url:
            raise ValueError("endpoint_url names a user or password; expected them in the environment or ~/.aws")
        return self


class AffWild2Corpus(_InStorage):
    """Aff-Wild2 (ABAW) as the organisers distribute it."""

    kind: Literal["affwild2"]
    name: Name = "affwild2"
    """Names the corpus in every path: `work/<name>/…`."""
    edition: Release = "abaw2"
    """Release of the annotations. Paper 000 is `abaw2`: 7 expressions, 12 action units. `abaw1` has 7 and 8; `abaw3`,
    which stands for all later releases too, 8 (the last is Other) and 12, and other totals. Valence and arousal are the
    same in all."""
    root: Folder
    """Folder with `videos/` and the annotation folders."""
    videos: Place = Path("videos")
    """Folder of videos, flat or in batches, relative to `root`; or the address of one in storage,
    `s3://bucket/prefix`."""
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


class FolderCorpus(_InStorage):
    """Any folder of videos without labels, on disk or in storage: for prediction."""

    kind: Literal["folder"]
    name: Name = "folder"
    """Names the corpus in every path: `work/<name>/…`."""
    root: Place
    """The folder, or the address of one in S3-compatible storage, `s3://bucket/prefix` (docs/remote_data.md); searched
    for videos through all its subfolders."""


class OmgLists(Settings):
    """The lists of OMG-Emotion by split, relative to `corpus.root`."""

    train: Path = Path("omg_TrainVideos.csv")
    """With labels."""
    validation: Path = Path("omg_ValidationVideos.csv")
    """With labels."""
    test: Path = Path("omg_TestVideos_WithoutLabels.csv")
    """With or without labels: they are not read."""


class OmgClips(Settings):
    """Folders of the clips of OMG-Emotion by split, `<video>/utterance_1.mp4`, relative to `corpus.root`: what the
    organisers' `prepare_data.py` was told as `--target-dir`. Splits may share one."""

    train: Path = Path("omg_Train")
    """Of the training split."""
    validation: Path = Path("omg_Validation")
    """Of the validation split."""
    test: Path = Path("omg_Test")
    """Of the test split."""


class OmgCorpus(Settings):
    """OMG-Emotion (Barros et al. 2018): valence and arousal of utterances, for track `va` alone."""

    kind: Literal["omg"]
    name: Name = "omg"
    """Names the corpus in every path: `work/<name>/…`."""
    edition: Release = "abaw2"
    """As for Aff-Wild2; valence and arousal are the same in all."""
    root: Folder
    """Folder with the lists and the folders of clips."""
    lists: OmgLists = OmgLists()
    clips: OmgClips = OmgClips()


class DemoCorpus(Settings):
    """The synthetic demonstration corpus: made by a rule, in exactly the layout of Aff-Wild2."""

    kind: Literal["demo"]
    name: Name = "demo"
    """Names the corpus in every path: `work/<name>/…`."""
    edition: Release = "abaw2"
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


Corpus = Annotated[AffWild2Corpus | FolderCorpus | OmgCorpus | DemoCorpus, Field(discriminator="kind")]
