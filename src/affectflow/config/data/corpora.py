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
    """Additional settings of a corpus whose videos may be in S3-compatible storage."""

    endpoint_url: Annotated[str, Field(pattern=r"^https?://[^/]")] | None = None
    """Address of S3-compatible storage other than AWS, for example `https://minio.example.org:9000`. Credentials come
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
    """Name of the corpus in every path: `work/<name>/…`. The default is `affwild2` for edition `abaw2`, and
    `affwild2_abaw1` and `affwild2_abaw3` for the others."""
    edition: Release = "abaw2"
    """Release of the annotations. `abaw1` has 7 expressions and 8 action units. `abaw2`, used by Antoniadis et al., has
    7 and 12. `abaw3`, which stands for all later releases too, has 8 (the last is Other) and 12, and another total
    score. Valence and arousal are the same in all."""
    root: Folder
    """Folder with `videos/` and the annotation folders."""
    videos: Place = Path("videos")
    """Folder of videos, flat or in batch folders, relative to `root`; or the address of a folder in storage,
    `s3://bucket/prefix`."""
    annotations: Path | None = None
    """Folder that contains the challenge folders (`VA_Set` or `VA_Estimation_Challenge` …), relative to `root`. When
    not set, it is searched for below `root`."""
    test_list: dict[TrackName, Path] = {}
    """For each track, the official list of test subjects, one per line, relative to `root`. A list that is not set is
    searched for below `root` and recognised by its content (docs/corpora.md)."""
    test_sample: dict[TrackName, Path] = {}
    """For each track, the official sample prediction file, relative to `root`. The submission has the same rows in the
    same order. A sample that is not set is searched for below `root` and recognised by its content."""
    cropped_aligned: Path | None = None
    """Folder of the official aligned faces, `<subject>/00001.jpg`, relative to `root`. Used with `faces.source:
    official`."""
    tolerance: Annotated[int, Field(ge=0)] = 1
    """Largest accepted difference between a subject's numbers of decoded frames and label rows; rows are then matched
    by frame number. A larger difference is an error: participants met differences of one, and a larger one means that
    labels and video do not belong together. Official aligned faces may exceed the decoded frames by the same number."""
    exclude: tuple[str, ...] = ()
    """Subjects or videos to leave out in every track that has them, for example because a file is damaged beyond use.
    Every start names them, and the submission lacks their test rows."""
    held_out: dict[TrackName, Path] = {}
    """For each track, the folder of test labels, relative to `root`. Only the demo's test score reads it; a real corpus
    has none."""

    @model_validator(mode="before")
    @classmethod
    def _named_by_edition(cls, values: Any) -> Any:
        return _name_by_edition(values, {edition: f"affwild2_{edition}" for edition in ("abaw1", "abaw3")})


class FolderCorpus(_InStorage):
    """Any folder of videos without labels, on disk or in storage, for prediction."""

    kind: Literal["folder"]
    name: Name = "folder"
    """Name of the corpus in every path: `work/<name>/…`."""
    root: Annotated[Place, InProject]
    """The folder, or the address of a folder in S3-compatible storage, `s3://bucket/prefix` (docs/remote_data.md). All
    subfolders are searched for videos."""


class OmgLists(Settings):
    """Lists of OMG-Emotion for each split, relative to `corpus.root`."""

    train: Path = Path("omg_TrainVideos.csv")
    """List with labels."""
    validation: Path = Path("omg_ValidationVideos.csv")
    """List with labels."""
    test: Path = Path("omg_TestVideos_WithoutLabels.csv")
    """List with or without labels; labels are not read."""


class OmgClips(Settings):
    """Folders of the clips of OMG-Emotion for each split, `<video>/utterance_1.mp4`, relative to `corpus.root`: the
    `--target-dir` of the organisers' `prepare_data.py`. Splits may share a folder."""

    train: Path = Path("omg_Train")
    """Clips of the training split."""
    validation: Path = Path("omg_Validation")
    """Clips of the validation split."""
    test: Path = Path("omg_Test")
    """Clips of the test split."""


class OmgCorpus(Settings):
    """OMG-Emotion (Barros et al. 2018): valence and arousal of utterances, for track `va` only."""

    kind: Literal["omg"]
    name: Name = "omg"
    """Name of the corpus in every path: `work/<name>/…`."""
    edition: Release = "abaw2"
    """As for Aff-Wild2; valence and arousal are the same in all editions."""
    root: Folder
    """Folder with the lists and the clip folders."""
    lists: OmgLists = OmgLists()
    clips: OmgClips = OmgClips()


