"""Equation 2 of Antoniadis et al.: the person's box set to zero."""

import torch
from torch import Tensor


def mask_boxes(pictures: Tensor, boxes: Tensor, detected: Tensor) -> Tensor:
    """Set the person's box to zero (Antoniadis et al., equation 2); where nobody was found a picture stays as it is.

    A pixel is zero where the box touches it, so that nothing of the person is left in pictures that were made
    smaller by averaging.

    Args:
        pictures: shape (…, height, width, channels).
        boxes: left, top, right, bottom as shares of width and height, shape (…, 4).
        detected: whether there is a box, shape (…).

    Returns:
        Masked copies, of the shape and type of `pictures`.
    """
    height, width = pictures.shape[-3:-1]
    left, top, right, bottom = (boxes[..., edge, None] for edge in range(4))
    # Half a thousandth of a pixel absorbs rounding of boxes that end at a pixel's edge.
    slack = 5e-4
    x = torch.arange(width, device=pictures.device)
    y = torch.arange(height, device=pictures.device)
    beside = (x + 1 <= left * width + slack) | (x >= right * width - slack) | ~detected[..., None]
    above = (y + 1 <= top * height + slack) | (y >= bottom * height - slack)
    # Products of bytes, in rows of width x channels: torch takes many times longer to fill by a mask, and where the
    # innermost axis is only the colours.
    columns = beside.repeat_interleave(pictures.shape[-1], -1).to(torch.uint8)
    visible = above.to(torch.uint8)[..., :, None] | columns[..., None, :]
    return (pictures.flatten(-2) * visible).unflatten(-1, pictures.shape[-2:])
