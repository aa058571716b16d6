"""How a network is trained, whatever it learns from."""

from typing import Annotated, Literal

from pydantic import Field, model_validator

from affectflow.config.base import Settings
from affectflow.config.numbers import Count, Share, Weight
from affectflow.config.training.coupling import Coupling
from affectflow.config.training.distillation import Distillation
from affectflow.config.training.terms import TermName

RANDOM_INIT = "random_init"
"""Name of the declared random word embeddings."""


class Loss(Settings):
    """Weights of the terms of the training loss (Antoniadis et al., section 3.4). Those of other tracks play no
    part."""

    mse: Weight = 1.0
    """`va`: mean squared error. The paper names it, its public code trains without it (0). `eri`: the same of the
    intensities (Li et al., equation 8: alpha, 1)."""
    strongest: Weight = 0.01
    """`eri`: cross entropy of the emotion whose intensity is 1 (Li et al., equation 8: beta, section 4.3)."""
    ccc: Weight = 1.0
    """`va`: 1 - mean CCC of valence and arousal (equations 3 and 4)."""
    bins: Weight = 1.0
    """`va` of a branch with `bins`: cross entropy of the annotated bins of both (Vu and Beurton-Aimar, equation 2)."""
    cross_entropy: Weight = 1.0
    """`expr`: cross entropy of the classes."""
    focal: Annotated[float, Field(ge=0, le=5)] = 0.0
    """`expr`: exponent gamma of the focal loss, by which the cross entropy of a frame counts the less the surer the
    network is (Li et al., equation 9); 0 is the cross entropy itself. Its alpha are `class_weights`."""
    embedding: Weight = 0.0
    """`expr`: squared distance of a linear map of the joined features from the word vector of the annotated class
    (equation 5; the paper sets 1.0 where it uses it)."""
    embedding_reduction: Literal["mean", "sum"] = "mean"
    """Over the numbers of a word vector. `mean`: mean squared error, as the paper's text and code say; `sum`: squared
    norm, as equation 5 is printed."""
    word_embeddings: str = "glove_6b_300d"
    """`expr`: word vectors for `embedding`, a name of config/weights.yaml. `random_init` is for corpora without people:
    one random vector a class, declared wherever scores of the branch are shown."""
    bce: Weight = 1.0
    """`au`: binary cross entropy of the action units, over those that are annotated."""
    bce_reduction: Literal["mean", "sum", "frame"] = "mean"
    """Over the units of a frame. `mean`: of all annotated values; `sum`: of a frame's, with the mean over frames (
    Kollias and Zafeiriou, equation 5); `frame`: mean of a frame's annotated units, with the mean over frames (Kollias
    and Zafeiriou, equation 7)."""
    terms: dict[TermName, Weight] = {}
    """Further terms by name, each with its weight, of what is predicted; none in the papers. `mae`: mean absolute
    error, of `va` and `eri`. How to add one: docs/extending/loss.md."""
    coupling: Coupling | None = None
    """`expr` and `au` together: how they teach each other (Kollias and Zafeiriou, section VI-B). They do not when not
    given."""
    by_source: Literal["no", "sum", "mean"] = "no"
    """How a branch's sets make one loss. `no`: each term is over all that is annotated for it, of whichever set. `sum`:
    each set by itself, summed over its frames, of which each has the share 1/B of its 1 - CCC (Vu and Beurton-Aimar,
    equations 2 and 7: of B frames the CCC counts as one). `mean`: a set's mean over its frames, each with a whole 1 -
    CCC, which so weighs against the cross entropy as in the public code of Vu and Beurton-Aimar. With both, what
    valence and arousal cost is added, not averaged."""
    distillation: Distillation = Distillation()
    """How the predictions of a branch's `teacher` count."""
    class_weights: Literal["none", "balanced"] = "none"
    """`balanced` weighs each class of `expr`, and the presence of each unit of `au`, by how rare it is among the
    annotated training frames. Off in Antoniadis et al."""

    @model_validator(mode="after")
    def _weighs_frames(self) -> "Loss":
        coupling = self.coupling
        if coupling is not None and coupling.co_annotation in ("units", "both") and self.bce_reduction != "frame":
            raise ValueError(
                f"coupling.co_annotation gives frames units of their own weights, and bce_reduction is "
                f"{self.bce_reduction}; set bce_reduction: frame, which equation 7 of Kollias and Zafeiriou have"
            )
        if self.focal and self.by_source != "no":
            raise ValueError(
                f"focal is {self.focal:g}, and by_source: {self.by_source} has the cross entropy alone; set 0"
            )
        if any(self.terms.values()) and self.by_source != "no":
            raise ValueError(f"terms are over all that is annotated, and by_source is {self.by_source}; remove one")
        return self


