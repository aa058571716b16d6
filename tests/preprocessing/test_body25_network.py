"""The network of BODY_25 against OpenCV's importer of Caffe's files, with random weights."""

from collections.abc import Iterator
from pathlib import Path

import cv2
import numpy as np
import pytest
import torch
from caffe_lab import Weights, body25, prototxt, random_weights, write_caffemodel

from affectflow.core.errors import InputError
from affectflow.preprocessing.body.openpose_caffe.network import load_body25

HEIGHT, WIDTH = 48, 80


@pytest.fixture(scope="module")
def weights() -> Weights:
    return random_weights(body25())


@pytest.fixture(scope="module")
def file(weights: Weights, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    path = write_caffemodel(tmp_path_factory.mktemp("body25") / "pose.caffemodel", weights)
    yield path
    path.unlink()


def test_the_description_is_of_the_official_files_size(file: Path) -> None:
    # pose_iter_584000.caffemodel has 104,715,850 bytes: all but the names of layers are numbers.
    numbers = 4 * sum(blob.size for _, blobs in random_weights(body25()).values() for blob in blobs)
    assert 0 < 104_715_850 - numbers < 100_000
    assert abs(file.stat().st_size - 104_715_850) < 100_000


def test_both_outputs_are_those_of_opencvs_importer(file: Path, tmp_path: Path) -> None:
    if not hasattr(cv2.dnn, "readNetFromCaffe"):
        pytest.skip(f"OpenCV {cv2.__version__} has no importer of Caffe's files")
    description = tmp_path / "pose.prototxt"
    description.write_text(prototxt(body25(), HEIGHT, WIDTH))
    theirs = cv2.dnn.readNetFromCaffe(str(description), str(file))
    pictures = np.random.default_rng(1).uniform(-0.5, 0.5, (2, 3, HEIGHT, WIDTH)).astype(np.float32)
    with torch.inference_mode():
        heat, fields = (out.numpy() for out in load_body25(file)(torch.from_numpy(pictures)))
    assert heat.shape == (2, 26, HEIGHT // 8, WIDTH // 8) and fields.shape == (2, 52, HEIGHT // 8, WIDTH // 8)
    for number, picture in enumerate(pictures):
        theirs.setInput(picture[None])
        (their_heat, their_fields) = theirs.forward(["Mconv7_stage1_L1", "Mconv7_stage3_L2"])
        assert 0.1 < their_heat.std() < 10 and 0.1 < their_fields.std() < 10
        assert np.abs(heat[number] - their_heat[0]).max() < 1e-4
        assert np.abs(fields[number] - their_fields[0]).max() < 1e-4


def refused(weights: Weights, path: Path) -> str:
    with pytest.raises(InputError) as error:
        load_body25(write_caffemodel(path, weights))
    return str(error.value)


def test_a_network_that_is_not_body25(weights: Weights, tmp_path: Path) -> None:
    path = tmp_path / "other.caffemodel"
    lacking = {name: weights[name] for name in weights if "stage1_L1" not in name and name != "prelu4_2"}
    assert refused(lacking, path).startswith(
        f"{path}: lacks 34 of the 213 layers of BODY_25 (prelu4_2, Mconv1_stage1_L1_0"
    )
    kind, (kernel, bias) = weights["conv4_3_CPM"]
    other = weights | {"conv4_3_CPM": (kind, [kernel[:, :, :1, :1], bias])}
    assert (
        "layer conv4_3_CPM (Convolution) has blobs of shapes [(256, 512, 1, 1), (256,)], expected [(256, 512, 3, 3),"
        in refused(other, path)
    )
    other = weights | {"conv4_3_CPM": (kind, [kernel])}
    assert "has blobs of shapes [(256, 512, 3, 3)], expected" in refused(other, path)
    other = weights | {"conv4_3_CPM": (kind, [kernel, bias, bias])}
    assert "has blobs of shapes [(256, 512, 3, 3), (256,), (256,)], expected" in refused(other, path)
    bad = bias.copy()
    bad[3] = np.nan
    assert "layer conv4_3_CPM holds numbers that are not finite" in refused(
        weights | {"conv4_3_CPM": (kind, [kernel, bad])}, path
    )
    path.unlink()


def test_layers_beyond_body25_are_named_and_left_out(
    weights: Weights, file: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    more = weights | {"hand_conv": ("Convolution", [np.ones((1, 1, 1, 1), np.float32)]), "loss": ("EuclideanLoss", [])}
    path = write_caffemodel(tmp_path / "more.caffemodel", more)
    network = load_body25(path)
    assert capsys.readouterr().err == f"{path}: 1 layers that BODY_25 does not have are left out: hand_conv\n"
    path.unlink()
    picture = torch.zeros(1, 3, 16, 16)
    assert all(torch.equal(a, b) for a, b in zip(network(picture), load_body25(file)(picture), strict=True))
    assert capsys.readouterr().err == ""


def test_vectors_with_the_four_sizes_of_older_files(weights: Weights, file: Path, tmp_path: Path) -> None:
    path = write_caffemodel(tmp_path / "old.caffemodel", weights, "old")
    network = load_body25(path)
    path.unlink()
    picture = torch.zeros(1, 3, 16, 16)
    assert all(torch.equal(a, b) for a, b in zip(network(picture), load_body25(file)(picture), strict=True))


def test_a_layer_that_is_there_twice(weights: Weights, tmp_path: Path) -> None:
    path = write_caffemodel(tmp_path / "twice.caffemodel", weights)
    part = write_caffemodel(tmp_path / "part.caffemodel", {"conv1_1": weights["conv1_1"]})
    with path.open("ab") as stream:
        stream.write(part.read_bytes())
    with pytest.raises(InputError, match=r"twice\.caffemodel: holds conv1_1 more than once"):
        load_body25(path)
    path.unlink()
