"""The networks that a branch can have, and their sizes."""

from typing import Annotated, Any, ClassVar, Literal

from pydantic import Discriminator, Field, Tag, model_validator

from affectflow.config.base import Settings
from affectflow.config.model.backbones import Backbone, Width
from affectflow.config.model.reaction import InteractionTransformer
from affectflow.config.model.temporal import SegmentLstm, SegmentTransformer
from affectflow.config.numbers import Count, Share

Stream = Literal["face", "body", "context", "mel", "landmarks", "features", "sound_features", "face_features"]
OF_FEATURES: frozenset[Stream] = frozenset({"features", "sound_features", "face_features"})
"""Streams of frozen features: all of a branch's; its sets of sound; its sets of faces."""
_PICTURES: tuple[Stream, ...] = ("face", "body", "context")
Level = Literal["second_pool", "last_pool", "fc"]
Part = Annotated[str, Field(pattern=r"^[A-Za-z][A-Za-z0-9_-]*$")]


class CnnRnn(Settings):
    """A CNN for each stream, concatenated, then a recurrent network over time (Antoniadis et al., sections 3.1 to
    3.3)."""

    PART: ClassVar[str] = "stream"
    """What a part is called in messages."""
    NETWORK: ClassVar[str] = "affectflow.papers.ntua:CnnRnnNetwork"
    """The network that has these settings, `module:class`; imported only when it is built."""

    name: Literal["cnn_rnn"] = "cnn_rnn"
    backbone: Backbone = "resnet50"
    """Feature extractor of every stream: 512 (ResNet-18) or 2048 (ResNet-50) numbers for a frame."""
    width: Width = 64
    """Channels after the first convolution. 64 is the published network; fewer channels suit small machines and cannot
    use published weights."""
    hidden: Count = 512
    """Units of the LSTM in each direction."""
    layers: Count = 1
    """Layers of the LSTM."""
    bidirectional: bool = True
    """Whether the LSTM also reads backwards (Antoniadis et al.: the visual LSTM does; for the aural one they say "an
    LSTM layer")."""
    dropout: Share = 0.0
    """Dropout before the output layer; Antoniadis et al. name none. Their code gives 0.1 to an LSTM of one layer, which
    has no effect: torch applies dropout only between layers of an LSTM."""

    def fit(self, streams: tuple[Stream, ...]) -> None:
        """ValueError where the network cannot read `streams`."""
        if "landmarks" in streams:
            raise ValueError("streams: cnn_rnn reads pictures and mel windows; landmarks join network multi_rnn")
        if OF_FEATURES.intersection(streams):
            raise ValueError("streams: cnn_rnn reads pictures and mel windows; features have their own networks")

    def backbones(self, streams: tuple[Stream, ...]) -> dict[str, tuple[str, int]]:
        """Backbone and width of each part that can start from published weights, by the name that `init` gives it."""
        return dict.fromkeys(streams, (self.backbone, self.width))

    def parts(self, streams: tuple[Stream, ...]) -> tuple[str, ...]:
        """What `init` can name: the streams."""
        return streams

    @property
    def recurrent(self) -> bool:
        """Whether what it says of a frame depends on others."""
        return True


