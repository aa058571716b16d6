"""How a published system is described: its branches, how they are trained, how they are fused."""

from typing import Annotated, Literal

from pydantic import BeforeValidator, Field, model_validator

from affectflow.config.base import Settings
from affectflow.config.corpora import Name
from affectflow.tracks import TrackName, track_of

Count = Annotated[int, Field(ge=1)]
Share = Annotated[float, Field(ge=0, le=1)]
Weight = Annotated[float, Field(ge=0)]
Stream = Literal["face", "body", "context", "mel"]


class CnnRnn(Settings):
    """A CNN for each stream, joined, then a recurrent network over time (paper 000, sections 3.1 to 3.3)."""

    name: Literal["cnn_rnn"] = "cnn_rnn"
    backbone: Literal["resnet18", "resnet50"] = "resnet50"
    """Feature extractor of every stream: 512 (ResNet-18) or 2048 (ResNet-50) numbers a frame."""
    width: Annotated[int, Field(ge=4, le=64)] = 64
    """Channels after the first convolution; 64 is the published network, less is for small machines and takes no
    published weights."""
    hidden: Count = 512
    """Units of the LSTM in each direction."""
    layers: Count = 1
    """Layers of the LSTM."""
    bidirectional: bool = True
    """Whether the LSTM also reads backwards (paper 000: the visual one does; of the aural one it says
    "an LSTM layer")."""
    dropout: Share = 0.1
    """Dropout before the output layer (public code of paper 000)."""


class Loss(Settings):
    """Weights of the terms of the training loss (paper 000, section 3.4). Those of other tracks play no part."""

    mse: Weight = 1.0
    """`va`: mean squared error. The paper names it, its public code trains without it (0)."""
    ccc: Weight = 1.0
    """`va`: 1 - mean CCC of valence and arousal (equations 3 and 4)."""
    cross_entropy: Weight = 1.0
    """`expr`: cross entropy of the classes."""
    embedding: Weight = 0.0
    """`expr`: squared distance of a linear map of the joined features from the word vector of the annotated class
    (equation 5; the paper sets 1.0 where it uses it)."""
    embedding_reduction: Literal["mean", "sum"] = "mean"
    """Over the numbers of a word vector. `mean`: mean squared error, as the paper's text and code say; `sum`: squared
    norm, as equation 5 is printed."""
    words: str = "glove_6b_300d"
    """`expr`: word vectors for `embedding`, a name of config/weights.yaml. `stand-in` is for corpora without people:
    one random vector a class, declared wherever scores of the branch are shown."""
    bce: Weight = 1.0
    """`au`: binary cross entropy of the action units, over those that are annotated."""
    class_weights: Literal["none", "balanced"] = "none"
    """`balanced` weighs each class of `expr`, and the presence of each unit of `au`, by how rare it is among the
    annotated training frames. Off in paper 000."""


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

    name: Literal["plateau", "onecycle", "constant"] = "plateau"
    patience: Annotated[int, Field(ge=0)] = 5
    """Epochs without improvement before the rate falls, for plateau."""
    factor: Annotated[float, Field(gt=0, lt=1)] = 0.1
    """What the rate is multiplied with, for plateau."""


class Sequence(Settings):
    """How a video is cut into training samples."""

    length: Count = 16
    """Frames of a sequence."""
    stride: Count = 16
    """Frames from the start of one sequence to the next, in training; prediction never overlaps."""


class Picture(Settings):
    """How pictures become tensors."""

    size: Annotated[int, Field(ge=16, le=512)] = 112
    """Side in pixels to which every picture is resized."""
    normalise: Literal["imagenet", "unit"] = "imagenet"
    """`imagenet`: mean and deviation of ImageNet; `unit`: [-1, 1] (paper 001)."""
    body: Literal["frame", "crop"] = "frame"
    """What the body stream sees: the whole frame or the person's box (paper 000, section 3.2.3 allows both; its
    public code takes the frame)."""


class MelWindow(Settings):
    """The piece of spectrogram that stands for one frame."""

    seconds: Annotated[float, Field(gt=0, le=60)] = 1.0
    """Length of the window, centred at the frame's time. The paper is silent; the public code gives all frames of
    a clip one 10 s window that starts 5 s before the clip."""


class Augment(Settings):
    """Random changes of training samples; all off as in paper 000's visual branches."""

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


STAND_IN = "stand-in"
"""Name of the declared stand-in for word vectors."""


