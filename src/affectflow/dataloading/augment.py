"""Random changes of training samples: one draw a sequence, the same for all of its frames and pictures."""

import numpy as np
import torch
from torch import Tensor

from affectflow.config.training.trained import Augment
from affectflow.dataloading.landmarks import MIRRORED


def draw(settings: Augment, seed: int, epoch: int, sample: int, columns: int, bands: int) -> Tensor:
    """What is done to one sample in one epoch; follows from (seed, epoch, sample) alone.

    Returns:
        Eight numbers: mirrored (0 or 1); shift to the right and down as shares of the side; relative
        brightness; first and end spectrogram column masked; first and end mel band masked.
    """
    random = np.random.default_rng((seed, epoch, sample))
    flip = float(random.random() < settings.flip)
    shift = random.uniform(-settings.crop, settings.crop, 2)
    brightness = 1 + random.uniform(-settings.brightness, settings.brightness)
    spans: list[float] = []
    for largest, size in ((settings.mel_time, columns), (settings.mel_bands, bands)):
        length = int(random.integers(0, min(largest, size) + 1))
        first = int(random.integers(0, size - length + 1))
        spans += [first, first + length]
    return torch.tensor([flip, *shift, brightness, *spans], dtype=torch.float32)


def augment_pictures(pictures: Tensor, draws: Tensor, size: int | None = None) -> Tensor:
    """Mirror, shift and brighten, and take the middle of it; what a shift uncovers repeats the edge.

    Args:
        pictures: in [0, 255], shape (batch, time, height, width, channels).
        draws: of `draw`, shape (batch, 8).
        size: side of the middle in pixels; all of the pictures when not given.

    Returns:
        Float pictures in [0, 255], of the same shape or (batch, time, size, size, channels).
    """
    height, width = pictures.shape[2:4]
    tall, wide = (height, width) if size is None else (size, size)
    flip, right, down, brightness = (draws[:, k] for k in range(4))
    x = torch.arange(wide, device=draws.device) + (width - wide) // 2
    y = torch.arange(tall, device=draws.device) + (height - tall) // 2
    x = (x - (right * wide).round().long()[:, None]).clamp(0, width - 1)
    x = torch.where(flip[:, None] > 0, width - 1 - x, x)
    y = (y - (down * tall).round().long()[:, None]).clamp(0, height - 1)
    sample = torch.arange(len(draws), device=draws.device)[:, None, None]
    # Indexing around the time axis brings the sample, row and column axes first.
    moved = pictures[sample, :, y[:, :, None], x[:, None, :]].permute(0, 3, 1, 2, 4)
    return (moved.float() * brightness[:, None, None, None, None]).clamp(0, 255)


def middle(pictures: Tensor, size: int) -> Tensor:
    """The middle of pictures, shape (…, height, width, channels) to (…, size, size, channels)."""
    top, left = ((side - size) // 2 for side in pictures.shape[-3:-1])
    return pictures[..., top : top + size, left : left + size, :]


def augment_landmarks(landmarks: Tensor, draws: Tensor) -> Tensor:
    """Mirror and shift landmarks as their pictures; a mirrored left eye is a right one.

    Args:
        landmarks: x and y of 68 points with -1 and 1 at the sides of the picture, shape (batch, time, 136).
        draws: of `draw`, shape (batch, 8).
    """
    points = landmarks.unflatten(-1, (68, 2))
    side = torch.tensor([-1.0, 1.0], device=points.device)
    mirrored = points[..., torch.tensor(MIRRORED, device=points.device), :] * side
    points = torch.where(draws[:, 0, None, None, None] > 0, mirrored, points)
    return (points + 2 * draws[:, None, None, 1:3]).flatten(-2)


def augment_mel(mel: Tensor, draws: Tensor) -> Tensor:
    """Set the drawn columns and bands to 0, the mean of a normalised spectrogram.

    Args:
        mel: shape (batch, time, 1, bands, columns).
        draws: of `draw`, shape (batch, 8).
    """
    bands = torch.arange(mel.shape[-2], device=mel.device)
    columns = torch.arange(mel.shape[-1], device=mel.device)
    hidden_columns = (columns >= draws[:, 4, None]) & (columns < draws[:, 5, None])
    hidden_bands = (bands >= draws[:, 6, None]) & (bands < draws[:, 7, None])
    hidden = hidden_bands[:, :, None] | hidden_columns[:, None, :]
    return mel.masked_fill(hidden[:, None, None], 0.0)
