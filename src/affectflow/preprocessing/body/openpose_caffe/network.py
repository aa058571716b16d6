"""The network of OpenPose's BODY_25 (Cao et al. 2019; published as models/pose/body_25/pose_deploy.prototxt).

The first ten convolutions of VGG-19, then six stages. The first four make affinity fields, the last two heat maps from
the last fields; each sees the trunk's features beside what the stages before it made. A stage is five blocks of three
3x3 convolutions, whose outputs are all passed on, and two 1x1 convolutions. Modules bear the names of Caffe's layers.
"""

import sys
from collections import OrderedDict
from pathlib import Path

import numpy as np
import torch
from torch import Tensor, nn

from affectflow.core.errors import InputError
from affectflow.pretrained.caffemodel import CaffeLayer, read_caffemodel

STRIDE = 8
"""Pixels of the input per cell of a map."""
HEAT_MAPS = 26
"""The 25 joints, in the order of BODY_25, and the background."""
FIELDS = 52
"""x and y of 26 affinity fields."""

# Output channels of the trunk's convolutions; a pooling halves the maps before those of the next number.
_TRUNK = {
    "1": {"conv1_1": 64, "conv1_2": 64},
    "2": {"conv2_1": 128, "conv2_2": 128},
    "3": {"conv3_1": 256, "conv3_2": 256, "conv3_3": 256, "conv3_4": 256},
    "4": {"conv4_1": 512, "conv4_2": 512, "conv4_3_CPM": 256, "conv4_4_CPM": 128},
}
# Layers of the trunk whose rectifier is learnt.
_LEARNT = ("conv4_2", "conv4_3_CPM", "conv4_4_CPM")
_FEATURES = 128


class Body25(nn.Module):
    """The network; its input is BGR, value / 256 - 0.5, both sides a multiple of 8."""

    def __init__(self) -> None:
        super().__init__()
        layers: OrderedDict[str, nn.Module] = OrderedDict()
        channels = 3
        for number, outputs in _TRUNK.items():
            if number != "1":
                layers[f"pool{int(number) - 1}_stage1"] = nn.MaxPool2d(2)
            for name, width in outputs.items():
                layers[name] = nn.Conv2d(channels, width, 3, padding=1)
                layers[name.replace("conv", "prelu" if name in _LEARNT else "relu")] = (
                    nn.PReLU(width) if name in _LEARNT else nn.ReLU(inplace=True)
                )
                channels = width
        self.trunk = nn.Sequential(layers)
        self.field_stages = nn.ModuleList(
            [
                _Stage("stage0_L2", _FEATURES, 96, 256, FIELDS),
                *(_Stage(f"stage{n}_L2", _FEATURES + FIELDS, 128, 512, FIELDS) for n in (1, 2, 3)),
            ]
        )
        self.heat_stages = nn.ModuleList(
            [
                _Stage("stage0_L1", _FEATURES + FIELDS, 96, 256, HEAT_MAPS),
                _Stage("stage1_L1", _FEATURES + HEAT_MAPS + FIELDS, 128, 512, HEAT_MAPS),
            ]
        )

    def forward(self, pictures: Tensor) -> tuple[Tensor, Tensor]:
        """Heat maps and affinity fields of pictures.

        Args:
            pictures: shape (pictures, 3, height, width).

        Returns:
            Shapes (pictures, 26, height / 8, width / 8) and (pictures, 52, height / 8, width / 8).
        """
        features = self.trunk(pictures)
        fields = self.field_stages[0](features)
        for stage in self.field_stages[1:]:
            fields = stage(torch.cat([features, fields], 1))
        heat = self.heat_stages[0](torch.cat([features, fields], 1))
        heat = self.heat_stages[1](torch.cat([features, heat, fields], 1))
        return heat, fields


class _Stage(nn.Module):
    def __init__(self, name: str, channels: int, width: int, hidden: int, outputs: int) -> None:
        super().__init__()
        self.blocks = nn.ModuleList(
            _Block(f"{block}_{name}", channels if block == 1 else 3 * width, width) for block in range(1, 6)
        )
        self.head = nn.Sequential(
            OrderedDict(
                [
                    (f"Mconv6_{name}", nn.Conv2d(3 * width, hidden, 1)),
                    (f"Mprelu6_{name}", nn.PReLU(hidden)),
                    (f"Mconv7_{name}", nn.Conv2d(hidden, outputs, 1)),
                ]
            )
        )

    def forward(self, inputs: Tensor) -> Tensor:
        for block in self.blocks:
            inputs = block(inputs)
        outputs: Tensor = self.head(inputs)
        return outputs


