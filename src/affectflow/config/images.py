"""Corpora of still pictures, from which encoders are pre-trained."""

from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field

from affectflow.config.base import Settings


class AffectNetImages(Settings):
    """AffectNet, the manually annotated part (Mollahosseini et al. 2017)."""

    kind: Literal["affectnet"]
    root: Path
    """Folder of the corpus; docs/pretraining.md says what is looked for in it."""
    layout: Literal["auto", "first", "later"] = "auto"
    """`first`: lists `training.csv` and `validation.csv` with face boxes, pictures of any size; `later`: `train_set/`
    and `val_set/` with cropped faces and one small file a label; `auto` takes the one that is there."""
    size: Annotated[int, Field(ge=16, le=512)] = 112
    """Side in pixels at which faces are stored."""
    quality: Annotated[int, Field(ge=1, le=100)] = 95
    """JPEG quality of stored faces."""


ImageCorpus = AffectNetImages
