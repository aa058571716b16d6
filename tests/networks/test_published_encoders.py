"""Encoders of Li et al. whose parameters are published: they bear the published names and compute the same."""

import re

import pytest
import torch

import affectflow.compute.torch_pair  # noqa: F401  must come before torchvision

# isort: split
import torchvision
from encoders_lab import randomise
from torch import Tensor, nn
from torch.nn import functional

from affectflow.core.errors import InputError
from affectflow.dataloading.inputs import normalise
from affectflow.networks.backbones.inception import InceptionResnetV1
from affectflow.networks.encoders import build_encoder
from affectflow.networks.initial import load_backbone

BUILT_BY = torchvision.models
PUBLISHED = {
    "densenet121": BUILT_BY.DenseNet121_Weights.IMAGENET1K_V1,
    "regnet_y_1_6gf": BUILT_BY.RegNet_Y_1_6GF_Weights.IMAGENET1K_V1,
    "vit_b_16": BUILT_BY.ViT_B_16_Weights.IMAGENET1K_V1,
}
NEW = (*PUBLISHED, "inception_resnet_v1", "poster_v2")
LAST = {"densenet121": "classifier", "regnet_y_1_6gf": "fc", "vit_b_16": "heads"}


def with_published_names(name: str, state: dict[str, Tensor]) -> dict[str, Tensor]:
    """Parameters with the names of the file that torchvision's address gives, which are older than its code."""
    if name == "densenet121":
        return {re.sub(r"(denselayer\d+\.(norm|conv))([12])", r"\1.\3", key): tensor for key, tensor in state.items()}
    if name == "vit_b_16":
        return {key.replace("mlp.0", "mlp.linear_1").replace("mlp.3", "mlp.linear_2"): t for key, t in state.items()}
    return state


@pytest.mark.parametrize("name", PUBLISHED)
def test_torchvision_s_parameters_give_what_its_network_gives(name: str) -> None:
    small = {"image_size": 64} if name == "vit_b_16" else {}
    theirs = randomise(getattr(BUILT_BY, name)(**small).double())
    positions = (14**2 - 4**2) * 768 if small else 0
    assert sum(parameter.numel() for parameter in theirs.parameters()) + positions == PUBLISHED[name].meta["num_params"]
    assert PUBLISHED[name].url.rpartition("-")[2][:8] == {"d": "a639ec97", "r": "b11a554e", "v": "c867db91"}[name[0]]
    state = theirs.state_dict()
    old = with_published_names(name, state)
    assert (old.keys() != state.keys()) == (name != "regnet_y_1_6gf")
    setattr(theirs, LAST[name], nn.Identity())
    pictures = torch.randn(2, 3, 64, 64, dtype=torch.double, generator=torch.Generator().manual_seed(2))
    with torch.inference_mode():
        expected = theirs(pictures)
        for tensors in (state, old):
            ours = build_encoder(name, 64, 64).double().eval()
            load_backbone(ours, tensors, name)
            torch.testing.assert_close(ours(pictures), expected, rtol=1e-6, atol=1e-6 * float(expected.abs().max()))


def test_a_vision_transformer_of_a_width_has_12_heads_of_so_many_numbers() -> None:
    network = build_encoder("vit_b_16", 8, 48)
    blocks = list(network.encoder.layers)
    assert len(blocks) == 12 and {block.num_heads for block in blocks} == {12}
    assert network.class_token.shape == (1, 1, 96) and network.encoder.pos_embedding.shape == (1, 10, 96)
    assert blocks[0].mlp[0].weight.shape == (384, 96)


