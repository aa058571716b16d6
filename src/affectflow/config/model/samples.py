"""How videos become samples: sequences, and what a network sees of each frame."""

from typing import Annotated, Literal

from pydantic import Field

from affectflow.config.base import Settings
from affectflow.config.model.backbones import Normalise
from affectflow.config.numbers import Count

Cut = Literal["covering", "strides"]


class Sequence(Settings):
    """How a video is divided into training samples."""

    length: Count = 16
    """Frames of a sequence; steps of a clip that is read as a whole."""
    step: Annotated[float, Field(ge=0, le=60)] = 0.0
    """For a clip that is read as a whole (track `eri`): seconds from one step to the next; each step is the frame with
    the nearest time. 0 uses every frame. A clip has `length` steps: it is truncated or padded (code of Li et al.)."""
    stride: Count = 16
    """Frames from the start of one training sequence to the next."""
    predicted: Literal["once", "averaged"] = "once"
    """`once`: in prediction, sequences do not overlap. `averaged`: they overlap according to `stride`, and a frame's
    prediction is the mean over the sequences that contain it (code of Meng et al.). During training, validation
    predicts each frame once."""
    cut: Cut = "covering"
    """Number of sequences. `covering`: as few as contain every frame. `strides`: one at every stride as long as a frame
    is left, floor(n / stride) + 1 for n frames (Meng et al., section 3.3; if the stride divides n, the last one has no
    frame and is not made)."""
    missing_faces: Literal["keep", "split"] = "keep"
    """How a frame without a face affects sequences. `keep`: not at all, it is a frame like any other. `split`: it ends
    the sequence, so that training sequences contain only consecutive frames with a face (Vu and Beurton-Aimar); in
    prediction, frames without a face form sequences of their own."""


class Picture(Settings):
    """How pictures become tensors."""

    size: Annotated[int, Field(ge=16, le=512)] = 112
    """Side in pixels of the network's input. Frames and bodies are resized to it as a whole; faces are cropped
    according to `zoom`."""
    zoom: Annotated[float, Field(ge=1, le=2)] = 1.0
    """Enlargement of faces: a face is resized to `zoom` times `size`, and a crop of `size` pixels is used. In training,
    `augment.crop` shifts the crop; in validation and prediction it is the middle (code of Vu and Beurton-Aimar: 1.2,
    134 pixels and 112)."""
    normalise: Normalise = "imagenet"
    """`imagenet`: mean and standard deviation of ImageNet; `unit`: [-1, 1] (Kollias and Zafeiriou); `facenet`: (p -
    127.5) / 128, used to train the published weights of `inception_resnet_v1`."""
    body: Literal["frame", "crop"] = "frame"
    """Input of the body stream: the whole frame or the person's box (Antoniadis et al., section 3.2.3, allow both;
    their code uses the frame)."""

    @property
    def face_size(self) -> int:
        """Side in pixels to which faces are resized."""
        return round(self.zoom * self.size)


class MelWindow(Settings):
    """The piece of the spectrogram that represents one frame."""

    seconds: Annotated[float, Field(gt=0, le=60)] = 1.0
    """Length of the window, centred at the frame's time. Antoniadis et al. are silent. Their code uses 10 s around
    every frame but never starts before the track does: the first 5 s all see the first window."""


class Landmarks(Settings):
    """How the 68 facial landmarks are normalised."""

    normalise: Literal["aligned", "box", "frame"] = "aligned"
    """Region whose sides are -1 and 1. `aligned`: the aligned face, so that the landmarks describe the same shape that
    the CNN sees, without position, size and tilt of the head; `box`: the face's box; `frame`: the frame. Kollias and
    Zafeiriou are silent."""
