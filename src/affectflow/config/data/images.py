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
    """What all corpora of still pictures have."""

    root: ProjectPath
    """Folder of the corpus; docs/pretraining.md says what is looked for in it."""
    size: Annotated[int, Field(ge=16, le=512)] = 112
    """Side in pixels at which faces are stored."""
    quality: Annotated[int, Field(ge=1, le=100)] = 95
    """JPEG quality of stored faces."""


class _Unsplit(_Images):
    """What a corpus without official splits has."""

    validation_share: Annotated[float, Field(gt=0, le=1)] = 0.1
    """Share of the pictures that validate, told by a hash of their names (docs/pretraining.md), of AFEW-VA's clips by
    theirs; 1 takes all, where none is to train."""


class AffectNetImages(_Images):
    """AffectNet, the manually annotated part (Mollahosseini et al. 2017)."""

    kind: Literal["affectnet"]
    layout: Literal["auto", "first", "later"] = "auto"
    """`first`: lists `training.csv` and `validation.csv` with face boxes, pictures of any size; `later`: `train_set/`
    and `val_set/` with cropped faces and one small file a label; `auto` takes the one that is there."""


class _RafDb(_Images):
    """What both subsets of RAF-DB have."""

    faces: Literal["aligned", "original"] = "aligned"
    """`aligned`: the corpus's own aligned faces, whole; `original`: the pictures, from which faces are cut out by the
    corpus's own boxes."""


class RafDbImages(_RafDb):
    """RAF-DB, basic expressions (Li, Deng and Du 2017); its test set is the validation split."""

    kind: Literal["rafdb"]


class RafDbCompoundImages(_RafDb):
    """RAF-DB, compound expressions of 11 classes (Li, Deng and Du 2017); its test set is the validation split."""

    kind: Literal["rafdb_compound"]


class EmotioNetImages(_Unsplit):
    """EmotioNet, the manually annotated part (Benitez-Quiroz et al. 2016 and 2017)."""

    kind: Literal["emotionet"]
    annotations: Literal["units", "classes"] = "units"
    """`units`: the list of action units; `classes`: that of 6 basic and 10 compound expressions."""
    labels: Path | None = None
    """The list as CSV, relative to `root`; looked for there by its official name when not given."""
    faces: Path = Path("faces")
    """Folder of the faces, relative to `root`. EmotioNet gives no boxes: they are cut out beforehand, and taken
    whole."""


class ExpWImages(_Unsplit):
    """Expression in-the-Wild (Zhang et al. 2015 and 2018): several faces a picture, with boxes."""

    kind: Literal["expw"]


class FerPlusImages(_Images):
    """FER+ (Barsoum et al. 2016): the faces of FER2013 with the votes of ten people each."""

    kind: Literal["ferplus"]


class AfewVaImages(_Unsplit):
    """AFEW-VA (Kossaifi et al. 2017), the frames of its clips as still pictures; faces are cut out by its landmarks."""

    kind: Literal["afewva"]
    every: Annotated[int, Field(ge=1)] = 1
    """Of each clip every n-th picture, from the first on: neighbours are nearly alike."""


class DemoImages(_Images):
    """Synthetic pictures for the demonstration: made by a rule, in exactly the layout of another corpus."""

    kind: Literal["demo"]
    layout: Literal[
        "affectnet", "rafdb", "rafdb_compound", "emotionet", "emotionet_classes", "expw", "afewva", "ferplus"
    ]
    """The corpus whose layout they have, and so what they are annotated with: AffectNet in its later release, RAF-DB
    with basic or compound expressions, EmotioNet with action units or with classes, ExpW, AFEW-VA, or FER+."""
    root: ProjectPath
    """Where they are made: a folder that holds nothing else."""
    pictures: tuple[Annotated[int, Field(ge=1, le=9999)], Annotated[int, Field(ge=1, le=9999)]] = (240, 120)
    """Pictures for training and for validation."""
    seed: int = 0
    """Fixes every random choice. Another layout has other pictures."""

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
