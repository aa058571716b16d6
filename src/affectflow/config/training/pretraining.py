"""How an encoder is pre-trained on still pictures before branches start from it, or read its features."""

from collections.abc import Mapping
from typing import Annotated, Literal

from pydantic import Field, model_validator

from affectflow.config.base import Name
from affectflow.config.data.images import ImageCorpus, targets_of
from affectflow.config.model.backbones import Encoder, Normalise, check_size
from affectflow.config.numbers import Count
from affectflow.config.training.terms import TERMS
from affectflow.config.training.trained import Trained
from affectflow.core.tracks import Track, track_of


class Pretraining(Trained):
    """An encoder that is trained on still pictures. It lends its weights to branches, whose `init` names it (Antoniadis
    et al., section 3.2.1), or its features, as a feature set whose `weights` names it (Meng et al., section 3.2.1)."""

    images: Name | tuple[Name, ...]
    """The pictures: a name in the run's `images`, or several, whose pictures are trained and validated on as one corpus
    (Meng et al.: FER+, RAF-DB and AffectNet). The scores on each are then reported, too."""
    target: Literal["expression", "va"] = "expression"
    """What the encoder learns: the class of the expression, or valence and arousal."""
    classes: Literal[7, 8] = 7
    """Number of classes of `expression`: 7, without contempt, or 8, where contempt takes the place of ABAW3's Other."""
    init: Name | None = None
    """Weights to start from, a name in config/weights.yaml. When not set, random weights."""
    backbone: Encoder = "resnet50"
    """The encoder. Branches that start from it, and feature sets that read it, must have the same backbone. Branches
    can start from the ResNets only; all other encoders lend their features."""
    width: Annotated[int, Field(ge=4, le=64)] = 64
    """Channels after the first convolution, as in `network`. For `vit_b_16`, the numbers of each of its 12 heads, a
    twelfth of a token's. Only ResNets, IResNets and `vit_b_16` have a width; it has no effect on others."""
    size: Annotated[int, Field(ge=16, le=512)] = 112
    """Side of a picture in pixels, at most that of the stored pictures; for `vit_b_16` a multiple of 16."""
    normalise: Normalise = "imagenet"
    """As in `picture`."""
    batch: Count = 64
    """Pictures in a training step."""
    epochs: Count = 5
    """Largest number of passes over the training pictures."""
    select: str = "accuracy"
    """Validation score that chooses the epoch: `accuracy`, `f1` or `total` for `expression`; `ccc_valence`,
    `ccc_arousal` or `total` for `va`."""

    @property
    def corpora(self) -> tuple[Name, ...]:
        """The corpora of `images`."""
        return (self.images,) if isinstance(self.images, str) else self.images

    @property
    def track(self) -> Track:
        """What is learnt, as the track that predicts it: the classes of ABAW2, or of ABAW3 on."""
        if self.target == "va":
            return track_of("va")
        return track_of("expr", "abaw2" if self.classes == 7 else "abaw3")

    @model_validator(mode="after")
    def _can_learn(self) -> "Pretraining":
        if not self.corpora or len(set(self.corpora)) < len(self.corpora):
            raise ValueError(f"images names {', '.join(self.corpora) or 'nothing'}; expected corpora, each once")
        check_size(self.backbone, self.size)
        scores = self.track.scores
        if self.select not in scores:
            raise ValueError(
                f"select is {self.select!r}, expected one of {', '.join(scores)} where target is {self.target}"
            )
        if self.init is not None and self.width != 64:
            raise ValueError(f"init needs the published width 64, found width {self.width}: remove one")
        loss = self.loss
        if loss.embedding:
            raise ValueError("loss.embedding is for branches of track expr alone; set it to 0")
        if strange := [name for name in loss.terms if self.track.name not in TERMS[name].tracks]:
            raise ValueError(f"loss.terms: {', '.join(strange)} is not of what target {self.target} learns; remove it")
        if loss.coupling is not None:
            raise ValueError("loss.coupling is for branches that learn expr and au together; remove it")
        own = (loss.mse, loss.ccc) if self.track.continuous else (loss.cross_entropy,)
        if not any((*own, *loss.terms.values())):
            raise ValueError(f"loss leaves nothing to learn from where target is {self.target}")
        if self.track.continuous and loss.class_weights != "none":
            raise ValueError(f"loss.class_weights balances classes; target {self.target} has none")
        return self


def check_stored(where: str, pretraining: Pretraining, images: Mapping[str, ImageCorpus]) -> None:
    """ValueError where a pre-training wants annotations that its pictures have not, or larger ones than are stored.

    Args:
        where: its place in the settings, for messages.
        pretraining: settings.
        images: the run's corpora of still pictures; one that is not there is said elsewhere.
    """
    for name in pretraining.corpora:
        if (stored := images.get(name)) is None:
            continue
        if pretraining.target not in targets_of(stored):
            raise ValueError(
                f"{where}.target is {pretraining.target}, which images.{name} (kind {stored.kind}) is not annotated "
                f"with: it has {' and '.join(targets_of(stored))}; change one"
            )
        if pretraining.size > stored.size:
            raise ValueError(
                f"{where}.size is {pretraining.size}, larger than images.{name}.size ({stored.size}): pictures would "
                "be made larger; change one"
            )
