"""Features that nothing of the system learns: of sound or of faces, extracted once (paper 003, section 3.2)."""

from typing import Annotated, Literal

from pydantic import Discriminator, Field

from affectflow.config.base import Name, Settings
from affectflow.config.training import Count, Encoder, Normalise, Width

RANDOM = "stand-in"
"""Name of the declared stand-in for published weights: random ones."""
RANDOM_NOTE = "random stand-in for published weights"


class _OfSound(Settings):
    """What all sets of sound share: how their own frames become those of the video."""

    at: Literal["nearest", "linear", "mean"] = "nearest"
    """What a video frame has of the set's own frames, whose times are the middles of what they are computed from.
    `nearest`: the one whose time is nearest to its own, of two the earlier; `linear`: both neighbours, weighted by how
    near they are; `mean`: the mean of those in `window`. The paper is silent; where 0 means unvoiced, as with the
    pitch of eGeMAPS, a mix of frames means nothing."""
    window: Annotated[float, Field(gt=0, le=60)] = 0.1
    """Seconds around a video frame's time whose frames `mean` takes; the nearest where there is none in it."""

    @property
    def sense(self) -> Literal["face", "sound"]:
        """What the features are of."""
        return "sound"


class OpenSmileSet(_OfSound):
    """Low-level descriptors of openSMILE, a frame each 10 ms, as the set is published: its own windows (20 and 60 ms)
    are left as they are."""

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


class FaceSet(Settings):
    """What a CNN that has learnt from still pictures sees in the aligned face of every frame (section 3.2.1)."""

    kind: Literal["face"]
    weights: Name
    """A name of the system's `pretraining`, with the seed `seed`; or of config/weights.yaml; or `stand-in`, random
    ones."""
    backbone: Encoder
    """The CNN, as that of `pretraining` where `weights` names one."""
    width: Width = 64
    """Channels after the first convolution, as in `network`; of the DenseNet it changes nothing."""
    size: Annotated[int, Field(ge=16, le=512)] = 112
    """Side in pixels to which faces are resized."""
    normalise: Normalise = "imagenet"
    """As in `picture`."""
    batch: Count = 64
    """Faces that are seen at once."""

    @property
    def sense(self) -> Literal["face", "sound"]:
        """What the features are of."""
        return "face"

    @property
    def published(self) -> str | None:
        """Name of the weights that it needs."""
        return self.weights


FeatureSet = Annotated[OpenSmileSet | VggishSet | Wav2vecSet | FaceSet, Discriminator("kind")]


def note_of(its: FeatureSet) -> str:
    """What must be said wherever scores are shown to which a set gave; empty where nothing must."""
    return RANDOM_NOTE if its.published == RANDOM else ""
