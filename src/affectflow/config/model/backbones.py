"""Networks on single pictures, and which pictures they can see."""

from typing import Annotated, Literal

from pydantic import Field

Width = Annotated[int, Field(ge=4, le=64)]
"""Channels after the first convolution."""
Backbone = Literal["resnet18", "resnet50"]
Encoder = Literal[
    "resnet18",
    "resnet50",
    "densenet",
    "densenet121",
    "iresnet18",
    "iresnet50",
    "iresnet100",
    "inception_resnet_v1",
    "regnet_y_1_6gf",
    "vit_b_16",
    "poster_v2",
]
"""Networks that can be trained on still pictures and lend their features."""
Normalise = Literal["imagenet", "unit", "facenet"]

# Pictures that are smaller shrink to nothing on the way.
_SMALLEST: dict[Encoder, int] = {"densenet121": 29, "inception_resnet_v1": 75}
_PATCH = 16


def check_size(encoder: Encoder, size: int) -> None:
    """ValueError where an encoder cannot see pictures of `size` x `size` pixels."""
    if size < (least := _SMALLEST.get(encoder, 0)):
        raise ValueError(f"{encoder} sees pictures of {least} pixels and more, found size {size}; set size higher")
    if encoder == "vit_b_16" and size % _PATCH:
        raise ValueError(f"{encoder} sees patches of {_PATCH} pixels, found size {size}; set it to a multiple")
