"""The CNNs that lend their features: sizes, parameter names, and what they compute."""

from typing import get_args

import pytest
import torch

import affectflow.compute.torch_pair  # noqa: F401  must come before torchvision

# isort: split
import torchvision
from encoders_lab import randomise
from torch import Tensor
from torch.nn import functional

from affectflow.config.model.backbones import Encoder
from affectflow.core.errors import InputError
from affectflow.networks.backbones.densenet import DenseNet
from affectflow.networks.backbones.iresnet import DEPTHS, IResNet
from affectflow.networks.backbones.resnet import ResNet
from affectflow.networks.classifier import Classifier, as_published
from affectflow.networks.encoders import build_encoder, encoder_module, feature_length
from affectflow.networks.initial import load_backbone

ALL: tuple[Encoder, ...] = get_args(Encoder)
NOT_OURS = {"regnet_y_1_6gf": "torchvision.models.regnet"}


@pytest.mark.parametrize("name", ALL)
def test_every_encoder_gives_as_many_numbers_as_it_says(name: Encoder) -> None:
    smallest = 75 if name == "inception_resnet_v1" else 32 if name == "vit_b_16" else 29
    for width, size in ((4, smallest), (8, smallest + 16)):
        encoder = build_encoder(name, width, size).eval()
        with torch.inference_mode():
            assert encoder(torch.rand(2, 3, size, size)).shape == (2, feature_length(name, width))
    assert type(encoder).__module__ == NOT_OURS.get(name, encoder_module(name))


def test_the_published_sizes() -> None:
    """512, 2048 (ResNet); 342 and 512 (Meng et al., section 3.2.1); 1024, and 1536 of two together (Li et al.,
    3.1.2)."""
    sizes = {name: feature_length(name, 64) for name in ALL}
    assert sizes == {
        "resnet18": 512, "resnet50": 2048, "densenet": 342, "densenet121": 1024, "iresnet18": 512, "iresnet50": 512,
        "iresnet100": 512, "inception_resnet_v1": 512, "regnet_y_1_6gf": 888, "vit_b_16": 768, "poster_v2": 768,
    }  # fmt: skip


def test_parameters_of_an_iresnet100_counted_by_hand() -> None:
    def block(inputs: int, outputs: int, first: bool) -> int:
        norms = 2 * inputs + 2 * outputs + 2 * outputs
        convolutions = 9 * inputs * outputs + 9 * outputs * outputs
        return norms + convolutions + outputs + first * (inputs * outputs + 2 * outputs)

    stem = 3 * 64 * 9 + 2 * 64 + 64
    stages = sum(
        block(inputs, outputs, True) + (depth - 1) * block(outputs, outputs, False)
        for inputs, outputs, depth in zip((64, 64, 128, 256), (64, 128, 256, 512), (3, 13, 30, 3), strict=True)
    )
    head = 2 * 512 + (512 * 7 * 7 * 512 + 512) + 2 * 512
    total = sum(parameter.numel() for parameter in IResNet("iresnet100").parameters())
    assert total == stem + stages + head == 65_156_160


def test_parameters_of_the_densenet_counted_by_hand() -> None:
    def layers(inputs: int) -> int:
        return sum(2 * c + 48 * c + 2 * 48 + 9 * 48 * 12 for c in range(inputs, inputs + 192, 12))

    def transition(channels: int) -> int:
        return 2 * channels + channels * channels // 2

    total = sum(parameter.numel() for parameter in DenseNet().parameters())
    blocks = layers(24) + transition(216) + layers(108) + transition(300) + layers(150)
    assert total == 3 * 24 * 49 + 2 * 24 + blocks + 2 * 342 == 768_660


def test_the_densenet_is_torchvision_s_without_its_classifier() -> None:
    theirs = torchvision.models.DenseNet(growth_rate=12, block_config=(16, 16, 16), num_init_features=24)
    randomise(theirs)
    ours = DenseNet()
    load_backbone(ours, theirs.state_dict(), "theirs")
    theirs.classifier = torch.nn.Identity()
    pictures = torch.randn(3, 3, 64, 64)
    with torch.inference_mode():
        torch.testing.assert_close(ours.eval()(pictures), theirs(pictures), rtol=1e-4, atol=1e-4)