class Optimizer(Settings):
    """Gradient descent."""

    name: Literal["sgd", "adam", "adamw"] = "sgd"
    lr: Annotated[float, Field(gt=0)] = 1e-3
    """Learning rate (the highest one, with schedule `onecycle`)."""
    momentum: Share = 0.9
    """Momentum, for sgd."""
    betas: tuple[Share, Share] = (0.9, 0.999)
    """Decay of the two moments, for adam and adamw."""
    weight_decay: Weight = 5e-4


class Schedule(Settings):
    """How the learning rate moves."""

    name: Literal["plateau", "onecycle", "exponential", "linear", "constant"] = "plateau"
    """`plateau` falls when validation stops improving; `onecycle` rises and falls with every step; `exponential` falls
    by a factor an epoch; `linear` by the same amount an epoch, so that it would be 0 after the last one (public code of
    Meng et al.); `constant` stays."""
    patience: Annotated[int, Field(ge=0)] = 5
    """Epochs without improvement before the rate falls, for plateau."""
    factor: Annotated[float, Field(gt=0, lt=1)] = 0.1
    """What the rate is multiplied with, for plateau."""
    hold: Annotated[int, Field(ge=0)] = 10
    """Epochs at the first rate, for exponential (Kollias and Zafeiriou, section V-A) and linear (public code of Meng et
    al.: of 30 epochs 10 with its transformer, 3 with its LSTM)."""
    decay: Annotated[float, Field(gt=0, lt=1)] = 0.9
    """What the rate is multiplied with in each epoch after those, for exponential. Kollias and Zafeiriou do not say; at
    0.9 it is a tenth after 22 epochs."""


class Augment(Settings):
    """Random changes of training samples; all off as in Antoniadis et al.'s visual branches."""

    flip: Share = 0.0
    """Chance that a sequence's pictures are mirrored, all alike."""
    crop: Share = 0.0
    """Largest shift of a sequence's pictures as a share of their side, the same for all frames."""
    brightness: Share = 0.0
    """Largest relative change of a sequence's brightness."""
    mel_time: Annotated[int, Field(ge=0)] = 0
    """Largest number of spectrogram columns masked."""
    mel_bands: Annotated[int, Field(ge=0)] = 0
    """Largest number of mel bands masked."""


class Trained(Settings):
    """How anything is trained: a branch on sequences, an encoder on still pictures."""

    loss: Loss = Loss()
    optimizer: Optimizer = Optimizer()
    schedule: Schedule = Schedule()
    augment: Augment = Augment()
    batch: Count
    epochs: Count
    patience: Count = 10
    """Epochs without a better validation score before training stops."""
    gradient_clip: Weight = 0.0
    """Largest norm of the gradient; 0 leaves it alone."""
    ema: Annotated[float, Field(ge=0, lt=1)] = 0.0
    """Decay of the exponential moving average of the parameters after each step, from those after the first step on,
    which is what is validated and kept (Li et al., section 4.3: 0.99); 0 keeps the parameters themselves. Buffers, such
    as the moments of normalising layers, are those of the last step: they are no parameters."""
    select: str

    @model_validator(mode="after")
    def _rate_falls(self) -> "Trained":
        if self.schedule.name == "linear" and self.schedule.hold >= self.epochs:
            raise ValueError(
                f"schedule.hold is {self.schedule.hold} of {self.epochs} epochs, so that the rate would never fall; "
                "set hold lower, or name: constant"
            )
        return self

    @property
    def largest_batch(self) -> int:
        """Samples of a step at most."""
        return self.batch

    @property
    def ensemble_epochs(self) -> tuple[int, ...]:
        """The epochs after each of which the network is kept, whatever its score; empty where the best one is."""
        return ()

    @property
    def last_epoch(self) -> int:
        """At most so many epochs are trained."""
        return self.ensemble_epochs[-1] if self.ensemble_epochs else self.epochs
