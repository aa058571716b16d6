"""Caffe's files of weights, read without Caffe."""

from pathlib import Path

import numpy as np
import pytest
from caffe_lab import blob, layer, message, varint, write_caffemodel
from hypothesis import given
from hypothesis import strategies as st

from affectflow.core.errors import InputError
from affectflow.pretrained.caffemodel import read_caffemodel

VALUES = np.arange(24, dtype=np.float32).reshape(2, 3, 2, 2) / 7 - 1
BIAS = np.array([0.5, -2.0], np.float32)
WEIGHTS = {"data": ("Input", []), "conv": ("Convolution", [VALUES, BIAS]), "ärelu": ("PReLU", [BIAS + 1])}


@pytest.mark.parametrize("form", ["packed", "single"])
def test_names_types_and_numbers(tmp_path: Path, form: str) -> None:
    layers = read_caffemodel(write_caffemodel(tmp_path / "net.caffemodel", WEIGHTS, form))
    assert [(layer.name, layer.type) for layer in layers] == [(name, kind) for name, (kind, _) in WEIGHTS.items()]
    for read, (_, blobs) in zip(layers, WEIGHTS.values(), strict=True):
        assert [b.dtype for b in read.blobs] == [np.float32] * len(blobs)
        assert all(np.array_equal(a, b) for a, b in zip(read.blobs, blobs, strict=True))


def test_blobs_are_views_of_the_file(tmp_path: Path) -> None:
    _, convolution, _ = read_caffemodel(write_caffemodel(tmp_path / "net.caffemodel", WEIGHTS))
    with pytest.raises(ValueError, match="read-only"):
        convolution.blobs[0][...] = 0


def test_double_numbers_and_the_four_sizes_of_older_files(tmp_path: Path) -> None:
    (double,) = read_caffemodel(write_caffemodel(tmp_path / "d", {"c": ("Convolution", [VALUES])}, "double"))
    assert double.blobs[0].dtype == np.float32 and np.array_equal(double.blobs[0], VALUES)
    (old,) = read_caffemodel(write_caffemodel(tmp_path / "o", {"c": ("Convolution", [VALUES, BIAS])}, "old"))
    assert [b.shape for b in old.blobs] == [(2, 3, 2, 2), (1, 1, 1, 2)]
    assert np.array_equal(old.blobs[1].ravel(), BIAS)


def test_one_layer_by_hand(tmp_path: Path) -> None:
    # layer { name: "a" blobs { shape { dim: 1 } data: 1.0 } }: a key is number * 8 + kind, and 802 = 6 * 128 + 0x22.
    path = tmp_path / "net.caffemodel"
    path.write_bytes(bytes.fromhex("a20610 0a0161 3a0b 3a030a0101 2a04 0000803f"))
    (read,) = read_caffemodel(path)
    assert read.name == "a" and read.type == "" and read.blobs[0].tolist() == [1.0]
    path.write_bytes(bytes.fromhex("a20611 0a0161 3a0b 3a030a0101 2a04 0000803f"))
    with pytest.raises(InputError, match="the field at byte 0 goes on past byte 19"):
        read_caffemodel(path)


OTHER_FILES = [
    b"",
    b"<html><body>Not found</body></html>",
    b'name: "a network"\nlayer {',
    b"\0" * 99,
    b"version https://git-lfs.github.com/spec/v1\noid sha256:4d7a\nsize 104715850\n",
]


@pytest.mark.parametrize("content", OTHER_FILES)
def test_other_files(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "net.caffemodel"
    path.write_bytes(content)
    with pytest.raises(InputError, match=r"net\.caffemodel: .*expected a .*\.caffemodel"):
        read_caffemodel(path)


def test_a_missing_file(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"net\.caffemodel: no such file"):
        read_caffemodel(tmp_path / "net.caffemodel")


def test_a_file_that_is_cut_off_anywhere_is_refused_or_lacks_its_last_layers(tmp_path: Path) -> None:
    whole = write_caffemodel(tmp_path / "whole", WEIGHTS).read_bytes()
    ends = {len(message(1, b"a network"))}
    for name, (kind, blobs) in WEIGHTS.items():
        ends.add(max(ends) + len(layer(name, kind, blobs)))
    assert max(ends) == len(whole)
    path = tmp_path / "cut.caffemodel"
    for length in range(1, len(whole)):
        path.write_bytes(whole[:length])
        if length in ends and length > min(ends):
            assert len(read_caffemodel(path)) == sorted(ends).index(length)
        else:
            with pytest.raises(InputError, match=r"cut\.caffemodel: "):
                read_caffemodel(path)


@given(st.binary(max_size=200), st.integers(0, 10**6))
def test_any_bytes_are_read_or_refused_in_words(
    tmp_path_factory: pytest.TempPathFactory, noise: bytes, at: int
) -> None:
    path = tmp_path_factory.getbasetemp() / "noise.caffemodel"
    whole = b"".join(layer(name, kind, blobs) for name, (kind, blobs) in WEIGHTS.items())
    at %= len(whole)
    for content in (noise, whole[:at] + noise + whole[at + len(noise) :]):
        path.write_bytes(content)
        try:
            layers = read_caffemodel(path)
        except InputError as error:
            assert "expected a" in str(error)
        else:
            assert layers


TWO_NUMBERS_OF_THREE = message(7, message(1, varint(3))) + message(5, bytes(8))


@pytest.mark.parametrize(
    ("content", "message_"),
    [
        (message(100, message(7, TWO_NUMBERS_OF_THREE)), r"shape \(3,\), which is 3 numbers, and holds 2"),
        (message(100, message(7, message(5, bytes(7)))), "ends within a number"),
        (message(100, message(7, varint(5 << 3) + varint(1))), "whole numbers"),
        (message(100, message(1, b"\xff")), "no text"),
        (message(100, varint(1 << 3) + varint(1)), "holds a number where a message or text belongs"),
        (message(2, message(4, b"conv")), "before 2014.*upgrade_net_proto_binary"),
        (message(100, varint(1 << 3 | 3)), "no field"),
        (message(100, b"\xff" * 11), "no number"),
        (message(1, b"a network"), "holds no layer"),
    ],
)  # fmt: skip
def test_what_is_wrong_is_said(tmp_path: Path, content: bytes, message_: str) -> None:
    path = tmp_path / "net.caffemodel"
    path.write_bytes(content)
    with pytest.raises(InputError, match=message_):
        read_caffemodel(path)


def test_the_writer_packs_shapes() -> None:
    # shape (7) of 5 bytes, of dimensions 2 3 2 2 (1) packed; then data (5) of 24 * 4 = 96 bytes.
    assert blob(VALUES)[:10].hex() == "3a060a04020302022a60"
