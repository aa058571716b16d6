"""Networks that Caffe has trained (`.caffemodel`), read without Caffe: a layer's name, its type and its numbers.

Such a file is one message of Protocol Buffers (protobuf.dev, "Encoding"): fields with a number and one of four kinds
of value, nested without end marks. Of Caffe's messages (caffe.proto) only what a network is made from is looked at:

    NetParameter     layer 100
    LayerParameter   name 1, type 2, blobs 7
    BlobProto        shape 7, data 5 (float) or 8 (double); num 1, channels 2, height 3, width 4 in older files
    BlobShape        dim 1

Nothing in the file is run, and every length is checked against the end of what it lies in.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from math import prod
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from affectflow.core.errors import InputError

Floats = NDArray[np.float32]
_Bytes = NDArray[np.uint8]

_VARINT, _EIGHT_BYTES, _SPAN, _FOUR_BYTES = 0, 1, 2, 5
_VARINT_BYTES = 10


@dataclass(frozen=True)
class CaffeLayer:
    """A layer with its blobs: of a convolution weights (outputs, inputs, height, width) and bias (outputs,)."""

    name: str
    type: str
    blobs: tuple[Floats, ...]


class _BrokenError(Exception):
    """What the bytes are not, and where."""


def read_caffemodel(path: Path) -> list[CaffeLayer]:
    """The layers of a network, in the file's order, those without numbers included.

    The file is mapped, not loaded: blobs are views of it, read-only, and not aligned to four bytes.

    Raises:
        InputError: the file is missing, empty, cut off, of another kind, or of Caffe's format before 2014.
    """
    if not path.is_file():
        raise InputError(f"{path}: no such file, expected a .caffemodel")
    if not path.stat().st_size:
        raise InputError(f"{path}: the file is empty, expected a .caffemodel")
    data = np.memmap(path, np.uint8, mode="r").view(np.ndarray)
    try:
        layers = list(_layers(data))
    except _BrokenError as error:
        raise InputError(
            f"{path}: {error}; expected a whole .caffemodel (Caffe's NetParameter). The file is cut off, damaged or of "
            "another kind"
        ) from error
    if not layers:
        raise InputError(f"{path}: holds no layer; expected a .caffemodel (Caffe's NetParameter)")
    return layers


def _layers(data: _Bytes) -> Iterator[CaffeLayer]:
    for number, kind, value in _fields(data, 0, len(data)):
        if number == 2 and kind == _SPAN:
            raise _BrokenError("its layers are of Caffe's format before 2014; convert it with upgrade_net_proto_binary")
        if number == 100:
            yield _layer(data, *_span(number, kind, value))


def _layer(data: _Bytes, start: int, end: int) -> CaffeLayer:
    name = type_name = ""
    blobs: list[Floats] = []
    for number, kind, value in _fields(data, start, end):
        if number == 1:
            name = _text(data, *_span(number, kind, value))
        elif number == 2:
            type_name = _text(data, *_span(number, kind, value))
        elif number == 7:
            blobs.append(_blob(data, *_span(number, kind, value), f"blob {len(blobs)} of layer {name!r}"))
    return CaffeLayer(name, type_name, tuple(blobs))


def _blob(data: _Bytes, start: int, end: int, title: str) -> Floats:
    shape: list[int] | None = None
    old_shape: dict[int, int] = {}
    pieces: list[NDArray[np.floating]] = []
    for number, kind, value in _fields(data, start, end):
        if number in (1, 2, 3, 4) and kind == _VARINT:
            old_shape[number] = value[0]
        elif number == 7:
            shape = _dimensions(data, *_span(number, kind, value))
        elif number in (5, 8):
            # One number at a time, or, as Caffe writes them, all in a row.
            if kind == _VARINT:
                raise _BrokenError(f"{title} holds whole numbers at byte {start}")
            width = 4 if number == 5 else 8
            if (value[1] - value[0]) % width:
                raise _BrokenError(f"{title} ends within a number at byte {value[1]}")
            pieces.append(data[slice(*value)].view("<f4" if number == 5 else "<f8"))
    if shape is None:
        shape = [old_shape[number] for number in sorted(old_shape)]
    numbers = pieces[0] if len(pieces) == 1 else np.concatenate([np.zeros(0, np.float32), *pieces])
    if prod(shape) != len(numbers):
        raise _BrokenError(
            f"{title} has shape {tuple(shape)}, which is {prod(shape)} numbers, and holds {len(numbers)}"
        )
    return numbers.astype(np.float32, copy=False).reshape(shape)


def _dimensions(data: _Bytes, start: int, end: int) -> list[int]:
    dimensions = []
    for number, kind, value in _fields(data, start, end):
        if number == 1 and kind == _VARINT:
            dimensions.append(value[0])
        elif number == 1:
            at, stop = _span(number, kind, value)
            while at < stop:
                dimension, at = _varint(data, at, stop)
                dimensions.append(dimension)
    return dimensions


def _fields(data: _Bytes, start: int, end: int) -> Iterator[tuple[int, int, tuple[int, int]]]:
    """Number, kind and value of each field: of a varint the value and 0, otherwise where its bytes start and end."""
    at = start
    while at < end:
        key, after = _varint(data, at, end)
        number, kind = key >> 3, key & 7
        if not number:
            raise _BrokenError(f"no field of a message at byte {at}")
        if kind == _VARINT:
            value, at = _varint(data, after, end)
            yield number, kind, (value, 0)
            continue
        if kind == _SPAN:
            length, after = _varint(data, after, end)
        elif kind in (_FOUR_BYTES, _EIGHT_BYTES):
            length = 4 if kind == _FOUR_BYTES else 8
        else:
            raise _BrokenError(f"no field of a message at byte {at}")
        if after + length > end:
            raise _BrokenError(f"the field at byte {at} goes on past byte {end}")
        yield number, kind, (after, after + length)
        at = after + length


def _varint(data: _Bytes, at: int, end: int) -> tuple[int, int]:
    """A whole number of seven bits a byte, the lowest first, and where it ends."""
    value = 0
    for index in range(_VARINT_BYTES):
        if at + index >= end:
            raise _BrokenError(f"the number at byte {at} goes on past byte {end}")
        byte = int(data[at + index])
        value |= (byte & 0x7F) << 7 * index
        if byte < 0x80:
            return value, at + index + 1
    raise _BrokenError(f"no number at byte {at}")


def _span(number: int, kind: int, value: tuple[int, int]) -> tuple[int, int]:
    if kind != _SPAN:
        raise _BrokenError(f"field {number} holds a number where a message or text belongs")
    return value


def _text(data: _Bytes, start: int, end: int) -> str:
    try:
        return data[start:end].tobytes().decode("utf-8")
    except UnicodeDecodeError as error:
        raise _BrokenError(f"no text at byte {start}") from error