def test_an_iresnet_s_parameters_bear_insightface_s_names() -> None:
    names = list(IResNet("iresnet50", 4, 32).state_dict())
    moments = ("weight", "bias", "running_mean", "running_var", "num_batches_tracked")
    block = [
        *(f"bn1.{key}" for key in moments), "conv1.weight", *(f"bn2.{key}" for key in moments), "prelu.weight",
        "conv2.weight", *(f"bn3.{key}" for key in moments),
    ]  # fmt: skip
    downsample = ["downsample.0.weight", *(f"downsample.1.{key}" for key in moments)]
    expected = {"conv1.weight", *(f"bn1.{key}" for key in moments), "prelu.weight", "fc.weight", "fc.bias"}
    expected |= {f"{norm}.{key}" for norm in ("bn2", "features") for key in moments}
    for stage, depth in enumerate(DEPTHS["iresnet50"], start=1):
        for number in range(depth):
            suffixes = block + downsample * (number == 0)
            expected |= {f"layer{stage}.{number}.{name}" for name in suffixes}
    assert set(names) == expected and len(names) == len(expected)


def norm(x: Tensor, state: dict[str, Tensor], name: str) -> Tensor:
    """(x - mean) / sqrt(variance + eps) x weight + bias, by channel."""
    shape = (1, -1, *(1 for _ in x.shape[2:]))
    mean, variance, weight, bias = (
        state[f"{name}.{key}"].view(shape) for key in ("running_mean", "running_var", "weight", "bias")
    )
    return (x - mean) / (variance + 1e-5).sqrt() * weight + bias


def prelu(x: Tensor, state: dict[str, Tensor], name: str) -> Tensor:
    return torch.where(x > 0, x, x * state[f"{name}.weight"].view(1, -1, 1, 1))


def test_an_iresnet_computes_what_is_written_of_it() -> None:
    """ArcFace's IResNet-18 in functions, from the parameters by name."""
    network = randomise(IResNet("iresnet18", 4, 40))
    state, pictures = network.state_dict(), torch.randn(2, 3, 40, 40)
    x = prelu(norm(functional.conv2d(pictures, state["conv1.weight"], padding=1), state, "bn1"), state, "prelu")
    for stage in range(1, 5):
        for number in range(2):
            at, stride = f"layer{stage}.{number}", 2 if number == 0 else 1
            y = functional.conv2d(norm(x, state, f"{at}.bn1"), state[f"{at}.conv1.weight"], padding=1)
            y = prelu(norm(y, state, f"{at}.bn2"), state, f"{at}.prelu")
            y = norm(functional.conv2d(y, state[f"{at}.conv2.weight"], stride=stride, padding=1), state, f"{at}.bn3")
            if number == 0:
                x = norm(
                    functional.conv2d(x, state[f"{at}.downsample.0.weight"], stride=2), state, f"{at}.downsample.1"
                )
            x = x + y
    x = norm(x, state, "bn2")
    assert x.shape == (2, 32, 3, 3)  # 40, 20, 10, 5, 3
    expected = norm(x.reshape(2, -1) @ state["fc.weight"].T + state["fc.bias"], state, "features")
    with torch.inference_mode():
        torch.testing.assert_close(network(pictures), expected, rtol=1e-4, atol=1e-4)


@pytest.mark.parametrize("name", [name for name in ALL if name not in ("resnet50", "iresnet50", "iresnet100")])
def test_an_encoder_takes_all_of_a_pre_training_but_its_classifier(name: Encoder) -> None:
    state = as_published(Classifier(name, 4, 96, 7).state_dict())
    encoder = build_encoder(name, 4, 96)
    assert set(state) - set(encoder.state_dict()) == {"classifier.weight", "classifier.bias"}
    load_backbone(encoder, state, "tiny")
    for key, tensor in encoder.state_dict().items():
        assert torch.equal(tensor, state[key]), key


def test_the_fc_of_an_iresnet_is_loaded_and_that_of_a_resnet_is_not() -> None:
    faces = IResNet("iresnet18", 4, 32).state_dict()
    del faces["fc.weight"]
    with pytest.raises(InputError, match=r"lack 1 tensor\(s\), the first is fc\.weight"):
        load_backbone(IResNet("iresnet18", 4, 32), faces, "faces")
    older = ResNet("resnet18", 4).state_dict() | {"fc.weight": torch.ones(7, 32), "fc.bias": torch.ones(7)}
    backbone = ResNet("resnet18", 4)
    load_backbone(backbone, older, "older")
    assert torch.equal(backbone.conv1.weight, older["conv1.weight"])


def test_weights_for_faces_of_another_size_are_refused() -> None:
    with pytest.raises(InputError, match=r"have another shape of 1 tensor\(s\), the first is fc\.weight.*change size"):
        load_backbone(IResNet("iresnet18", 4, 48), IResNet("iresnet18", 4, 32).state_dict(), "x", "size")