class _Block(nn.Module):
    """Three convolutions in a row, whose outputs are all passed on."""

    def __init__(self, name: str, channels: int, width: int) -> None:
        super().__init__()
        self.parts = nn.ModuleList(
            nn.Sequential(
                OrderedDict(
                    [
                        (f"Mconv{name}_{part}", nn.Conv2d(width if part else channels, width, 3, padding=1)),
                        (f"Mprelu{name}_{part}", nn.PReLU(width)),
                    ]
                )
            )
            for part in range(3)
        )

    def forward(self, inputs: Tensor) -> Tensor:
        outputs = []
        for part in self.parts:
            inputs = part(inputs)
            outputs.append(inputs)
        return torch.cat(outputs, 1)


def layers_of(network: Body25) -> dict[str, list[nn.Parameter]]:
    """Parameters of each layer that has some, in Caffe's order, by Caffe's name of the layer."""
    return {
        name.rpartition(".")[2]: list(module.parameters())
        for name, module in network.named_modules()
        if isinstance(module, (nn.Conv2d, nn.PReLU))
    }


def load_body25(path: Path) -> Body25:
    """The network with the weights of a `.caffemodel`, such as OpenPose's `pose_iter_584000.caffemodel`.

    Layers with weights that BODY_25 does not have are named on standard error and left out.

    Raises:
        InputError: the file cannot be read, lacks a layer, holds one twice, of another shape, or with numbers that are
            not finite.
    """
    # Without memory or numbers until the file's are there.
    with torch.device("meta"):
        network = Body25()
    network.to_empty(device="cpu")
    layers = _by_name(path, [layer for layer in read_caffemodel(path) if layer.blobs])
    expected = layers_of(network)
    if missing := [name for name in expected if name not in layers]:
        raise InputError(
            f"{path}: lacks {len(missing)} of the {len(expected)} layers of BODY_25 ({_some(missing)}); expected "
            "OpenPose's pose_iter_584000.caffemodel"
        )
    with torch.no_grad():
        for name, parameters in expected.items():
            _fill(parameters, layers[name], path)
    if others := [name for name in layers if name not in expected]:
        print(f"{path}: {len(others)} layers that BODY_25 does not have are left out: {_some(others)}", file=sys.stderr)
    return network.eval().requires_grad_(False)


def _by_name(path: Path, layers: list[CaffeLayer]) -> dict[str, CaffeLayer]:
    by_name = {layer.name: layer for layer in layers}
    if len(by_name) < len(layers):
        names = [layer.name for layer in layers]
        twice = [name for name in by_name if names.count(name) > 1]
        raise InputError(f"{path}: holds {_some(twice)} more than once; expected each layer of BODY_25 once")
    return by_name


def _fill(parameters: list[nn.Parameter], layer: CaffeLayer, path: Path) -> None:
    wanted = [tuple(parameter.shape) for parameter in parameters]
    found = [blob.shape for blob in layer.blobs]
    if len(found) != len(wanted) or not all(map(_fits, found, wanted)):
        raise InputError(
            f"{path}: layer {layer.name} ({layer.type}) has blobs of shapes {found}, expected {wanted}, as in BODY_25"
        )
    for parameter, blob in zip(parameters, layer.blobs, strict=True):
        if not np.isfinite(blob).all():
            raise InputError(f"{path}: layer {layer.name} holds numbers that are not finite; the file is damaged")
        parameter.copy_(torch.from_numpy(blob.copy()).reshape(parameter.shape))


def _fits(found: tuple[int, ...], wanted: tuple[int, ...]) -> bool:
    """Whether shapes are the same; older files write that of a vector as (1, 1, 1, length)."""
    return found == wanted or (found[-1:] == wanted and set(found[:-1]) == {1})


def _some(names: list[str]) -> str:
    return ", ".join(names[:5]) + (f" and {len(names) - 5} more" if len(names) > 5 else "")
