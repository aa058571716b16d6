"""Where a corpus lies, on disk or in storage, and how it is read."""

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, Literal, Self

from pydantic import BeforeValidator, Field, model_validator

from affectflow.config.base import Name, Settings
from affectflow.config.data.clip_corpora import HumeCorpus, HumeDemoCorpus
from affectflow.config.data.splits import Splits
from affectflow.config.project import InProject, ProjectPath
from affectflow.config.secrets import secret_in
from affectflow.core.tracks import Release, TrackName

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
Folder = Annotated[Path, BeforeValidator(_folder), InProject]


class _InStorage(Settings):
    """What a corpus whose videos may lie in S3-compatible storage has beside its own settings."""

    endpoint_url: Annotated[str, Field(pattern=r"^https?://[^/]")] | None = None
    """Where S3-compatible storage other than AWS answers, such as `https://minio.example.org:9000`. Credentials come
    from the environment or `~/.aws`, never from settings."""

    @model_validator(mode="after")
    def _no_credentials(self) -> Self:
        # Of the whole group, as an error about one setting shows its value.
        if self.endpoint_url and (secret := secret_in(self.endpoint_url)):
            raise ValueError(f"endpoint_url holds {secret}; expected credentials in the environment or ~/.aws")
        return self


def _name_by_edition(values: Any, editions: Mapping[str, str]) -> Any:
    """Settings with the name that an edition has by default: labels, splits and scores of two never share a folder."""
    if isinstance(values, dict) and "name" not in values and (name := editions.get(str(values.get("edition")))):
        return values | {"name": name}
    return values


class AffWild2Corpus(_InStorage):
    """Aff-Wild2 (ABAW) as the organisers distribute it."""

    kind: Literal["affwild2"]
    name: Name = "affwild2"
    """Names the corpus in every path: `work/<name>/…`. By default `affwild2` is edition `abaw2`; the others are
    `affwild2_abaw1` and `affwild2_abaw3`."""
    edition: Release = "abaw2"
    """Release of the annotations. Antoniadis et al. have `abaw2`: 7 expressions, 12 action units. `abaw1` has 7 and 8;
    `abaw3`, which stands for all later releases too, 8 (the last is Other) and 12, and other totals. Valence and
    arousal are the same in all."""
    root: Folder
    """Folder with `videos/` and the annotation folders."""
    videos: Place = Path("videos")
    """Folder of videos, flat or in batches, relative to `root`; or the address of one in storage,
    `s3://bucket/prefix`."""
    annotations: Path | None = None
    """Folder that holds the challenge folders (`VA_Set` or `VA_Estimation_Challenge` …), relative to `root`;
    looked for under `root` when not given."""
    test_list: dict[TrackName, Path] = {}
    """Official list of test subjects, one a line, of each track, relative to `root`. A track's is looked for below
    `root` when not given, and told by what it holds (docs/corpora.md)."""
    test_sample: dict[TrackName, Path] = {}
    """Official sample prediction file of each track, whose rows and order the submission then has, relative to `root`.
    A track's is looked for below `root` when not given, and told by what it holds."""
    cropped_aligned: Path | None = None
    """Folder of official aligned faces, `<subject>/00001.jpg`, relative to `root`; used with `faces.source:
    official`."""
    tolerance: Annotated[int, Field(ge=0)] = 1
    """Largest difference of decoded frames and label rows of a subject, in frames, that is reconciled by frame
    number. More is an error: past entries met differences of one, and a larger one means that labels and
    video do not belong together. Official aligned faces may be numbered up to so many beyond the decoded frames."""
    exclude: tuple[str, ...] = ()
    """Subjects or videos that are left out, for example because a file is damaged beyond use, in every track that has
    them. They are named at every start, and their test rows are missing from the submission."""
    held_out: dict[TrackName, Path] = {}
    """Folder of test labels of each track that only the declared demo test score reads, relative to `root`; none for
    a real corpus."""

    @model_validator(mode="before")
    @classmethod
    def _named_by_edition(cls, values: Any) -> Any:
        return _name_by_edition(values, {edition: f"affwild2_{edition}" for edition in ("abaw1", "abaw3")})


class FolderCorpus(_InStorage):
    """Any folder of videos without labels, on disk or in storage: for prediction."""

    kind: Literal["folder"]
    name: Name = "folder"
    """Names the corpus in every path: `work/<name>/…`."""
    root: Annotated[Place, InProject]
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
    root: ProjectPath = Path("data/demo")
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


