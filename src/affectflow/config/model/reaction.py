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
    """A transformer encoder for each modality and one for both together, on features of a clip's steps (Li et al.,
    figure 1). It makes one prediction for a clip, not one for each frame, and is for track `eri`."""

    NETWORK: ClassVar[str] = "affectflow.papers.li:InteractionTransformerNetwork"

    name: Literal["interaction_transformer"]
    embedded: Count = 256
    """Numbers for each step and modality after the embedding, a convolution along the steps (equation 1, section
    4.3)."""
    kernel: Annotated[Count, AfterValidator(_odd)] = 3
    """Kernel size of the convolution in steps. The paper is silent; 1 would be a linear layer."""
    depth: Count = 1
    """Transformer layers of a modality's encoder (section 4.3)."""
    heads: Count = 2
    """Attention heads of a modality's encoder (section 4.3)."""
    dropout: Share = 0.5
    """Dropout after the embedding and in a modality's encoder (section 4.3)."""
    interaction: bool = True
    """Whether there is an encoder of both modalities together (equations 5 and 6). Without it, the modalities meet only
    in the output layers (table 1, A + V)."""
    interaction_depth: Count = 1
    """Transformer layers of the interaction encoder (section 4.3)."""
    interaction_heads: Count = 8
    """Attention heads of the interaction encoder (section 4.3)."""
    interaction_dropout: Share = 0.1
    """Dropout of the interaction encoder (section 4.3)."""
    feedforward: Count = 4
    """Units of a transformer layer's feed-forward part, as a multiple of its input size. The paper is silent; 4 is the
    value of "Attention is all you need"."""
    projected: Count = 256
    """Numbers for each step after the projections of the modality encoders' outputs and of the interaction encoder's
    output: "a lower dimension" (section 3.1.1)."""
    steps: Count = 30
    """Steps of a clip, the same as `sequence.length`."""
    pool: Literal["flatten", "mean"] = "flatten"
    """How the steps of a clip are combined. `flatten`: concatenated, zeros after the clip's end (code of the authors);
    `mean`: their mean. The paper is silent."""
    positions: Literal["sinusoidal", "none"] = "sinusoidal"
    """Position encoding of the steps: added sines and cosines (code of the authors; the paper is silent)."""
    position_base: Annotated[float, Field(gt=1)] = 10000.0
    """Base of the sines and cosines: the slowest has a period of about 2 pi times as many steps ("Attention is all you
    need"; code of the authors: 1000)."""
    norm: Literal["post", "pre"] = "post"
    """Where a transformer layer normalises: after each of its parts, as in "Attention is all you need", to which the
    paper refers, or before each part (code of the authors)."""
    activation: Literal["relu", "gelu"] = "relu"
    """Activation in a transformer layer's feed-forward part: that of "Attention is all you need", or that of the
    authors' code."""
    standardise: bool = True
    """Whether every feature is first standardised to mean 0 and standard deviation 1 over the steps of the training
    clips. The paper is silent; the authors' code has the option."""

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