def test_published_positions_are_interpolated_to_another_size() -> None:
    published = build_encoder("vit_b_16", 4, 64).state_dict()
    positions = torch.zeros(1, 17, 48)
    positions[0, 0], positions[0, 1:, 0] = 5.0, 7.0
    positions[0, 1:, 1] = torch.arange(4.0).repeat_interleave(4)  # the row of a patch
    published["encoder.pos_embedding"] = positions
    larger = build_encoder("vit_b_16", 4, 112)
    load_backbone(larger, published, "published")
    embedding = larger.encoder.pos_embedding.detach()[0]
    assert torch.equal(embedding[0], positions[0, 0])
    torch.testing.assert_close(embedding[1:, 0], torch.full((49,), 7.0))
    rows = embedding[1:, 1].reshape(7, 7)
    assert torch.allclose(rows, rows[:, :1]) and bool((rows[1:, 0] > rows[:-1, 0]).all())
    torch.testing.assert_close(rows[[0, 3, 6], 0], torch.tensor([0.0, 1.5, 3.0]))
    same = build_encoder("vit_b_16", 4, 64)
    load_backbone(same, published, "published")
    assert torch.equal(same.encoder.pos_embedding, positions)


@pytest.fixture(scope="module")
def face_recogniser() -> InceptionResnetV1:
    return randomise(InceptionResnetV1().double())


def test_inception_resnet_bears_facenet_s_names(face_recogniser: InceptionResnetV1) -> None:
    state = face_recogniser.state_dict()
    shapes = {
        "conv2d_1a.conv.weight": (32, 3, 3, 3),
        "conv2d_4a.bn.running_var": (192,),
        "conv2d_4b.conv.weight": (256, 192, 3, 3),
        "repeat_1.0.branch0.conv.weight": (32, 256, 1, 1),
        "repeat_1.4.branch2.2.bn.weight": (32,),
        "repeat_1.4.conv2d.bias": (256,),
        "mixed_6a.branch0.conv.weight": (384, 256, 3, 3),
        "mixed_6a.branch1.2.conv.weight": (256, 192, 3, 3),
        "repeat_2.9.branch1.1.conv.weight": (128, 128, 1, 7),
        "repeat_2.9.branch1.2.conv.weight": (128, 128, 7, 1),
        "mixed_7a.branch0.1.conv.weight": (384, 256, 3, 3),
        "mixed_7a.branch2.2.conv.weight": (256, 256, 3, 3),
        "repeat_3.4.branch1.1.conv.weight": (192, 192, 1, 3),
        "block8.conv2d.weight": (1792, 384, 1, 1),
        "last_linear.weight": (512, 1792),
        "last_bn.bias": (512,),
    }
    assert {key: tuple(state[key].shape) for key in shapes} == shapes
    assert not {"last_linear.bias", "conv2d_1a.conv.bias"} & set(state)
    count = sum(parameter.numel() for parameter in face_recogniser.parameters())
    assert count == 23_482_624 and count + 8631 * 513 == 27_910_327  # with the classes of VGGFace2: 27.9 million


