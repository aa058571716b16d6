"""How videos become samples: sequences, and what a network sees of each frame."""

from typing import Annotated, Literal

from pydantic import Field

from affectflow.config.base import Settings
from affectflow.config.model.backbones import Normalise
from affectflow.config.numbers import Count

Cut = Literal["covering", "strides"]


class Sequence(Settings):
    """How a video is cut into training samples."""

    length: Count = 16
    """Frames of a sequence; steps, of a clip that is read as a whole."""
    step: Annotated[float, Field(ge=0, le=60)] = 0.0
    """Of a clip that is read as a whole (track `eri`): seconds from one of its steps to the next, each the frame whose
    time is nearest; 0 for every frame. A clip has `length` steps: it is cut, or padded (public code of Li et al.)."""
    stride: Count = 16
    """Frames from the start of one sequence to the next, in training."""
    predicted: Literal["once", "averaged"] = "once"
    """`once`: in prediction sequences do not overlap; `averaged`: they overlap by `stride`, and a frame's prediction is
    the mean over those that it is in (public code of Meng et al.). While training, validation is of each frame once."""
    cut: Cut = "covering"
    """How many there are. `covering`: as few as hold every frame; `strides`: one at every stride as long as a frame is
    left, floor(n / stride) + 1 of n frames (Meng et al., section 3.3; where the stride divides n the last has no frame,
    and is not made)."""
    missing_faces: Literal["keep", "split"] = "keep"
    """What a frame without a face is to a sequence. `span`: a frame as any other; `split`: where it ends, so that what
    is learnt from has consecutive frames with a face alone (Vu and Beurton-Aimar); in prediction those without one make
    sequences of their own."""


class Picture(Settings):
    """How pictures become tensors."""

    size: Annotated[int, Field(ge=16, le=512)] = 112
    """Side in pixels of what networks see of every picture: of frames and bodies all, of faces the middle by `zoom`."""
    zoom: Annotated[float, Field(ge=1, le=2)] = 1.0
    """How much nearer a face is seen: it is resized to `zoom` times `size`, of which `size` pixels are seen: in
    training where `augment.crop` shifts to, in validation and prediction the middle (public code of Vu and
    Beurton-Aimar: 1.2, 134 pixels and 112)."""
    normalise: Normalise = "imagenet"
    """`imagenet`: mean and deviation of ImageNet; `unit`: [-1, 1] (Kollias and Zafeiriou); `facenet`: (p - 127.5) /
    128, what the published weights of `inception_resnet_v1` were trained on."""
    body: Literal["frame", "crop"] = "frame"
    """What the body stream sees: the whole frame or the person's box (Antoniadis et al., section 3.2.3 allows both;
    their public code takes the frame)."""

    @property
    def face_size(self) -> int:
        """Side in pixels to which faces are resized."""
        return round(self.zoom * self.size)


class MelWindow(Settings):
    """The piece of spectrogram that stands for one frame."""

    seconds: Annotated[float, Field(gt=0, le=60)] = 1.0
    """Length of the window, centred at the frame's time. Antoniadis et al. are silent; their public code has 10 s
    around every frame, where the track's begin is not passed: the first 5 s all see the first window."""


class Landmarks(Settings):
    """How the 68 facial landmarks become numbers."""

    normalise: Literal["aligned", "box", "frame"] = "aligned"
    """Where -1 and 1 lie. `aligned`: the sides of the aligned face, so that they say of its shape what the CNN sees of
    it, without the head's place, size and tilt; `box`: the sides of the face's box; `frame`: those of the frame.
    Kollias and Zafeiriou are silent."""