class DemoCorpus(Settings):
    """The synthetic demo corpus that a rule makes, in exactly the layout of Aff-Wild2."""

    kind: Literal["demo"]
    name: Name = "demo"
    """Name of the corpus in every path: `work/<name>/…`."""
    edition: Release = "abaw2"
    """As for Aff-Wild2: the annotated expressions and action units. Videos, valence and arousal are the same in all
    editions."""
    root: ProjectPath = Path("data/demo")
    """Folder where the corpus is made."""
    seed: int = 0
    """Determines every random choice of the corpus."""
    subjects: tuple[Annotated[int, Field(ge=1)], Annotated[int, Field(ge=1)], Annotated[int, Field(ge=1)]] = (
        12,
        6,
        6,
    )
    """Number of subjects for training, validation and test."""
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
    """Aff-Wild, the challenge of 2017: valence and arousal for every frame."""

    kind: Literal["affwild"]
    name: Name = "affwild"
    """Name of the corpus in every path: `work/<name>/…`."""
    root: Folder
    """Folder with `videos/{train,test}/` and `annotations/train/{valence,arousal}/`."""
    validation_share: Annotated[float, Field(ge=0, lt=1)] = 0.2
    """Share of the official training videos that is used for validation, because there is no official validation split:
    the first videos in the order of the SHA-256 of their names."""
    validation: tuple[str, ...] = ()
    """Names of the training videos that are used for validation, instead of `validation_share`."""
    tolerance: Annotated[int, Field(ge=0)] = 1
    """As for Aff-Wild2."""
    exclude: tuple[str, ...] = ()
    """Videos to leave out; every start names them."""


class AfewVaCorpus(Settings):
    """AFEW-VA: 600 clips of films as folders of pictures, with valence and arousal for every frame."""

    kind: Literal["afewva"]
    name: Name = "afewva"
    """Name of the corpus in every path: `work/<name>/…`."""
    root: Folder
    """Folder with `001/` to `600/`, here or one folder down."""
    rate: Annotated[float, Field(gt=0, le=1000)] = 25.0
    """Pictures per second. The clips are those of AFEW, cut from films with 25 frames per second."""
    splits: Splits = Splits()
    """Splits by clip; a clip's name is its number. An actor may appear in several clips: only lists can keep them
    together."""
    tolerance: Annotated[int, Field(ge=0)] = 0
    """As for Aff-Wild2."""
    exclude: tuple[str, ...] = ()
    """Clips to leave out; every start names them."""


class DisfaCorpus(Settings):
    """DISFA: 27 people, each filmed by two cameras, with intensities of 12 action units."""

    kind: Literal["disfa"]
    name: Name = "disfa"
    """Name of the corpus in every path: `work/<name>/…`."""
    edition: Literal["disfa"] = "disfa"
    """The 12 action units of DISFA."""
    root: Folder
    """Folder with `ActionUnit_Labels/` and the folders of each camera's videos."""
    cameras: Annotated[tuple[Literal["left", "right"], ...], Field(min_length=1)] = ("left", "right")
    """Cameras whose videos are used. Kollias and Zafeiriou count the 54 videos of both (table I); many others use
    one."""
    active: Annotated[int, Field(ge=1, le=5)] = 2
    """Smallest intensity, on a scale of 0 to 5, at which an action unit counts as active."""
    splits: Splits = Splits()
    """Splits by person: `SN001` …."""
    tolerance: Annotated[int, Field(ge=0)] = 1
    """As for Aff-Wild2."""
    exclude: tuple[str, ...] = ()
    """People or videos to leave out; every start names them."""


class Bp4dCorpus(Settings):
    """BP4D and BP4D+: each person's tasks as folders of pictures, with occurrences of action units."""

    kind: Literal["bp4d"]
    name: Name = "bp4d"
    """Name of the corpus in every path: `work/<name>/…`. The default is `bp4d_plus` for that edition."""
    edition: Literal["bp4d", "bp4d_plus"] = "bp4d"
    """Which of the two corpora this is, and so which 12 action units it has."""
    root: Folder
    """Folder with the pictures, `F001/T1/0000.jpg` …, here or in `2D+3D/`, and with `AUCoding/`."""
    rate: Annotated[float, Field(gt=0, le=1000)] = 25.0
    """Pictures per second. Both corpora were recorded with 25 (Zhang et al. 2014; Zhang et al. 2016)."""
    first_picture: Literal[0, 1] = 0
    """Number of the first picture of every video. Copies of the corpus differ; if the first picture has another number,
    there is an error."""
    first_frame: Literal[0, 1] = 1
    """Number that the coding gives to a video's first picture; the coding counts from 1. If a coded frame means the
    picture with the same number, as several public loaders assume, set the value of `first_picture`."""
    splits: Splits = Splits()
    """Splits by person: `F001` …, `M001` …."""
    exclude: tuple[str, ...] = ()
    """People or videos (`F001_T1`) to leave out; every start names them."""

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