class Component(Settings):
    """A CNN on one stream, fully connected layers, and recurrent networks on the outputs of some layers (Kollias and
    Zafeiriou, sections V-A, V-B and VI-A)."""

    stream: Stream = "face"
    """Input of the CNN."""
    landmarks: bool = False
    """Whether the 68 facial landmarks are concatenated with the last pooling layer, before the fully connected
    layers."""
    backbone: Literal["vgg16", "resnet50", "resnet18"] = "vgg16"
    """Convolutional and pooling layers. VGG-FACE is `vgg16` with VGG-FACE's weights in `init`."""
    width: Width = 64
    """Channels after the first convolution; 64 is the published network."""
    fc: tuple[Count, ...] = ()
    """Units of the fully connected layers after the last pooling layer, each with ReLU."""
    fc_dropout: Share = 0.5
    """Dropout after each fully connected layer."""
    levels: Annotated[tuple[Level, ...], Field(min_length=1)] = ("fc",)
    """Layers whose outputs go to the recurrent networks or the output layer: the second pooling layer (after the fourth
    convolution), the last pooling layer (without the landmarks), the last fully connected layer."""
    rnn: Literal["gru", "lstm", "none"] = "gru"
    """Kind of recurrent network; `none` for a CNN alone."""
    rnns: Literal["one", "each"] = "one"
    """`one`: one recurrent network on all levels concatenated (CNN-1RNN); `each`: one for each level, with concatenated
    outputs (CNN-3RNN)."""
    hidden: Count = 128
    """Units in each layer of a recurrent network."""
    layers: Count = 2
    """Number of layers of a recurrent network."""
    rnn_dropout: Share = 0.0
    """Dropout after the first layer of a recurrent network (section V-B: 0.8)."""
    dropout_is: Literal["dropped", "kept"] = "dropped"
    """Meaning of the two dropout values: the share that is dropped or the share that is kept. The paper's "dropout with
    0.8 probability value" can mean either; the authors used TensorFlow 1, whose dropout takes the probability to
    keep."""

    @property
    def streams(self) -> tuple[Stream, ...]:
        """What it reads."""
        return (self.stream, "landmarks") if self.landmarks else (self.stream,)

    def dropped(self, value: float) -> float:
        """The share that is dropped where a setting says `value`; 0 is no dropout in either case."""
        return 1 - value if value and self.dropout_is == "kept" else value

    @model_validator(mode="after")
    def _layers_exist(self) -> "Component":
        if self.stream == "landmarks":
            raise ValueError("stream is landmarks, which are no picture; set landmarks: true beside a stream")
        if self.stream in OF_FEATURES:
            raise ValueError(f"stream is {self.stream}, which are no picture; they are read by network head_gru")
        if len(set(self.levels)) < len(self.levels):
            raise ValueError(f"levels names one twice: {', '.join(self.levels)}")
        if "second_pool" in self.levels and self.backbone != "vgg16":
            raise ValueError(f"levels names second_pool, which a {self.backbone} has not; set backbone: vgg16")
        if bool(self.fc) != ("fc" in self.levels):
            raise ValueError("fc and levels do not agree: give units in fc and name fc among levels, or neither")
        if self.landmarks and not self.fc:
            raise ValueError("landmarks join the fully connected layers, and fc has none")
        return self


class FusionLayers(Settings):
    """Layers that fuse the components of a network (Kollias and Zafeiriou, sections V-B.3 and VI-A.3)."""

    kind: Literal["none", "gru", "fc"] = "none"
    """What happens to the components' concatenated features before the output layer. `none`: nothing; `gru`: another
    GRU; `fc`: a fully connected layer with ReLU."""
    units: Count = 128
    """Units of each layer."""
    layers: Count = 1
    """Layers of the GRU (section V-B: 1; section VI-A: 2)."""


class MultiRnn(Settings):
    """One or several CNNs with recurrent networks on one or several of their layers (Kollias and Zafeiriou)."""

    PART: ClassVar[str] = "part"
    NETWORK: ClassVar[str] = "affectflow.papers.kollias:MultiRnnNetwork"

    name: Literal["multi_rnn"]
    components: Annotated[dict[Part, Component], Field(min_length=1)]
    """The networks whose features are fused, by name; `init` uses these names to assign weights."""
    fusion: FusionLayers = FusionLayers()

    @property
    def streams(self) -> tuple[Stream, ...]:
        """What all components read, each once."""
        return tuple(dict.fromkeys(stream for component in self.components.values() for stream in component.streams))

    def fit(self, streams: tuple[Stream, ...]) -> None:
        """ValueError where `streams` are not those that the components read."""
        if set(streams) != set(self.streams):
            raise ValueError(f"streams names {', '.join(streams)}; the components read {', '.join(self.streams)}")

    def backbones(self, streams: tuple[Stream, ...]) -> dict[str, tuple[str, int]]:
        """As of `CnnRnn`."""
        sizes: dict[str, tuple[str, int]] = {
            name: (component.backbone, component.width) for name, component in self.components.items()
        }
        return sizes | {f"{name}.cnn": size for name, size in sizes.items()}

    def parts(self, streams: tuple[Stream, ...]) -> tuple[str, ...]:
        """What `init` can name: each component, or its CNN alone (`<component>.cnn`), `fusion`, and `output`, the
        output layer."""
        return (*(part for name in self.components for part in (name, f"{name}.cnn")), "fusion", "output")

    @property
    def recurrent(self) -> bool:
        """As of `CnnRnn`."""
        return self.fusion.kind == "gru" or any(component.rnn != "none" for component in self.components.values())

    @model_validator(mode="after")
    def _names_are_free(self) -> "MultiRnn":
        if reserved := sorted({"fusion", "output"} & set(self.components)):
            raise ValueError(f"components names {', '.join(reserved)}, which init knows as another part; rename it")
        return self