def convolve(x: Tensor, state: dict[str, Tensor], at: str, stride: int = 1, valid: bool = False) -> Tensor:
    """Convolution, normalisation with TensorFlow's epsilon, ReLU, by the name of their parameters."""
    kernel = state[f"{at}.conv.weight"]
    padding = (0, 0) if valid else (kernel.shape[2] // 2, kernel.shape[3] // 2)
    x = functional.conv2d(x, kernel, stride=stride, padding=padding)
    moments = (state[f"{at}.bn.{key}"] for key in ("running_mean", "running_var", "weight", "bias"))
    return functional.batch_norm(x, *moments, eps=1e-3).clamp(min=0)


def chain(x: Tensor, state: dict[str, Tensor], at: str, halves: bool = False) -> Tensor:
    """The convolutions of a branch one after the other, the last of which halves the picture."""
    if f"{at}.conv.weight" in state:
        return convolve(x, state, at, 1 + halves, halves)
    count = sum(key.startswith(at) and key.endswith("conv.weight") for key in state)
    for number in range(count):
        last = halves and number == count - 1
        x = convolve(x, state, f"{at}.{number}", 1 + last, last)
    return x


def test_inception_resnet_computes_what_is_written_of_it(face_recogniser: InceptionResnetV1) -> None:
    """As FaceNet has it, from the parameters by name."""
    state = face_recogniser.state_dict()
    pictures = torch.randn(2, 3, 96, 96, dtype=torch.double, generator=torch.Generator().manual_seed(3))

    def branches(x: Tensor, at: str, count: int, halves: bool = False) -> list[Tensor]:
        return [chain(x, state, f"{at}.branch{number}", halves) for number in range(count)]

    def residual(x: Tensor, at: str, count: int, scale: float) -> Tensor:
        mixed = torch.cat(branches(x, at, count), 1)
        return x + scale * functional.conv2d(mixed, state[f"{at}.conv2d.weight"], state[f"{at}.conv2d.bias"])

    x = convolve(convolve(pictures, state, "conv2d_1a", 2, True), state, "conv2d_2a", 1, True)
    x = functional.max_pool2d(convolve(x, state, "conv2d_2b"), 3, 2)
    x = convolve(convolve(x, state, "conv2d_3b"), state, "conv2d_4a", 1, True)
    x = convolve(x, state, "conv2d_4b", 2, True)
    for number in range(5):
        x = residual(x, f"repeat_1.{number}", 3, 0.17).clamp(min=0)
    x = torch.cat([*branches(x, "mixed_6a", 2, True), functional.max_pool2d(x, 3, 2)], 1)
    for number in range(10):
        x = residual(x, f"repeat_2.{number}", 2, 0.1).clamp(min=0)
    x = torch.cat([*branches(x, "mixed_7a", 3, True), functional.max_pool2d(x, 3, 2)], 1)
    for number in range(5):
        x = residual(x, f"repeat_3.{number}", 2, 0.2).clamp(min=0)
    x = residual(x, "block8", 2, 1.0).mean((2, 3)) @ state["last_linear.weight"].T
    moments = (state[f"last_bn.{key}"] for key in ("running_mean", "running_var", "weight", "bias"))
    expected = functional.batch_norm(x, *moments, eps=1e-3)
    with torch.inference_mode():
        torch.testing.assert_close(
            face_recogniser(pictures), expected, rtol=1e-6, atol=1e-6 * float(expected.abs().max())
        )


def test_facenet_s_classes_are_left_behind_and_its_pictures_normalised(face_recogniser: InceptionResnetV1) -> None:
    state = face_recogniser.state_dict() | {"logits.weight": torch.zeros(9, 512), "logits.bias": torch.zeros(9)}
    other = InceptionResnetV1().double()
    load_backbone(other, state, "vggface2")
    assert torch.equal(other.last_linear.weight, face_recogniser.last_linear.weight)
    pictures = torch.arange(0, 256, dtype=torch.uint8)[:, None, None, None].expand(-1, 2, 2, 3)
    expected = (torch.arange(256.0) - 127.5) / 128
    normalised = normalise(pictures, "facenet")
    torch.testing.assert_close(normalised, expected[:, None, None, None].expand(-1, 3, 2, 2), rtol=0, atol=1e-6)


@pytest.mark.parametrize("name", NEW)
def test_all_parameters_learn(name: str) -> None:
    encoder = build_encoder(name, 4, 80).train()
    torch.manual_seed(6)
    encoder(torch.randn(2, 3, 80, 80)).square().sum().backward()
    assert [key for key, parameter in encoder.named_parameters() if parameter.grad is None] == []


@pytest.mark.parametrize("name", NEW)
def test_files_of_another_network_are_refused(name: str) -> None:
    encoder = build_encoder(name, 4, 96)
    other = build_encoder("iresnet18", 4, 32).state_dict()
    with pytest.raises(InputError, match=r"weights x lack \d+ tensor\(s\).*another network: change weights of the set"):
        load_backbone(encoder, other, "x", "weights of the set")
    state = dict(encoder.state_dict())
    with pytest.raises(InputError, match=r"also hold 1 tensor\(s\), the first is conv9\.weight"):
        load_backbone(encoder, state | {"conv9.weight": torch.zeros(1)}, "x")
    if name == "vit_b_16":
        odd = {"encoder.pos_embedding": torch.zeros(1, 36, 48)}  # of two tokens that are no patches, say
        with pytest.raises(InputError, match=r"another shape of 1 tensor\(s\), the first is encoder\.pos_embedding"):
            load_backbone(encoder, state | odd, "x")