class Branch(Settings):
    """One trained network on one or more streams."""

    streams: Annotated[tuple[Stream, ...], Field(min_length=1)]
    """What the network reads, in the order in which features are joined."""
    network: CnnRnn = CnnRnn()
    init: Annotated[dict[str, str], BeforeValidator(lambda value: {} if value is None else value)] = {}
    """Weights by stream: a name of config/weights.yaml. A stream that is not named starts from random weights;
    `null` clears what an extended file names."""
    loss: Loss = Loss()
    optimizer: Optimizer = Optimizer()
    schedule: Schedule = Schedule()
    sequence: Sequence = Sequence()
    picture: Picture = Picture()
    mel: MelWindow = MelWindow()
    augment: Augment = Augment()
    batch: Count = 16
    """Sequences a step."""
    epochs: Count = 300
    """At most so many passes over the training split."""
    patience: Count = 10
    """Epochs without a better validation score before training stops."""
    gradient_clip: Weight = 0.0
    """Largest norm of the gradient; 0 leaves it alone."""
    select: str = "total"
    """Validation score that picks the epoch: `total`, or a part of it (`va`: `ccc_valence`, `ccc_arousal`; `expr` and
    `au`: `f1`, `accuracy`)."""
    sampling: Literal["all", "balanced"] = "all"
    """`all`: every sequence once an epoch; `balanced`: as many, drawn with a chance by how rare its annotated classes
    or active units are (`expr`, `au`). Off in paper 000."""

    @property
    def note(self) -> str:
        """What must be said wherever scores of the branch are shown; empty where nothing must."""
        standing_in = self.loss.embedding and self.loss.words == STAND_IN
        return "random stand-ins for word vectors, not GloVe" if standing_in else ""

    @model_validator(mode="after")
    def _streams_fit(self) -> "Branch":
        if len(set(self.streams)) != len(self.streams):
            raise ValueError(f"streams names one twice: {', '.join(self.streams)}")
        for stream in self.init:
            if stream not in self.streams:
                raise ValueError(f"init names stream {stream}, which is not among streams: {', '.join(self.streams)}")
        if self.init and self.network.width != 64:
            raise ValueError(f"init needs the published width 64, found width {self.network.width}: remove one")
        if self.sequence.stride > self.sequence.length:
            raise ValueError(
                f"stride {self.sequence.stride} is larger than length {self.sequence.length}: frames would be skipped"
            )
        return self


class Fusion(Settings):
    """Weighted late score fusion (paper 000, section 4.1)."""

    weights: Literal["search", "score", "equal"] = "search"
    """`search`: the weights with the best score on validation, each target its own (valence, arousal, the expression,
    every action unit); `score`: proportional to each branch's validation score of the target (paper 001, equation 3);
    `equal`."""
    step: Annotated[float, Field(gt=0, le=0.5)] = 0.01
    """Grid of the search: weights are multiples of it and sum to 1."""
    thresholds: Literal["half", "fitted"] = "half"
    """`au`: probability from which a unit counts as active. `half`: 0.5; `fitted`: the one with the best score of the
    unit on validation, for the fused probabilities. The paper is silent."""

    @model_validator(mode="after")
    def _step_divides_one(self) -> "Fusion":
        if abs(round(1 / self.step) * self.step - 1) > 1e-9:
            raise ValueError(f"step {self.step} does not divide 1: no weights on its grid sum to 1; try 0.01")
        return self


class Method(Settings):
    """One row of a table: the branches that are fused, with the paper's figures for it."""

    branches: Annotated[tuple[Name, ...], Field(min_length=1)]
    paper: dict[str, float] = {}
    """What the paper reports on the validation split of Aff-Wild2, by score."""
    paper_test: dict[str, float] = {}
    """What the paper reports on the test split."""


class TrackSystem(Settings):
    """How a system predicts one track."""

    branches: Annotated[dict[Name, Branch], Field(min_length=1)]
    fusion: Fusion = Fusion()
    methods: Annotated[dict[str, Method], Field(min_length=1)]
    """Rows of the validation table, by name, in its order."""
    submit: str
    """The method whose scores are written for the test split."""
    cited: dict[str, dict[str, float]] = {}
    """Figures of others that the paper's table of validation scores cites, by method and score."""
    cited_test: dict[str, dict[str, float]] = {}
    """The same of its table of test scores."""

    @model_validator(mode="after")
    def _names_fit(self) -> "TrackSystem":
        for title, method in self.methods.items():
            if len(set(method.branches)) < len(method.branches):
                raise ValueError(f"method {title!r} names a branch twice: {', '.join(method.branches)}")
            for branch in method.branches:
                if branch not in self.branches:
                    raise ValueError(f"method {title!r} names branch {branch}, known are {', '.join(self.branches)}")
        if self.submit not in self.methods:
            raise ValueError(f"submit is {self.submit!r}, known methods are {', '.join(map(repr, self.methods))}")
        return self


_TERMS: dict[TrackName, tuple[str, ...]] = {
    "va": ("mse", "ccc"),
    "expr": ("cross_entropy", "embedding"),
    "au": ("bce",),
}


class System(Settings):
    """A published method."""

    name: Name
    tracks: Annotated[dict[TrackName, TrackSystem], Field(min_length=1)]
    """How it predicts each track that it can."""

    @model_validator(mode="after")
    def _fits_its_tracks(self) -> "System":
        for track, system in self.tracks.items():
            scores = track_of(track).scores
            for name, branch in system.branches.items():
                where = f"tracks.{track}.branches.{name}"
                if branch.select not in scores:
                    raise ValueError(f"{where}.select is {branch.select!r}, expected one of {', '.join(scores)}")
                if not any(getattr(branch.loss, term) for term in _TERMS[track]):
                    raise ValueError(
                        f"{where}.loss: {' and '.join(_TERMS[track])} leave nothing to learn from; set one above 0"
                    )
                if track != "expr" and branch.loss.embedding:
                    raise ValueError(
                        f"{where}.loss.embedding is for track expr alone: classes have words, {track} none"
                    )
                if track == "va" and (branch.loss.class_weights, branch.sampling) != ("none", "all"):
                    raise ValueError(f"{where}: class_weights and sampling balance classes; track va has none")
            figures = [m.paper for m in system.methods.values()] + [m.paper_test for m in system.methods.values()]
            for given in [*figures, *system.cited.values(), *system.cited_test.values()]:
                if wrong := sorted(set(given) - set(scores)):
                    raise ValueError(
                        f"tracks.{track}: figures name {', '.join(wrong)}, known scores {', '.join(scores)}"
                    )
        return self