class HeadCnn(Settings):
    """A CNN on one picture with a head for each track (Vu and Beurton-Aimar, figure 2)."""

    PART: ClassVar[str] = "part"
    NETWORK: ClassVar[str] = "affectflow.papers.vu:HeadCnnNetwork"

    name: Literal["head_cnn"]
    backbone: Backbone = "resnet50"
    """The CNN (section 2.2)."""
    width: Width = 64
    """Channels after the first convolution. 64 is the published network; fewer channels suit small machines and cannot
    use published weights."""
    hidden: Count = 128
    """Units of a head's hidden layer, whose outputs are the track's features. The paper is silent on the heads; the
    authors' code has normalisation, 128 units with ReLU, normalisation, dropout and a linear layer."""
    dropout: Share = 0.5
    """Dropout before a head's last layer (code of the authors)."""
    features: Literal["heads", "cnn"] = "heads"
    """Features that other branches read: those of the heads, concatenated (code of the authors), or those of the CNN.
    The paper says "extract features from each video frame"."""

    def fit(self, streams: tuple[Stream, ...]) -> None:
        """As of `CnnRnn`."""
        if len(streams) != 1 or streams[0] not in _PICTURES:
            raise ValueError(
                f"streams: head_cnn reads one picture ({', '.join(_PICTURES)}), found {', '.join(streams)}"
            )

    def backbones(self, streams: tuple[Stream, ...]) -> dict[str, tuple[str, int]]:
        """As of `CnnRnn`."""
        return {"cnn": (self.backbone, self.width)}

    def parts(self, streams: tuple[Stream, ...]) -> tuple[str, ...]:
        """What `init` can name: the CNN, and the heads together."""
        return ("cnn", "heads")

    @property
    def recurrent(self) -> bool:
        """As of `CnnRnn`."""
        return False


class HeadGru(Settings):
    """A recurrent head for each track, on features (Vu and Beurton-Aimar, section 2.4)."""

    PART: ClassVar[str] = "part"
    NETWORK: ClassVar[str] = "affectflow.papers.vu:HeadGruNetwork"

    name: Literal["head_gru"]
    hidden: Count = 64
    """Units of a GRU in each direction (code of the authors; the paper is silent)."""
    layers: Count = 1
    """Layers of a GRU (code of the authors)."""
    bidirectional: bool = True
    """Whether the GRU also reads backwards (section 2.4)."""
    reads: Literal["own", "all"] = "own"
    """Input of a track's head: the features that a `head_cnn` has learnt for the same track (code of the authors), or
    all features."""

    def fit(self, streams: tuple[Stream, ...]) -> None:
        """As of `CnnRnn`."""
        if streams != ("features",):
            raise ValueError(f"streams: head_gru reads features alone, found {', '.join(streams)}")

    def backbones(self, streams: tuple[Stream, ...]) -> dict[str, tuple[str, int]]:
        """As of `CnnRnn`: there is none."""
        return {}

    def parts(self, streams: tuple[Stream, ...]) -> tuple[str, ...]:
        """What `init` can name: the heads together."""
        return ("heads",)

    @property
    def recurrent(self) -> bool:
        """As of `CnnRnn`."""
        return True


def _name_of(value: Any) -> str:
    name = value.get("name", "cnn_rnn") if isinstance(value, dict) else getattr(value, "name", "cnn_rnn")
    return str(name)


# The registry of networks: a new one is a line here.
NetworkSettings = Annotated[
    Annotated[CnnRnn, Tag("cnn_rnn")]
    | Annotated[MultiRnn, Tag("multi_rnn")]
    | Annotated[HeadCnn, Tag("head_cnn")]
    | Annotated[HeadGru, Tag("head_gru")]
    | Annotated[SegmentLstm, Tag("segment_lstm")]
    | Annotated[SegmentTransformer, Tag("segment_transformer")]
    | Annotated[InteractionTransformer, Tag("interaction_transformer")],
    Discriminator(_name_of),
]
