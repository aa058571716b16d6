"""Streams of a person in their surroundings: the body, and the context around it."""

from affectflow.dataloading.streams.interface import Tensors
from affectflow.dataloading.streams.shared import Shared


def body(shared: Shared) -> Tensors:
    """`frame` uint8 (time, size, size, 3), of `resized/<size>/<shard>.arrow`; or `crop`, of `frames/<shard>.arrow` and
    `body/<shard>.parquet`."""
    if shared.source.branch.picture.body == "crop":
        return {"crop": shared.body_crops.read}
    return {"frame": shared.whole_frames.read}


def context(shared: Shared) -> Tensors:
    """`frame` as of `body`; `box` float32 (time, 4), shares of the picture, and `body_found` bool (time,), of
    `body/<shard>.parquet`."""
    return {"frame": shared.whole_frames.read, "box": shared.boxes.read, "body_found": shared.boxes.body_found}
