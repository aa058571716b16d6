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
    """Weights of the terms of the training loss (Antoniadis et al., section 3.4). Terms of other tracks have no
    effect."""

    mse: Weight = 1.0
    """`va`: mean squared error. Antoniadis et al. name it; their code trains without it (0). `eri`: mean squared error
    of the intensities (Li et al., equation 8: alpha, 1)."""
    strongest: Weight = 0.01
    """`eri`: cross entropy of the emotion with intensity 1 (Li et al., equation 8: beta, section 4.3)."""
    ccc: Weight = 1.0
    """`va`: 1 - mean CCC of valence and arousal (Antoniadis et al., equations 3 and 4)."""
    bins: Weight = 1.0
    """`va` of a branch with `bins`: cross entropy of the annotated bins of valence and arousal (Vu and Beurton-Aimar,
    equation 2)."""
    cross_entropy: Weight = 1.0
    """`expr`: cross entropy of the classes."""
    focal: Annotated[float, Field(ge=0, le=5)] = 0.0
    """`expr`: exponent gamma of the focal loss, which reduces the cross entropy of frames that the network classifies
    with confidence (Li et al., equation 9). 0 is the plain cross entropy. The alpha of the equation are the
    `class_weights`."""
    embedding: Weight = 0.0
    """`expr`: squared distance between a linear map of the concatenated features and the word embedding of the
    annotated class (Antoniadis et al., equation 5; they use a weight of 1.0)."""
    embedding_reduction: Literal["mean", "sum"] = "mean"
    """Reduction over the numbers of a word embedding. `mean`: mean squared error, as in the text and code of Antoniadis
    et al.; `sum`: squared norm, as equation 5 is printed."""
    word_embeddings: str = "glove_6b_300d"
    """`expr`: word embeddings for `embedding`, a name in config/weights.yaml. `random_init` is for corpora without
    people: one random vector for each class, declared wherever scores of the branch are shown."""
    bce: Weight = 1.0
    """`au`: binary cross entropy of the annotated action units."""
    bce_reduction: Literal["mean", "sum", "frame"] = "mean"
    """Reduction over the units of a frame. `mean`: mean of all annotated values; `sum`: sum over a frame's units, mean
    over frames (Kollias and Zafeiriou, equation 5); `frame`: mean over a frame's annotated units, mean over frames
    (Kollias and Zafeiriou, equation 7)."""
    terms: dict[TermName, Weight] = {}
    """Further terms by name, each with its weight, of what is predicted; none in the papers. `mae`: mean absolute
    error, of `va` and `eri`. How to add one: docs/extending/loss.md."""
    coupling: Coupling | None = None
    """`expr` and `au` together: coupling of the two (Kollias and Zafeiriou, section VI-B). When not set, they are not
    coupled."""
    by_source: Literal["no", "sum", "mean"] = "no"
    """How a branch's training sources form one loss. `no`: each term is over everything that is annotated for it, from
    any source. `sum`: each source separately, summed over its frames; each of B frames counts 1/B of 1 - CCC (Vu and
    Beurton-Aimar, equations 2 and 7: the CCC of B frames counts as one). `mean`: the mean over a source's frames, each
    with the whole of 1 - CCC, whose weight relative to the cross entropy is then that of the code of Vu and
    Beurton-Aimar. With `sum` and `mean`, the losses of valence and arousal are added, not averaged."""
    distillation: Distillation = Distillation()
    """Weight and form of the term for a branch's `teacher`."""
    class_weights: Literal["none", "balanced"] = "none"
    """`balanced` weights each class of `expr`, and the presence of each unit of `au`, inversely to its frequency in the
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
    """The optimiser."""

    name: Literal["sgd", "adam", "adamw"] = "sgd"
    lr: Annotated[float, Field(gt=0)] = 1e-3
    """Learning rate (the maximum with schedule `onecycle`)."""
    momentum: Share = 0.9
    """Momentum for sgd."""
    betas: tuple[Share, Share] = (0.9, 0.999)
    """Decay of the two moments for adam and adamw."""
    weight_decay: Weight = 5e-4


class Schedule(Settings):
    """Schedule of the learning rate."""

    name: Literal["plateau", "onecycle", "exponential", "linear", "constant"] = "plateau"
    """`plateau` lowers the rate when validation stops improving; `onecycle` raises and lowers it with every step;
    `exponential` lowers it by a factor every epoch; `linear` lowers it by the same amount every epoch, so that it would
    be 0 after the last one (code of Meng et al.); `constant` keeps it."""
    patience: Annotated[int, Field(ge=0)] = 5
    """Epochs without improvement before `plateau` lowers the rate."""
    factor: Annotated[float, Field(gt=0, lt=1)] = 0.1
    """Factor by which `plateau` multiplies the rate."""
    hold: Annotated[int, Field(ge=0)] = 10
    """Epochs at the initial rate, for `exponential` (Kollias and Zafeiriou, section V-A) and `linear` (code of Meng et
    al.: of 30 epochs 10 with their transformer, 3 with their LSTM)."""
    decay: Annotated[float, Field(gt=0, lt=1)] = 0.9
    """Factor by which `exponential` multiplies the rate in each epoch after those. Kollias and Zafeiriou give no value;
    with 0.9 the rate is a tenth after 22 epochs."""


class Augment(Settings):
    """Random changes of training samples. All are off, as in the visual branches of Antoniadis et al."""

    flip: Share = 0.0
    """Probability that all pictures of a sequence are mirrored."""
    crop: Share = 0.0
    """Largest shift of a sequence's pictures, as a share of their side, the same for all frames."""
    brightness: Share = 0.0
    """Largest relative change of a sequence's brightness."""
    mel_time: Annotated[int, Field(ge=0)] = 0
    """Largest number of masked spectrogram columns."""
    mel_bands: Annotated[int, Field(ge=0)] = 0
    """Largest number of masked mel bands."""


class Trained(Settings):
    """Training of a branch on sequences or of an encoder on still pictures."""

    loss: Loss = Loss()
    optimizer: Optimizer = Optimizer()
    schedule: Schedule = Schedule()
    augment: Augment = Augment()
    batch: Count
    epochs: Count
    patience: Count = 10
    """Epochs without a better validation score before training stops."""
    gradient_clip: Weight = 0.0
    """Largest norm of the gradient; 0 turns clipping off."""
    ema: Annotated[float, Field(ge=0, lt=1)] = 0.0
    """Decay of the exponential moving average of the parameters over steps, starting after the first step. The averaged
    parameters are validated and saved (Li et al., section 4.3: 0.99); 0 uses the parameters themselves. Buffers, such
    as the moments of normalisation layers, are not parameters and keep their values of the last step."""
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
