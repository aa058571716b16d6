"""How a published system is described: its branches, how they are trained, how they are fused."""

from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field, model_validator

from affectflow.config.base import Name, Settings
from affectflow.config.fusion import Fusion, Method
from affectflow.config.postprocess import Postprocess
from affectflow.config.pretraining import Pretraining
from affectflow.config.training import STAND_IN, Backbone, Count, Normalise, Share, Trained
from affectflow.tracks import TrackName, track_of

Stream = Literal["face", "body", "context", "mel"]


class CnnRnn(Settings):
    """A CNN for each stream, joined, then a recurrent network over time (paper 000, sections 3.1 to 3.3)."""

    name: Literal["cnn_rnn"] = "cnn_rnn"
    backbone: Backbone = "resnet50"
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
    normalise: Normalise = "imagenet"
    """`imagenet`: mean and deviation of ImageNet; `unit`: [-1, 1] (paper 001)."""
    body: Literal["frame", "crop"] = "frame"
    """What the body stream sees: the whole frame or the person's box (paper 000, section 3.2.3 allows both; its
    public code takes the frame)."""


class MelWindow(Settings):
    """The piece of spectrogram that stands for one frame."""

    seconds: Annotated[float, Field(gt=0, le=60)] = 1.0
    """Length of the window, centred at the frame's time. The paper is silent; the public code gives all frames of
    a clip one 10 s window that starts 5 s before the clip."""


def _given(value: Any) -> Any:
    """A mapping without the keys whose value is `null`; empty for `null` itself."""
    if value is None:
        return {}
    return {key: item for key, item in value.items() if item is not None} if isinstance(value, dict) else value


class Branch(Trained):
    """One trained network on one or more streams."""

    streams: Annotated[tuple[Stream, ...], Field(min_length=1)]
    """What the network reads, in the order in which features are joined."""
    network: CnnRnn = CnnRnn()
    init: Annotated[dict[str, str], BeforeValidator(_given)] = {}
    """Weights by stream: a name of the system's `pretraining` or of config/weights.yaml. A stream that is not named
    starts from random weights; `null`, for all or for one stream, clears what an extended file names."""
    sequence: Sequence = Sequence()
    picture: Picture = Picture()
    mel: MelWindow = MelWindow()
    batch: Count = 16
    """Sequences a step."""
    epochs: Count = 300
    """At most so many passes over the training split."""
    select: str = "total"
    """Validation score that picks the epoch: `total`, or a part of it (`va`: `ccc_valence`, `ccc_arousal`; `expr` and
    `au`: `f1`, `accuracy`)."""
    sampling: Literal["all", "balanced"] = "all"
    """`all`: every sequence once an epoch; `balanced`: as many, drawn with a chance by how rare its annotated classes
    or active units are (`expr`, `au`). Off in paper 000."""
    postprocess: Postprocess = Postprocess()

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
        if self.sequence.stride > self.sequence.length:
            raise ValueError(
                f"stride {self.sequence.stride} is larger than length {self.sequence.length}: frames would be skipped"
            )
        return self


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


class PaperTable(Settings):
    """A table of the paper: its rows with our figures beside."""

    title: str
    """As in the paper."""
    split: Literal["validation", "test"]
    """What is scored."""
    tracks: Annotated[tuple[TrackName, ...], Field(min_length=1)]
    """Tracks of its columns."""
    note: str = ""
    """What a reader must know."""


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
    tables: dict[Name, PaperTable] = {}
    """Tables of the paper, made as `results/<name>.csv` and `.md`."""
    pretraining: dict[Name, Pretraining] = {}
    """Encoders that are trained on still pictures first; a branch's `init` names them. One that no branch names is not
    trained."""

    @model_validator(mode="after")
    def _encoders_fit(self) -> "System":
        for track, system in self.tracks.items():
            for name, branch in system.branches.items():
                for stream, weights in branch.init.items():
                    self._check_encoder(f"tracks.{track}.branches.{name}", branch, stream, weights)
        return self

    def _check_encoder(self, where: str, branch: Branch, stream: str, weights: str) -> None:
        network, encoder = branch.network, self.pretraining.get(weights)
        if encoder is None:
            if network.width != 64:
                raise ValueError(
                    f"{where}.init needs the published width 64, found width {network.width}: remove one, or name an "
                    f"encoder of pretraining ({', '.join(self.pretraining) or 'which has none'})"
                )
            return
        its, wanted = (encoder.backbone, encoder.width), (network.backbone, network.width)
        if its != wanted:
            raise ValueError(
                f"{where}.init: {weights} pre-trains a {its[0]} of width {its[1]}, and stream {stream} has a "
                f"{wanted[0]} of width {wanted[1]}; change pretraining.{weights}, network or init"
            )

    @model_validator(mode="after")
    def _fits_its_tracks(self) -> "System":
        for name, table in self.tables.items():
            if unknown := [track for track in table.tracks if track not in self.tracks]:
                raise ValueError(f"tables.{name}: {self.name} does not predict {', '.join(unknown)}")
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
