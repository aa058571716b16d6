"""Temporal encoders on frozen features (Meng et al., sections 3.2.3 to 3.4 and 4.2), and their sizes."""

from typing import ClassVar, Literal

from pydantic import model_validator

from affectflow.config.model.on_features import OnFeatures, Streams
from affectflow.config.numbers import Count, Share


class _OnFeatures(OnFeatures):
    """Parts that both temporal encoders share (Meng et al.): a linear layer that combines the features (equation 1),
    and a regressor (equation 4)."""

    joined: Count = 512
    """Numbers for a frame after the linear layer that combines its features (section 4.2)."""
    regressor: tuple[Count, ...] = (512, 256)
    """Units of the hidden layers of the regressor, each with ReLU and dropout (section 4.2)."""
    dropout: Share = 0.3
    """Dropout (section 4.2): after each hidden layer of the regressor and, because the paper does not say where, also
    in the encoder; the authors' code has 0.1 there."""
    standardise: bool = True
    """Whether every feature is first standardised to mean 0 and standard deviation 1 over the training frames. The
    paper is silent; without standardisation, descriptors of sound with values in the millions dominate all others."""

    def fit(self, streams: Streams) -> None:
        """As of `CnnRnn`."""
        if streams != ("features",):
            name = getattr(self, "name", "")
            raise ValueError(f"streams: {name} reads features alone, found {', '.join(streams)}")


class SegmentLstm(_OnFeatures):
    """An LSTM along the segments of a video; each segment starts from the last state of the segment before (Meng et
    al., section 3.3.1, equation 2). A `sequence` is a segment; segments do not overlap."""

    NETWORK: ClassVar[str] = "affectflow.papers.meng:SegmentLstmNetwork"

    name: Literal["segment_lstm"]
    hidden: Count = 512
    """Units (section 4.2)."""
    layers: Count = 1
    """Number of layers (code of the authors)."""
    carry: bool = True
    """Whether a segment starts from the last state of the segment before, without gradients through it (code of the
    authors: detached); otherwise from zeros."""


class SegmentTransformer(_OnFeatures):
    """A transformer encoder on each segment separately (Meng et al., section 3.3.2, equation 3). A `sequence` is a
    segment."""

    NETWORK: ClassVar[str] = "affectflow.papers.meng:SegmentTransformerNetwork"

    name: Literal["segment_transformer"]
    layers: Count = 4
    """Layers (section 4.2)."""
    heads: Count = 4
    """Attention heads (section 4.2)."""
    feedforward: Count = 1024
    """Units of the feed-forward layers (section 4.2)."""
    encoder_dropout: Share | None = None
    """Dropout in the encoder, if it differs from `dropout` (code of the authors: 0.1)."""
    positions: Literal["sinusoidal", "none"] = "sinusoidal"
    """Position encoding of the frames in a segment: added sines and cosines (code of the authors; the paper is
    silent)."""

    @model_validator(mode="after")
    def _heads_fit(self) -> "SegmentTransformer":
        if self.joined % self.heads:
            raise ValueError(f"joined is {self.joined}, which {self.heads} heads cannot share; change one")
        return self
