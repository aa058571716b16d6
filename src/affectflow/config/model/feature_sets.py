"""Features that nothing of the system learns: of sound or of faces, extracted once (Meng et al., section 3.2;
Li et al., sections 3.1.2 and 3.2). Sections without a paper are those of Meng et al."""

from typing import Annotated, Literal

from pydantic import Discriminator, Field, model_validator

from affectflow.config.base import Name, Settings
from affectflow.config.data.mel_bands import check_bands
from affectflow.config.model.backbones import Encoder, Normalise, Width, check_size
from affectflow.config.numbers import Count

RANDOM = "stand-in"
"""Name of the declared stand-in for published weights: random ones."""
RANDOM_NOTE = "random stand-in for published weights"

Colours = Literal["viridis", "plasma", "inferno", "magma", "cividis", "turbo", "jet", "hot", "cubehelix", "gray"]
"""Colour maps of matplotlib that a spectrogram can be drawn in."""
_RATE = 16000
"""Samples a second that networks hear."""


class _OfSound(Settings):
    """What all sets of sound share: how their own frames become those of the video."""

    at: Literal["nearest", "linear", "mean"] = "nearest"
    """What a video frame has of the set's own frames, whose times are the middles of what they are computed from; with
    openSMILE each number has its own, and the rule holds for each (docs/meng.md). `nearest`: the one whose time is
    nearest to its own, of two the earlier; `linear`: both neighbours, weighted by how near they are; `mean`: the mean
    of those in `window`. The paper is silent; where 0 means unvoiced, as with the pitch of eGeMAPS, a mix of frames
    means nothing."""
    window: Annotated[float, Field(gt=0, le=60)] = 0.1
    """Seconds around a video frame's time whose frames `mean` takes; the nearest where there is none in it."""

    @property
    def sense(self) -> Literal["face", "sound"]:
        """What the features are of."""
        return "sound"


class OpenSmileSet(_OfSound):
    """Low-level descriptors of openSMILE, a frame each 10 ms, as the set is published: its own windows (20 and 60 ms)
    are left as they are, and each number stands at the middle of what it is of."""

    kind: Literal["opensmile"]
    set: Literal["eGeMAPSv01b", "ComParE_2016"]
    """`eGeMAPSv01b`: 23 descriptors; `ComParE_2016`: 65 and their deltas (section 3.2.2: 130)."""

    @property
    def size(self) -> int:
        """Numbers of a frame."""
        return 23 if self.set == "eGeMAPSv01b" else 130

    @property
    def published(self) -> str | None:
        """Name of the weights that it needs; none."""
        return None


class VggishSet(_OfSound):
    """The 128 numbers of VGGish for 0.96 s of sound at 16 kHz (section 3.2.2)."""

    kind: Literal["vggish"]
    weights: Name = "vggish"
    """A name of config/weights.yaml; `stand-in` for random weights, which is declared wherever scores are shown."""
    hop: Annotated[float, Field(ge=0.01, le=10)] = 0.96
    """Seconds from one piece of 0.96 s to the next. The paper is silent; the published network's is 0.96."""

    @property
    def size(self) -> int:
        """Numbers of a frame."""
        return 128

    @property
    def published(self) -> str | None:
        """Name of the weights that it needs."""
        return self.weights


class Wav2vecSet(_OfSound):
    """The 768 numbers of a layer of wav2vec 2.0 (base), a frame each 20 ms of sound at 16 kHz (section 3.2.2)."""

    kind: Literal["wav2vec2"]
    weights: Name = "wav2vec2_base_960h"
    """As of `vggish`. Pre-trained and fine-tuned on 960 hours of LibriSpeech (section 3.2.2)."""
    layer: Annotated[int, Field(ge=1, le=12)] = 12
    """Of the 12, whose outputs are the features. The paper is silent: the last one."""
    seconds: Annotated[float, Field(ge=1, le=120)] = 20.0
    """Of a long track pieces of this length are seen at once, so that memory stays flat."""
    context: Annotated[float, Field(ge=0, le=30)] = 2.0
    """Seconds more that are seen on both sides of each piece."""

    @property
    def size(self) -> int:
        """Numbers of a frame."""
        return 768

    @property
    def published(self) -> str | None:
        """Name of the weights that it needs."""
        return self.weights


