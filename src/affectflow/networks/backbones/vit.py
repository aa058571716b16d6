"""The vision transformer ViT-B/16 (Dosovitskiy et al. 2020), of any width and for pictures of any size: torchvision's
own network, so that its state dicts fit."""

import math
from collections.abc import Mapping

import affectflow.compute.torch_pair  # noqa: F401  must come before torchvision

# isort: split
import torchvision
from torch import Tensor, nn
from torchvision.models.vision_transformer import interpolate_embeddings

HEADS = 12
"""Heads of attention, and layers; a token has so many times `width` numbers."""

_PATCH = 16
_POSITIONS = "encoder.pos_embedding"
# The linear layers of a block, which were named otherwise when the published file was made.
_OLD_NAMES = {".mlp.linear_1.": ".mlp.0.", ".mlp.linear_2.": ".mlp.3."}


class VisionTransformer(torchvision.models.VisionTransformer):
    """Pictures to the numbers of the class token after the last normalisation, `HEADS` times `width`.

    Args:
        width: numbers of a head; 64 is the published network.
        size: side of a picture in pixels, a multiple of 16; the published one's is 224.
    """

    def __init__(self, width: int = 64, size: int = 224) -> None:
        hidden = HEADS * width
        super().__init__(size, _PATCH, HEADS, HEADS, hidden, mlp_dim=4 * hidden)
        self.heads = nn.Identity()

    def own_names(self, state: Mapping[str, Tensor]) -> dict[str, Tensor]:
        """Published parameters by today's names, their positions interpolated to those of pictures of `size`."""
        named = dict(state)
        for key in state:
            for old, own in _OLD_NAMES.items():
                if old in key:
                    named[key.replace(old, own)] = named.pop(key)
        # Of a token for the class and a square of patches; what is not is of another network and stays as it is.
        if _POSITIONS in named and math.isqrt(patches := named[_POSITIONS].shape[1] - 1) ** 2 == patches:
            named = dict(interpolate_embeddings(self.image_size, _PATCH, named))
        return named
