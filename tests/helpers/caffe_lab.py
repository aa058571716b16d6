"""Networks as Caffe writes them: BODY_25 as a prototxt, and files of weights, by a writer of its own."""

import struct
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np


@dataclass(frozen=True)
class Layer:
    """A layer of a network's description; `outputs` and `kernel` are those of a convolution."""

    name: str
    type: str
    bottoms: tuple[str, ...]
    top: str
    inputs: int = 0
    outputs: int = 0
    kernel: int = 0


@dataclass
class _Drawing:
    """Layers so far, and how many channels each output has."""

    layers: list[Layer] = field(default_factory=list)
    channels: dict[str, int] = field(default_factory=lambda: {"image": 3})

    def convolution(self, name: str, bottom: str, outputs: int, kernel: int = 3) -> str:
        self.layers.append(Layer(name, "Convolution", (bottom,), name, self.channels[bottom], outputs, kernel))
        self.channels[name] = outputs
        return name

    def in_place(self, name: str, kind: str, blob: str) -> str:
        self.layers.append(Layer(name, kind, (blob,), blob, outputs=self.channels[blob]))
        return blob

    def pool(self, name: str, bottom: str) -> str:
        self.layers.append(Layer(name, "Pooling", (bottom,), name))
        self.channels[name] = self.channels[bottom]
        return name

    def concat(self, name: str, bottoms: Sequence[str]) -> str:
        self.layers.append(Layer(name, "Concat", tuple(bottoms), name))
        self.channels[name] = sum(self.channels[bottom] for bottom in bottoms)
        return name

    def stage(self, name: str, bottom: str, width: int, hidden: int, outputs: int) -> str:
        blob = bottom
        for block in range(1, 6):
            tops = []
            for part in range(3):
                blob = self.convolution(f"Mconv{block}_{name}_{part}", blob, width)
                tops.append(self.in_place(f"Mprelu{block}_{name}_{part}", "PReLU", blob))
            blob = self.concat(f"Mconv{block}_{name}_concat", tops)
        blob = self.convolution(f"Mconv6_{name}", blob, hidden, 1)
        self.in_place(f"Mprelu6_{name}", "PReLU", blob)
        return self.convolution(f"Mconv7_{name}", blob, outputs, 1)


def body25() -> list[Layer]:
    """The layers of BODY_25, from OpenPose's published description, each written out in its order."""
    net = _Drawing()
    blob = "image"
    for number, names in ((1, "12"), (2, "12"), (3, "1234"), (4, "1")):
        for index in names:
            blob = net.convolution(f"conv{number}_{index}", blob, 32 << number)
            net.in_place(f"relu{number}_{index}", "ReLU", blob)
        if number < 4:
            blob = net.pool(f"pool{number}_stage1", blob)
    for name, outputs in (("4_2", 512), ("4_3_CPM", 256), ("4_4_CPM", 128)):
        blob = net.convolution(f"conv{name}", blob, outputs)
        net.in_place(f"prelu{name}", "PReLU", blob)
    features = blob
    fields = net.stage("stage0_L2", features, 96, 256, 52)
    for n in (1, 2, 3):
        fields = net.stage(f"stage{n}_L2", net.concat(f"concat_stage{n}_L2", [features, fields]), 128, 512, 52)
    heat = net.stage("stage0_L1", net.concat("concat_stage0_L1", [features, fields]), 96, 256, 26)
    heat = net.stage("stage1_L1", net.concat("concat_stage1_L1", [features, heat, fields]), 128, 512, 26)
    net.concat("net_output", [heat, fields])
    return net.layers


def prototxt(layers: Iterable[Layer], height: int, width: int) -> str:
    """A network's description as text, for an input of a size."""
    lines = ['input: "image"', *(f"input_dim: {size}" for size in (1, 3, height, width))]
    for layer in layers:
        parameters = {
            "Convolution": f"convolution_param {{ num_output: {layer.outputs} pad: {layer.kernel // 2} "
            f"kernel_size: {layer.kernel} }}",
            "Pooling": "pooling_param { pool: MAX kernel_size: 2 stride: 2 }",
            "Concat": "concat_param { axis: 1 }",
        }.get(layer.type, "")
        bottoms = " ".join(f'bottom: "{bottom}"' for bottom in layer.bottoms)
        lines.append(f'layer {{ name: "{layer.name}" type: "{layer.type}" {bottoms} top: "{layer.top}" {parameters} }}')
    return "\n".join(lines)


Weights = dict[str, tuple[str, list[np.ndarray]]]
"""Type and blobs by the layer's name."""


def random_weights(layers: Iterable[Layer], seed: int = 0) -> Weights:
    """Weights that keep the size of what goes through: He et al. 2015, slopes of .1 to .4, small biases."""
    rng = np.random.default_rng(seed)
    weights: Weights = {}
    for layer in layers:
        blobs: list[np.ndarray] = []
        if layer.type == "Convolution":
            shape = (layer.outputs, layer.inputs, layer.kernel, layer.kernel)
            deviation = np.sqrt(2 / np.prod(shape[1:]))
            blobs = [
                deviation * rng.standard_normal(shape, np.float32),
                0.1 * rng.standard_normal(layer.outputs, np.float32),
            ]
        elif layer.type == "PReLU":
            blobs = [rng.uniform(0.1, 0.4, layer.outputs).astype(np.float32)]
        weights[layer.name] = (layer.type, blobs)
    return weights


def varint(value: int) -> bytes:
    """A whole number as Protocol Buffers write it."""
    digits = []
    while value > 0x7F:
        digits.append(value & 0x7F | 0x80)
        value >>= 7
    return bytes([*digits, value])


def message(number: int, content: bytes) -> bytes:
    """A field that is a message, a text or packed numbers."""
    return varint(number << 3 | 2) + varint(len(content)) + content


def blob(values: np.ndarray, form: str = "packed") -> bytes:
    """A BlobProto; `form`: `packed` as Caffe writes it, `single` numbers, `double` ones, `old` with four sizes."""
    shape = message(7, message(1, b"".join(map(varint, values.shape))))
    if form == "double":
        return shape + message(8, values.astype("<f8").tobytes())
    if form == "single":
        return shape + b"".join(varint(5 << 3 | 5) + struct.pack("<f", value) for value in values.ravel())
    if form == "old":
        sizes = (1,) * (4 - values.ndim) + values.shape
        shape = b"".join(varint(number << 3) + varint(size) for number, size in enumerate(sizes, 1))
    return shape + message(5, values.astype("<f4").tobytes())


def layer(name: str, kind: str, blobs: Iterable[np.ndarray], form: str = "packed") -> bytes:
    """A LayerParameter within its network, with fields that a reader has no use for."""
    content = message(1, name.encode()) + message(2, kind.encode()) + message(3, b"below") + message(4, b"above")
    # phase, and a loss weight: four bytes in a row.
    content += varint(10 << 3) + varint(1) + message(5, struct.pack("<f", 1.0))
    return message(100, content + b"".join(message(7, blob(values, form)) for values in blobs))


def network(weights: Weights, form: str = "packed") -> Iterator[bytes]:
    """The pieces of a .caffemodel."""
    yield message(1, b"a network")
    for name, (kind, blobs) in weights.items():
        yield layer(name, kind, blobs, form)


def write_caffemodel(path: Path, weights: Weights, form: str = "packed") -> Path:
    """Write a .caffemodel."""
    with path.open("wb") as stream:
        stream.writelines(network(weights, form))
    return path
