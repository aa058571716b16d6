"""Raw samples of `Sequences` to what networks read; runs on the device of the batch."""

from collections.abc import Mapping

import torch
from torch import Tensor

from affectflow.config.model.networks import OF_FEATURES, Stream
from affectflow.config.model.samples import Picture
from affectflow.dataloading.augment import augment_landmarks, augment_mel, augment_pictures, middle
from affectflow.dataloading.masking import mask_boxes

_NORMALISE = {
    "imagenet": ((0.485, 0.456, 0.406), (0.229, 0.224, 0.225)),
    "unit": ((0.5, 0.5, 0.5), (0.5, 0.5, 0.5)),
    "facenet": ((0.5, 0.5, 0.5), (128 / 255, 128 / 255, 128 / 255)),
}


def make_inputs(batch: Mapping[str, Tensor], streams: tuple[Stream, ...], picture: Picture) -> dict[str, Tensor]:
    """The tensors of each stream.

    - `face`: the aligned face; where none was found the normalised tensor is all zeros (Antoniadis et al., 3.2.1).
    - `body`: the whole frame or the person's box (3.2.3); where nobody was found, the whole frame.
    - `context`: the frame with the person's box zero before normalisation (equation 2); where nobody was found,
      the unmasked frame.
    - `mel`: the normalised log-mel window centred at the frame's time.
    - `landmarks`: x and y of the 68 landmarks; all zeros where no face was found.
    - `features`, `sound_features`, `face_features`: frozen features, as they were stored.

    Args:
        batch: samples of `Sequences`, stacked.
        streams: which to make.
        picture: size, normalisation and what the body stream sees.

    Returns:
        face, body, context (batch, time, 3, size, size); mel (batch, time, 1, bands, columns); landmarks
        (batch, time, 136); features (batch, time, numbers); float32.
    """
    return {stream: _stream(batch, stream, picture) for stream in streams}


def _stream(batch: Mapping[str, Tensor], stream: Stream, picture: Picture) -> Tensor:
    if stream in OF_FEATURES:
        return batch[stream]
    draws = batch.get("draw")
    if stream == "mel":
        return batch["mel"] if draws is None else augment_mel(batch["mel"], draws)
    if stream == "landmarks":
        landmarks = batch["landmarks"] if draws is None else augment_landmarks(batch["landmarks"], draws)
        return landmarks * batch["face_found"][..., None]
    if stream == "face":
        pictures = batch["face"]
    elif stream == "body":
        pictures = batch["crop" if picture.body == "crop" else "frame"]
    else:
        pictures = mask_boxes(batch["frame"], batch["box"], batch["body_found"])
    # Pictures are of the size that networks see, faces of more where they are seen nearer.
    size = picture.size
    pictures = middle(pictures, size) if draws is None else augment_pictures(pictures, draws, size)
    tensor = normalise(pictures, picture.normalise)
    if stream == "face":
        tensor.mul_(batch["face_found"][..., None, None, None])
    return tensor


def normalise(pictures: Tensor, scheme: str) -> Tensor:
    """Pictures in [0, 255], shape (…, height, width, 3), as float32 of shape (…, 3, height, width)."""
    mean, deviation = (torch.tensor(v, device=pictures.device) for v in _NORMALISE[scheme])
    # One multiplication and one addition a value, ((p / 255) - mean) / deviation, in rows of width x 3: torch is many
    # times slower where the innermost axis is only the colours.
    width = pictures.shape[-2]
    rows = pictures.flatten(-2).to(torch.float32, copy=True)
    rows.mul_((1 / (255 * deviation)).repeat(width)).sub_((mean / deviation).repeat(width))
    return rows.unflatten(-1, (width, 3)).movedim(-1, -3)
