"""How a published system is described: its branches, how they are trained, how they are fused."""

from typing import Annotated, Literal

from pydantic import BeforeValidator, Field, model_validator

from affectflow.config.base import Settings
from affectflow.config.corpora import Name

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
    """Weights of the terms of the training loss (paper 000, section 3.4)."""

    mse: Weight = 1.0
    """Mean squared error. The paper names it, its public code trains without it (0)."""
    ccc: Weight = 1.0
    """1 - mean CCC of valence and arousal (equations 3 and 4)."""

    @model_validator(mode="after")
    def _something(self) -> "Loss":
        if self.mse == 0 and self.ccc == 0:
            raise ValueError("mse and ccc are both 0: nothing is left to learn from; set one above 0")
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
    select: Literal["total", "ccc_valence", "ccc_arousal"] = "total"
    """Validation score that picks the epoch."""

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

    weights: Literal["search", "ccc", "equal"] = "search"
    """`search`: the weights with the best score on validation, valence and arousal each their own; `ccc`:
    proportional to each branch's validation CCC (paper 001, equation 3); `equal`."""
    step: Annotated[float, Field(gt=0, le=0.5)] = 0.01
    """Grid of the search: weights are multiples of it and sum to 1."""

    @model_validator(mode="after")
    def _step_divides_one(self) -> "Fusion":
        if abs(round(1 / self.step) * self.step - 1) > 1e-9:
            raise ValueError(f"step {self.step} does not divide 1: no weights on its grid sum to 1; try 0.01")
        return self


class Method(Settings):
    """One row of a table: the branches that are fused, with the paper's figures for it."""

    branches: Annotated[tuple[Name, ...], Field(min_length=1)]
    paper: dict[Literal["ccc_valence", "ccc_arousal", "total"], float] = {}
    """What the paper reports on the validation split of Aff-Wild2."""


class System(Settings):
    """A published method."""

    name: Name
    track: Literal["va"] = "va"
    branches: Annotated[dict[Name, Branch], Field(min_length=1)]
    fusion: Fusion = Fusion()
    methods: Annotated[dict[str, Method], Field(min_length=1)]
    """Rows of the validation table, by name, in its order."""
    submit: str
    """The method whose scores are written for the test split."""

    @model_validator(mode="after")
    def _names_fit(self) -> "System":
        for title, method in self.methods.items():
            if len(set(method.branches)) < len(method.branches):
                raise ValueError(f"method {title!r} names a branch twice: {', '.join(method.branches)}")
            for branch in method.branches:
                if branch not in self.branches:
                    raise ValueError(f"method {title!r} names branch {branch}, known are {', '.join(self.branches)}")
        if self.submit not in self.methods:
            raise ValueError(f"submit is {self.submit!r}, known methods are {', '.join(map(repr, self.methods))}")
        return self
