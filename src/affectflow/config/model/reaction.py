"""The network for the intensity of reactions to a clip (Li et al., section 3.1), and its sizes."""

from typing import Annotated, ClassVar, Literal

from pydantic import AfterValidator, Field, model_validator

from affectflow.config.model.on_features import OnFeatures, Streams
from affectflow.config.numbers import Count, Share

READ: Streams = ("sound_features", "face_features")
"""What it can read: one of them, or both in this order."""


def _odd(kernel: int) -> int:
    if kernel % 2 == 0:
        raise ValueError(f"kernel {kernel} has no middle step; expected an odd number")
    return kernel


class InteractionTransformer(OnFeatures):
    """An encoder for each modality and one for both together, on features of a clip's steps (figure 1). It says one
    thing of a clip, not of each frame, and is for track `eri`."""

    NETWORK: ClassVar[str] = "affectflow.papers.li:InteractionTransformerNetwork"

    name: Literal["interaction_transformer"]
    embedded: Count = 256
    """Numbers of a step and modality after the embedding, a convolution along the steps (equation 1, section 4.3)."""
    kernel: Annotated[Count, AfterValidator(_odd)] = 3
    """Steps that the convolution sees at once. The paper is silent; with 1 it would be a linear layer."""
    depth: Count = 1
    """Transformer layers of the encoder of a modality (section 4.3)."""
    heads: Count = 2
    """Attention heads of the encoder of a modality (section 4.3)."""
    dropout: Share = 0.5
    """Dropout after the embedding and in the encoder of a modality (section 4.3)."""
    interaction: bool = True
    """Whether there is an encoder of both modalities together (equations 5 and 6); without it they meet in the output
    layers alone (table 1, A + V)."""
    interaction_depth: Count = 1
    """Its transformer layers (section 4.3)."""
    interaction_heads: Count = 8
    """Its attention heads (section 4.3)."""
    interaction_dropout: Share = 0.1
    """Its dropout (section 4.3)."""
    feedforward: Count = 4
    """Units of a transformer layer's feed-forward part, as a multiple of what it reads. The paper is silent; 4 is that
    of "Attention is all you need"."""
    projected: Count = 256
    """Numbers of a step after the projection of what the encoders of the modalities say, and of what the interaction
    encoder says, each: "a lower dimension" (section 3.1.1)."""
    steps: Count = 30
    """Steps of a clip, as `sequence.length`."""
    pool: Literal["flatten", "mean"] = "flatten"
    """How steps become a clip: `flatten`: side by side, zeros where the clip has ended (public code); `mean`: their
    mean. The paper is silent."""
    positions: Literal["sinusoidal", "none"] = "sinusoidal"
    """What tells the place of a step: added sines and cosines (public code; the paper is silent)."""
    position_base: Annotated[float, Field(gt=1)] = 10000.0
    """Of the sines and cosines: the slowest turns about once in 2 pi times as many steps ("Attention is all you need";
    public code: 1000)."""
    norm: Literal["post", "pre"] = "post"
    """Where a transformer layer normalises: after each of its parts, as "Attention is all you need" has it, to which
    the paper refers; or what each part reads (public code)."""
    activation: Literal["relu", "gelu"] = "relu"
    """Of a transformer layer's feed-forward part: as "Attention is all you need", or that of the public code."""
    standardise: bool = True
    """Whether every feature is brought to mean 0 and deviation 1 over the steps of the training clips first. The paper
    is silent; the public code can."""

    def fit(self, streams: Streams) -> None:
        """ValueError where the network cannot read `streams`."""
        if streams not in ((READ[0],), (READ[1],), READ):
            raise ValueError(
                f"streams: interaction_transformer reads {' and '.join(READ)}, in this order, or one of them; found "
                f"{', '.join(streams)}"
            )

    @model_validator(mode="after")
    def _heads_fit(self) -> "InteractionTransformer":
        for size, heads, key in (
            (self.embedded, self.heads, "heads"),
            (2 * self.embedded, self.interaction_heads, "interaction_heads"),
        ):
            if size % heads:
                raise ValueError(f"{key} is {heads}, which cannot share {size} numbers; change it, or embedded")
        return self