class DeepSpectrumSet(_OfSound):
    """DeepSpectrum (Amiriparian et al. 2017): the 1024 numbers of a DenseNet121, trained on ImageNet, that sees the
    spectrogram of each stretch of sound at 16 kHz as a picture (Li et al., section 3.1.2).

    Li et al. say no more than network, pictures of its training, and 1024 numbers. What it leaves open follows the
    documentation of DeepSpectrum's own program where that says something."""

    kind: Literal["deep_spectrum"]
    weights: Name = "imagenet_densenet121"
    """As of `vggish`."""
    seconds: Annotated[float, Field(ge=0.1, le=30)] = 1.0
    """Of sound that a picture shows. The program shows a whole file unless it is told otherwise, as in its example of
    1 s each 0.5 s."""
    hop: Annotated[float, Field(ge=0.01, le=30)] = 0.5
    """Seconds from one picture to the next."""
    spectrogram: Literal["mel", "linear"] = "mel"
    """Frequencies from the bottom to the top of a picture: mel bands, or those of the Fourier transform. The program's
    default is `linear`; its example for affect has `mel`."""
    bands: Annotated[int, Field(ge=8, le=512)] = 128
    """Mel bands; the program's default."""
    n_fft: Annotated[int, Field(ge=64, le=4096, multiple_of=2)] = 512
    """Samples of a Fourier transform, an even number; the next one begins half of them later. As the program's default,
    the power of two from 25 ms on."""
    decibels: Annotated[float, Field(gt=0, le=200)] | None = None
    """Below the loudest of a picture, where its lowest colour stands. When not given colours go from the quietest to
    the loudest of each picture, as the program's do."""
    colours: Colours = "viridis"
    """Colour map, by its name in matplotlib; the program's default."""
    side: Annotated[int, Field(ge=32, le=512)] = 224
    """Of the pictures in pixels, as those of ImageNet. The program draws 227 and shrinks them to this."""

    @property
    def size(self) -> int:
        """Numbers of a frame."""
        return 1024

    @property
    def published(self) -> str | None:
        """Name of the weights that it needs."""
        return self.weights

    @model_validator(mode="after")
    def _holds_a_column(self) -> "DeepSpectrumSet":
        if round(self.seconds * _RATE) < self.n_fft:
            raise ValueError(
                f"seconds is {self.seconds:g}, {round(self.seconds * _RATE)} samples, fewer than the {self.n_fft} of "
                "n_fft; set n_fft lower or seconds higher"
            )
        if self.spectrogram == "mel":
            check_bands("deep_spectrum", self.bands, self.n_fft, _RATE, 0, _RATE / 2, ("bands", "n_fft", None))
        return self


class FaceSet(Settings):
    """What an encoder that has learnt from still pictures sees in the aligned face of every frame (Meng et al., section
    3.2.1; Li et al., sections 3.1.2 and 3.2)."""

    kind: Literal["face"]
    weights: Name
    """A name of the system's `pretraining`, with the seed `seed`; or of config/weights.yaml; or `stand-in`, random
    ones."""
    backbone: Encoder
    """The encoder, as that of `pretraining` where `weights` names one."""
    width: Width = 64
    """As in `pretraining`; 64 of published weights."""
    size: Annotated[int, Field(ge=16, le=512)] = 112
    """Side in pixels to which faces are resized; of `vit_b_16` a multiple of 16. Published weights have seen 112
    (IResNets), 160 (`inception_resnet_v1`) or 224 (`regnet_y_1_6gf`, `vit_b_16`, `poster_v2`)."""
    normalise: Normalise = "imagenet"
    """As in `picture`."""
    batch: Count = 64
    """Faces that are seen at once."""

    @model_validator(mode="after")
    def _can_see(self) -> "FaceSet":
        check_size(self.backbone, self.size)
        return self

    @property
    def sense(self) -> Literal["face", "sound"]:
        """What the features are of."""
        return "face"

    @property
    def published(self) -> str | None:
        """Name of the weights that it needs."""
        return self.weights


FeatureSet = Annotated[OpenSmileSet | VggishSet | Wav2vecSet | DeepSpectrumSet | FaceSet, Discriminator("kind")]


def note_of(feature_set: FeatureSet) -> str:
    """What must be said wherever scores are shown to which a set gave; empty where nothing must."""
    return RANDOM_NOTE if feature_set.published == RANDOM else ""
