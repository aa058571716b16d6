"""Corpora of still pictures, from which encoders are pre-trained."""

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import Field

from affectflow.config.base import Settings
from affectflow.config.project import ProjectPath

Target = Literal["expression", "va", "compound", "au"]
"""What a corpus of still pictures may be annotated with."""


class _Images(Settings):
    """Settings of all corpora of still pictures."""

    root: ProjectPath
    """Folder of the corpus; docs/pretraining.md describes its layout."""
    size: Annotated[int, Field(ge=16, le=512)] = 112
    """Side of stored faces in pixels."""
    quality: Annotated[int, Field(ge=1, le=100)] = 95
    """JPEG quality of stored faces."""


class _Unsplit(_Images):
    """Settings of corpora without official splits."""

    validation_share: Annotated[float, Field(gt=0, le=1)] = 0.1
    """Share of the pictures that is used for validation, chosen by a hash of their names, or of the clips' names for
    AFEW-VA (docs/pretraining.md). 1 uses all pictures for validation, none for training."""


class AffectNetImages(_Images):
    """The manually annotated part of AffectNet (Mollahosseini et al. 2017)."""

    kind: Literal["affectnet"]
    layout: Literal["auto", "first", "later"] = "auto"
    """`first`: lists `training.csv` and `validation.csv` with face boxes, pictures of any size; `later`: `train_set/`
    and `val_set/` with cropped faces and one small file for each label; `auto`: whichever of the two is found."""


class _RafDb(_Images):
    """Settings of both subsets of RAF-DB."""

    faces: Literal["aligned", "original"] = "aligned"
    """`aligned`: the corpus's own aligned faces, uncropped; `original`: the pictures, from which faces are cropped with
    the corpus's own boxes."""


class RafDbImages(_RafDb):
    """RAF-DB, basic expressions (Li, Deng and Du 2017); its test set is the validation split."""

    kind: Literal["rafdb"]


class RafDbCompoundImages(_RafDb):
    """RAF-DB, compound expressions of 11 classes (Li, Deng and Du 2017); its test set is the validation split."""

    kind: Literal["rafdb_compound"]


class EmotioNetImages(_Unsplit):
    """The manually annotated part of EmotioNet (Benitez-Quiroz et al. 2016 and 2017)."""

    kind: Literal["emotionet"]
    annotations: Literal["units", "classes"] = "units"
    """`units`: the list of action units; `classes`: the list of 6 basic and 10 compound expressions."""
    labels: Path | None = None
    """The list as CSV, relative to `root`. When not set, the official file name is searched for in `root`."""
    faces: Path = Path("faces")
    """Folder of the faces, relative to `root`. EmotioNet has no face boxes: crop the faces beforehand; they are used
    uncropped."""


class ExpWImages(_Unsplit):
    """Expression in-the-Wild (Zhang et al. 2015 and 2018): several faces in a picture, with boxes."""

    kind: Literal["expw"]


class FerPlusImages(_Images):
    """FER+ (Barsoum et al. 2016): the faces of FER2013 with ten people's votes for each."""

    kind: Literal["ferplus"]


class AfewVaImages(_Unsplit):
    """The frames of AFEW-VA's clips (Kossaifi et al. 2017) as still pictures; faces are cropped with the corpus's
    landmarks."""

    kind: Literal["afewva"]
    every: Annotated[int, Field(ge=1)] = 1
    """Use every n-th picture of each clip, starting with the first, because neighbouring pictures are nearly alike."""


class DemoImages(_Images):
    """Synthetic pictures for the demo that a rule makes, in exactly the layout of another corpus."""

    kind: Literal["demo"]
    layout: Literal[
        "affectnet", "rafdb", "rafdb_compound", "emotionet", "emotionet_classes", "expw", "afewva", "ferplus"
    ]
    """The corpus whose layout and kind of annotation the pictures have: AffectNet in its later release, RAF-DB with
    basic or compound expressions, EmotioNet with action units or with classes, ExpW, AFEW-VA, or FER+."""
    root: ProjectPath
    """Folder where the pictures are made. It must contain nothing else."""
    pictures: tuple[Annotated[int, Field(ge=1, le=9999)], Annotated[int, Field(ge=1, le=9999)]] = (240, 120)
    """Number of pictures for training and for validation."""
    seed: int = 0
    """Determines every random choice. Different layouts have different pictures."""

    @property
    def share(self) -> float:
        """The part of the pictures that validates."""
        return self.pictures[1] / sum(self.pictures)

    @property
    def official(self) -> "OfficialImages":
        """The settings by which the reader of the imitated corpus reads them."""
        place: dict[str, Any] = {"root": self.root, "size": self.size, "quality": self.quality}
        match self.layout:
            case "affectnet":
                return AffectNetImages(kind="affectnet", layout="later", **place)
            case "rafdb":
                return RafDbImages(kind="rafdb", **place)
            case "rafdb_compound":
                return RafDbCompoundImages(kind="rafdb_compound", **place)
            case "expw":
                return ExpWImages(kind="expw", validation_share=self.share, **place)
            case "afewva":
                return AfewVaImages(kind="afewva", validation_share=self.share, **place)
            case "ferplus":
                return FerPlusImages(kind="ferplus", **place)
        annotations: Any = "units" if self.layout == "emotionet" else "classes"
        return EmotioNetImages(kind="emotionet", annotations=annotations, validation_share=self.share, **place)


OfficialImages = (
    AffectNetImages | RafDbImages | RafDbCompoundImages | EmotioNetImages | ExpWImages | FerPlusImages | AfewVaImages
)
ImageCorpus = Annotated[OfficialImages | DemoImages, Field(discriminator="kind")]


def targets_of(corpus: ImageCorpus) -> tuple[Target, ...]:
    """What pictures of a corpus may be annotated with."""
    match corpus:
        case AffectNetImages():
            return ("expression", "va")
        case RafDbImages() | ExpWImages() | FerPlusImages():
            return ("expression",)
        case AfewVaImages():
            return ("va",)
        case RafDbCompoundImages():
            return ("compound",)
        case EmotioNetImages():
            return ("au",) if corpus.annotations == "units" else ("compound",)
        case DemoImages():
            return targets_of(corpus.official)


def compound_task(corpus: ImageCorpus) -> str | None:
    """Which of `COMPOUND_TASKS` pictures of a corpus are annotated with; None where with no compound classes."""
    if isinstance(corpus, DemoImages):
        return compound_task(corpus.official)
    if isinstance(corpus, RafDbCompoundImages):
        return "rafdb_compound"
    return "emotionet_compound" if targets_of(corpus) == ("compound",) else None


def check_drawn(images: Mapping[str, ImageCorpus], corpus: Path | str) -> None:
    """ValueError where pictures would be drawn into a folder that holds, or lies in, that of another corpus; `corpus`
    is that of the run's own."""
    roots = {f"images.{name}.root": settings.root for name, settings in images.items()} | {"corpus.root": Path(corpus)}
    for name, settings in images.items():
        for other, root in roots.items() if isinstance(settings, DemoImages) else ():
            first, second = settings.root.absolute(), root.absolute()
            if other != f"images.{name}.root" and (first.is_relative_to(second) or second.is_relative_to(first)):
                raise ValueError(
                    f"images.{name}.root is {settings.root} and {other} is {root}: pictures of kind demo are drawn "
                    "into a folder that holds nothing else; choose another"
                )


class ImageSource(Settings):
    """One corpus of still pictures, as a rule hands it to its script."""

    images: ImageCorpus
