"""Features that nothing of the system learns: of sound or of faces, extracted once (Meng et al., section 3.2;
Li et al., sections 3.1.2 and 3.2). Sections without a paper are those of Meng et al."""

from typing import Annotated, ClassVar, Literal

from pydantic import Discriminator, Field, model_validator

from affectflow.config.base import Name, Settings
from affectflow.config.data.mel_bands import check_bands
from affectflow.config.model.backbones import Encoder, Normalise, Width, check_size
from affectflow.config.model.of_sound import OfSound
from affectflow.config.numbers import Count

RANDOM = "random_init"
"""Name of the declared random weights in place of published ones."""
RANDOM_NOTE = "random_init, no published weights"

Colours = Literal["viridis", "plasma", "inferno", "magma", "cividis", "turbo", "jet", "hot", "cubehelix", "gray"]
"""Colour maps of matplotlib that a spectrogram can be drawn in."""
_RATE = 16000
"""Samples a second that networks hear."""


class OpenSmileSet(OfSound):
    """Low-level descriptors of openSMILE, one frame every 10 ms. The set's published windows (20 and 60 ms) are kept,
    and the time of each number is the middle of its window."""

    EXTRACTOR: ClassVar[str] = "affectflow.features.smile"
    """The module whose `extractor` computes it; imported only when the set is used."""

    kind: Literal["opensmile"]
    set: Literal["eGeMAPSv01b", "ComParE_2016"]
    """`eGeMAPSv01b`: 23 descriptors; `ComParE_2016`: 65 and their deltas (Meng et al., section 3.2.2: 130)."""

    @property
    def size(self) -> int:
        """Numbers of a frame."""
        return 23 if self.set == "eGeMAPSv01b" else 130

    @property
    def published(self) -> str | None:
        """Name of the weights that it needs; none."""
        return None


class VggishSet(OfSound):
    """The 128 numbers of VGGish for 0.96 s of sound at 16 kHz (Meng et al., section 3.2.2)."""

    EXTRACTOR: ClassVar[str] = "affectflow.features.vggish"

    kind: Literal["vggish"]
    weights: Name = "vggish"
    """A name in config/weights.yaml; or `random_init` for random weights, which are declared wherever scores are
    shown."""
    hop: Annotated[float, Field(ge=0.01, le=10)] = 0.96
    """Seconds from one piece of 0.96 s to the next. Meng et al. are silent; the published network has 0.96."""

    @property
    def size(self) -> int:
        """Numbers of a frame."""
        return 128

    @property
    def published(self) -> str | None:
        """Name of the weights that it needs."""
        return self.weights


class Wav2vecSet(OfSound):
    """The 768 numbers of a layer of wav2vec 2.0 (base), one frame every 20 ms of sound at 16 kHz (Meng et al., section
    3.2.2)."""

    EXTRACTOR: ClassVar[str] = "affectflow.features.wav2vec"

    kind: Literal["wav2vec2"]
    weights: Name = "wav2vec2_base_960h"
    """As for `vggish`. Pre-trained and fine-tuned on 960 hours of LibriSpeech (section 3.2.2)."""
    layer: Annotated[int, Field(ge=1, le=12)] = 12
    """Layer, of 12, whose outputs are the features. The paper is silent; the default is the last one."""
    seconds: Annotated[float, Field(ge=1, le=120)] = 20.0
    """Length of the pieces in which a long track is processed, so that memory does not grow."""
    context: Annotated[float, Field(ge=0, le=30)] = 2.0
    """Seconds of context on both sides of each piece."""

    @property
    def size(self) -> int:
        """Numbers of a frame."""
        return 768

    @property
    def published(self) -> str | None:
        """Name of the weights that it needs."""
        return self.weights


class DeepSpectrumSet(OfSound):
    """DeepSpectrum (Amiriparian et al. 2017): the 1024 numbers of a DenseNet121 trained on ImageNet, which sees the
    spectrogram of each stretch of sound at 16 kHz as a picture (Li et al., section 3.1.2).

    Li et al. only name the network, its training pictures and the 1024 numbers. The other values follow the
    documentation of the DeepSpectrum program where it gives any."""

    EXTRACTOR: ClassVar[str] = "affectflow.features.deep_spectrum"

    kind: Literal["deep_spectrum"]
    weights: Name = "imagenet_densenet121"
    """As for `vggish`."""
    seconds: Annotated[float, Field(ge=0.1, le=30)] = 1.0
    """Seconds of sound in one picture. By default the program uses a whole file; its example has 1 s every 0.5 s."""
    hop: Annotated[float, Field(ge=0.01, le=30)] = 0.5
    """Seconds from one picture to the next."""
    spectrogram: Literal["mel", "linear"] = "mel"
    """Vertical axis of a picture: mel bands, or the frequencies of the Fourier transform. The program's default is
    `linear`; its example for affect has `mel`."""
    bands: Annotated[int, Field(ge=8, le=512)] = 128
    """Number of mel bands; the default is the program's."""
    n_fft: Annotated[int, Field(ge=64, le=4096, multiple_of=2)] = 512
    """Length of a Fourier transform in samples, an even number; the next one starts half a length later. The default is
    the program's: the smallest power of two from 25 ms on."""
    decibels: Annotated[float, Field(gt=0, le=200)] | None = None
    """Level of the lowest colour, in decibels below the loudest point of a picture. When not set, colours extend from
    the quietest to the loudest point of each picture, as in the program."""
    colours: Colours = "viridis"
    """Colour map, by its name in matplotlib; the default is the program's."""
    side: Annotated[int, Field(ge=32, le=512)] = 224
    """Side of the pictures in pixels, as for ImageNet. The program draws 227 pixels and resizes them to this."""

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
    """Features that an encoder trained on still pictures computes from the aligned face of every frame (Meng et al.,
    section 3.2.1; Li et al., sections 3.1.2 and 3.2)."""

    kind: Literal["face"]
    weights: Name
    """A name in the system's `pretraining`, trained with the seed `seed`; or a name in config/weights.yaml; or
    `random_init` for random weights."""
    backbone: Encoder
    """The encoder, the same as in `pretraining` if `weights` names one."""
    width: Width = 64
    """As in `pretraining`; 64 for published weights."""
    size: Annotated[int, Field(ge=16, le=512)] = 112
    """Side in pixels to which faces are resized; for `vit_b_16` a multiple of 16. Published weights were trained with
    112 (IResNets), 160 (`inception_resnet_v1`) or 224 (`regnet_y_1_6gf`, `vit_b_16`, `poster_v2`)."""
    normalise: Normalise = "imagenet"
    """As in `picture`."""
    batch: Count = 64
    """Number of faces processed at once."""

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


# The registry of feature sets: a new one is a line here.
FeatureSet = Annotated[OpenSmileSet | VggishSet | Wav2vecSet | DeepSpectrumSet | FaceSet, Discriminator("kind")]


def note_of(feature_set: FeatureSet) -> str:
    """What must be said wherever scores are shown to which a set gave; empty where nothing must."""
    return RANDOM_NOTE if feature_set.published == RANDOM else ""
