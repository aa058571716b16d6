"""Temporal encoders on frozen features (Meng et al., sections 3.2.3 to 3.4 and 4.2), and their sizes."""

from typing import ClassVar, Literal

from pydantic import model_validator

from affectflow.config.model.on_features import OnFeatures, Streams
from affectflow.config.numbers import Count, Share


class _OnFeatures(OnFeatures):
    """What both encoders share: features joined by a linear layer (equation 1), and a regressor (equation 4)."""

    joined: Count = 512
    """Numbers of a frame after the linear layer that joins its features (section 4.2)."""
    regressor: tuple[Count, ...] = (512, 256)
    """Units of the hidden layers of the regressor, each with ReLU and dropout (section 4.2)."""
    dropout: Share = 0.3
    """Dropout (section 4.2): after each hidden layer of the regressor and, as the paper does not say where, in the
    encoder too; the public code has 0.1 there."""
    standardise: bool = True
    """Whether every feature is brought to mean 0 and deviation 1 over the training frames first. The paper is silent;
    without, descriptors of sound in the millions drown all others."""

    def fit(self, streams: Streams) -> None:
        """As of `CnnRnn`."""
        if streams != ("features",):
            name = getattr(self, "name", "")
            raise ValueError(f"streams: {name} reads features alone, found {', '.join(streams)}")


class SegmentLstm(_OnFeatures):
    """An LSTM along the segments of a video, from each of which it goes on with the state that the one before has left
    (section 3.3.1, equation 2). A `sequence` is a segment; they do not overlap."""

    NETWORK: ClassVar[str] = "affectflow.papers.meng:SegmentLstmNetwork"

    name: Literal["segment_lstm"]
    hidden: Count = 512
    """Units (section 4.2)."""
    layers: Count = 1
    """Layers (public code)."""
    carry: bool = True
    """Whether a segment starts from the last state of the one before, of which it learns nothing backwards (public
    code: detached); else from zeros."""


class SegmentTransformer(_OnFeatures):
    """A transformer encoder on each segment by itself (section 3.3.2, equation 3). A `sequence` is a segment."""

    NETWORK: ClassVar[str] = "affectflow.papers.meng:SegmentTransformerNetwork"

    name: Literal["segment_transformer"]
    layers: Count = 4
    """Layers (section 4.2)."""
    heads: Count = 4
    """Attention heads (section 4.2)."""
    feedforward: Count = 1024
    """Units of the feed-forward layers (section 4.2)."""
    encoder_dropout: Share | None = None
    """Dropout in the encoder where it is not `dropout` (public code: 0.1)."""
    positions: Literal["sinusoidal", "none"] = "sinusoidal"
    """What tells the place of a frame in its segment: added sines and cosines (public code; the paper is silent)."""

    @model_validator(mode="after")
    def _heads_fit(self) -> "SegmentTransformer":
        if self.joined % self.heads:
            raise ValueError(f"joined is {self.joined}, which {self.heads} heads cannot share; change one")
        return self
