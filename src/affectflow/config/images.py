"""Corpora of still pictures, from which encoders are pre-trained."""

from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field

from affectflow.config.base import Settings

Target = Literal["expression", "va", "compound", "au"]
"""What a corpus of still pictures may be annotated with."""


class _Images(Settings):
    """What all corpora of still pictures have."""

    root: Path
    """Folder of the corpus; docs/pretraining.md says what is looked for in it."""
    size: Annotated[int, Field(ge=16, le=512)] = 112
    """Side in pixels at which faces are stored."""
    quality: Annotated[int, Field(ge=1, le=100)] = 95
    """JPEG quality of stored faces."""


class _Unsplit(_Images):
    """What a corpus without official splits has."""

    validation_share: Annotated[float, Field(gt=0, le=1)] = 0.1
    """Share of the pictures that validate, told by a hash of their names (docs/pretraining.md); 1 takes all, where none
    is to train."""


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


ImageCorpus = Annotated[
    AffectNetImages | RafDbImages | RafDbCompoundImages | EmotioNetImages | ExpWImages | FerPlusImages,
    Field(discriminator="kind"),
]


def targets_of(corpus: ImageCorpus) -> tuple[Target, ...]:
    """What pictures of a corpus may be annotated with."""
    match corpus:
        case AffectNetImages():
            return ("expression", "va")
        case RafDbImages() | ExpWImages() | FerPlusImages():
            return ("expression",)
        case RafDbCompoundImages():
            return ("compound",)
        case EmotioNetImages():
            return ("au",) if corpus.annotations == "units" else ("compound",)


def compound_task(corpus: ImageCorpus) -> str | None:
    """Which of `COMPOUND_TASKS` pictures of a corpus are annotated with; None where with no compound classes."""
    if isinstance(corpus, RafDbCompoundImages):
        return "rafdb_compound"
    return "emotionet_compound" if targets_of(corpus) == ("compound",) else None


class ImageSource(Settings):
    """One corpus of still pictures, as a rule hands it to its script."""

    images: ImageCorpus