class AffWildCorpus(Settings):
    """Aff-Wild, the challenge of 2017: valence and arousal of every frame."""

    kind: Literal["affwild"]
    name: Name = "affwild"
    """Names the corpus in every path: `work/<name>/…`."""
    root: Folder
    """Folder with `videos/{train,test}/` and `annotations/train/{valence,arousal}/`."""
    validation_share: Annotated[float, Field(ge=0, lt=1)] = 0.2
    """Share of the official training videos that validate, as there is no official validation split: the first in the
    order of the SHA-256 of their names."""
    validation: tuple[str, ...] = ()
    """Names of the training videos that validate, in place of `validation_share`."""
    tolerance: Annotated[int, Field(ge=0)] = 1
    """As for Aff-Wild2."""
    exclude: tuple[str, ...] = ()
    """Videos that are left out; they are named at every start."""


class AfewVaCorpus(Settings):
    """AFEW-VA: 600 clips of films as folders of pictures, with valence and arousal of every frame."""

    kind: Literal["afewva"]
    name: Name = "afewva"
    """Names the corpus in every path: `work/<name>/…`."""
    root: Folder
    """Folder with `001/` to `600/`, here or one folder down."""
    rate: Annotated[float, Field(gt=0, le=1000)] = 25.0
    """Pictures a second: the clips are those of AFEW, cut from films of 25 frames a second."""
    splits: Splits = Splits()
    """By clip, whose name is its number: an actor may appear in several, which only lists can keep apart."""
    tolerance: Annotated[int, Field(ge=0)] = 0
    """As for Aff-Wild2."""
    exclude: tuple[str, ...] = ()
    """Clips that are left out; they are named at every start."""


class DisfaCorpus(Settings):
    """DISFA: 27 people, each filmed by two cameras, with intensities of 12 action units."""

    kind: Literal["disfa"]
    name: Name = "disfa"
    """Names the corpus in every path: `work/<name>/…`."""
    edition: Literal["disfa"] = "disfa"
    """Its 12 action units."""
    root: Folder
    """Folder with `ActionUnit_Labels/` and the folders of each camera's videos."""
    cameras: Annotated[tuple[Literal["left", "right"], ...], Field(min_length=1)] = ("left", "right")
    """Whose videos are used. Kollias and Zafeiriou count the 54 of both (table I); many others use one."""
    active: Annotated[int, Field(ge=1, le=5)] = 2
    """Intensity, of 0 to 5, from which on an action unit counts as shown."""
    splits: Splits = Splits()
    """By person: `SN001` …."""
    tolerance: Annotated[int, Field(ge=0)] = 1
    """As for Aff-Wild2."""
    exclude: tuple[str, ...] = ()
    """People or videos that are left out; they are named at every start."""


class Bp4dCorpus(Settings):
    """BP4D and BP4D+: tasks of each person as folders of pictures, with occurrences of action units."""

    kind: Literal["bp4d"]
    name: Name = "bp4d"
    """Names the corpus in every path: `work/<name>/…`. By default `bp4d_plus` where that is the edition."""
    edition: Literal["bp4d", "bp4d_plus"] = "bp4d"
    """Which of both, and so which action units: 12 in either."""
    root: Folder
    """Folder with the pictures, `F001/T1/0000.jpg` …, here or in `2D+3D/`, and with `AUCoding/`."""
    rate: Annotated[float, Field(gt=0, le=1000)] = 25.0
    """Pictures a second: both corpora were recorded at 25 (Zhang et al. 2014; Zhang et al. 2016)."""
    first_picture: Literal[0, 1] = 0
    """Number of every video's first picture. Copies differ; another number than this is an error."""
    first_frame: Literal[0, 1] = 1
    """Number by which the coding calls a video's first picture: its frames count from 1. Where a coded frame is
    meant to be the picture of the same number, as several public loaders take it, it is that of `first_picture`."""
    splits: Splits = Splits()
    """By person: `F001` …, `M001` …."""
    exclude: tuple[str, ...] = ()
    """People or videos (`F001_T1`) that are left out; they are named at every start."""

    @model_validator(mode="before")
    @classmethod
    def _named_by_edition(cls, values: Any) -> Any:
        return _name_by_edition(values, {"bp4d_plus": "bp4d_plus"})


SYNTHETIC = ("demo", "demo_hume")
"""Kinds of corpora that the workflow makes itself."""

Corpus = Annotated[
    AffWild2Corpus
    | FolderCorpus
    | DemoCorpus
    | AffWildCorpus
    | AfewVaCorpus
    | DisfaCorpus
    | Bp4dCorpus
    | OmgCorpus
    | HumeCorpus
    | HumeDemoCorpus,
    Field(discriminator="kind"),
]
