"""POSTER V2: published names, and what is computed from parameters by these names."""

import pytest
import torch
from encoders_lab import randomise
from torch import Tensor
from torch.nn import functional

from affectflow.features.seeing import random_init
from affectflow.networks.backbones.poster import PosterV2
from affectflow.networks.initial import load_backbone

State = dict[str, Tensor]


@pytest.fixture(scope="module")
def network() -> PosterV2:
    return randomise(PosterV2().double())


@pytest.fixture(scope="module")
def faces() -> Tensor:
    return torch.randn(2, 3, 224, 224, dtype=torch.double, generator=torch.Generator().manual_seed(4))


def unused_tensors(state: State) -> State:
    """What the public code holds and computes nothing from, by name; shapes as it has them."""
    shapes: dict[str, tuple[int, ...]] = {
        "ir_back.output_layer.0.weight": (512,),
        "ir_back.output_layer.3.weight": (512, 25088),
        "ir_back.output_layer.4.running_mean": (512,),
        "face_landback.output_layer.conv_6_dw.conv.weight": (512, 1, 7, 7),
        "face_landback.output_layer.linear.weight": (136, 512),
        "face_landback.output_layer.bn.bias": (136,),
        "attn3.relative_position_index": (49, 49),
        "VIT.patch_embed.proj.weight": (768, 256, 1, 1),
        "VIT.eca_block.conv.weight": (1, 1, 5),
        "VIT.CON1.weight": (768, 256, 1, 1),
        "VIT.IRLinear1.weight": (768, 1024),
        "VIT.IRLinear2.bias": (512,),
        "VIT.blocks.0.conv.weight": (148, 148, 1),
        "VIT.blocks.1.conv.bias": (148,),
        "VIT.head.linear.weight": (7, 768),
        "VIT.head.linear.bias": (7,),
    }
    return {key: torch.zeros(shape) for key, shape in shapes.items() if key not in state}


def test_parameters_bear_the_public_code_s_names(network: PosterV2) -> None:
    state = network.state_dict()
    shapes = {
        "face_landback.conv1.conv.weight": (64, 3, 3, 3),
        "face_landback.conv2_dw.prelu.weight": (64,),
        "face_landback.conv_23.conv_dw.bn.running_mean": (128,),
        "face_landback.conv_3.model.3.project.conv.weight": (64, 128, 1, 1),
        "face_landback.conv_4.model.5.conv.conv.weight": (256, 128, 1, 1),
        "face_landback.conv_45.conv_dw.conv.weight": (512, 1, 3, 3),
        "face_landback.conv_5.model.1.project.bn.weight": (128,),
        "face_landback.conv_6_sep.conv.weight": (512, 128, 1, 1),
        "ir_back.input_layer.2.weight": (64,),
        "ir_back.body1.0.res_layer.1.weight": (64, 64, 3, 3),
        "ir_back.body2.0.shortcut_layer.0.weight": (128, 64, 1, 1),
        "ir_back.body2.3.res_layer.2.weight": (128,),
        "ir_back.body3.13.res_layer.4.running_var": (256,),
        "attn1.relative_position_bias_table": (3025, 2),
        "attn2.qkv.weight": (256, 128),
        "attn3.proj.bias": (256,),
        "window2.norm.weight": (128,),
        "conv3.weight": (256, 256, 3, 3),
        "ffn1.gamma1": (64,),
        "ffn3.mlp.fc1.weight": (1024, 256),
        "ffn3.norm.bias": (256,),
        "last_face_conv.weight": (256, 512, 3, 3),
        "embed_q.1.weight": (768, 768, 3, 3),
        "embed_k.0.bias": (768,),
        "embed_v.proj.weight": (768, 256, 1, 1),
        "VIT.cls_token": (1, 1, 768),
        "VIT.pos_embed": (1, 148, 768),
        "VIT.se_block.linear2.weight": (768, 768),
        "VIT.blocks.1.attn.qkv.weight": (2304, 768),
        "VIT.blocks.1.mlp.fc2.weight": (768, 3072),
        "VIT.norm.bias": (768,),
    }
    assert {key: tuple(state[key].shape) for key in shapes} == shapes
    assert not {"ir_back.body1.0.shortcut_layer.0.weight", "face_landback.conv_3.model.0.project.prelu.weight"} & set(
        state
    )
    assert sum(parameter.numel() for parameter in network.parameters()) == 43_748_558
    layers = [module for module in network.modules() if not list(module.children())]
    count = sum(parameter.numel() for layer in layers for parameter in layer.parameters())
    # The paper counts layers: with the classifier of 7, and the landmarks, which its code computes and does not use.
    classifier, landmarks = 7 * 769, 512 * 49 + 2 * 512 + 512 * 136 + 2 * 136
    assert round((count + classifier + landmarks) / 1e6, 1) == 43.7


def test_a_whole_published_file_is_taken(network: PosterV2, faces: Tensor) -> None:
    state = network.state_dict()
    other = PosterV2().double()
    load_backbone(other, state | unused_tensors(state), "published")
    with torch.inference_mode():
        assert torch.equal(other.eval()(faces), network(faces))


def batch_norm(x: Tensor, state: State, at: str) -> Tensor:
    return functional.batch_norm(
        x, *(state[f"{at}.{key}"] for key in ("running_mean", "running_var", "weight", "bias"))
    )


def linear(x: Tensor, state: State, at: str) -> Tensor:
    return x @ state[f"{at}.weight"].T + state[f"{at}.bias"]


def layer_norm(x: Tensor, state: State, at: str, epsilon: float) -> Tensor:
    x = (x - x.mean(-1, keepdim=True)) / (x.var(-1, unbiased=False, keepdim=True) + epsilon).sqrt()
    return x * state[f"{at}.weight"] + state[f"{at}.bias"]


def mlp(x: Tensor, state: State, at: str) -> Tensor:
    return linear(functional.gelu(linear(x, state, f"{at}.fc1")), state, f"{at}.fc2")


def prelu(x: Tensor, state: State, at: str) -> Tensor:
    return torch.where(x > 0, x, x * state[f"{at}.weight"].view(1, -1, 1, 1))


def landmarks_of(x: Tensor, state: State) -> list[Tensor]:
    """MobileFaceNet (Chen et al. 2018, table 1)."""

    def conv(x: Tensor, at: str, stride: int = 1, linear: bool = False) -> Tensor:
        kernel = state[f"{at}.conv.weight"]
        groups = x.shape[1] // kernel.shape[1]
        x = functional.conv2d(x, kernel, stride=stride, padding=kernel.shape[2] // 2, groups=groups)
        x = batch_norm(x, state, f"{at}.bn")
        return x if linear else prelu(x, state, f"{at}.prelu")

    def bottleneck(x: Tensor, at: str, stride: int) -> Tensor:
        y = conv(conv(conv(x, f"{at}.conv"), f"{at}.conv_dw", stride), f"{at}.project", linear=True)
        return y + x if stride == 1 else y

    outputs, at = [], "face_landback"
    x = conv(conv(x, f"{at}.conv1", 2), f"{at}.conv2_dw")
    for smaller, same, count in (("conv_23", "conv_3", 4), ("conv_34", "conv_4", 6), ("conv_45", "conv_5", 2)):
        x = bottleneck(x, f"{at}.{smaller}", 2)
        for number in range(count):
            x = bottleneck(x, f"{at}.{same}.model.{number}", 1)
        outputs.append(x)
    last = conv(outputs[2], f"{at}.conv_6_sep")
    return [
        *outputs[:2],
        functional.conv2d(last, state["last_face_conv.weight"], state["last_face_conv.bias"], padding=1),
    ]


def ir50_features(x: Tensor, state: State) -> list[Tensor]:
    outputs, at = [], "ir_back.input_layer"
    x = functional.conv2d(x, state[f"{at}.0.weight"], padding=1)
    x = prelu(batch_norm(x, state, f"{at}.1"), state, f"{at}.2")
    for body, count in (("body1", 3), ("body2", 4), ("body3", 14)):
        for number in range(count):
            at, stride = f"ir_back.{body}.{number}", 1 + (number == 0)
            y = functional.conv2d(
                batch_norm(x, state, f"{at}.res_layer.0"), state[f"{at}.res_layer.1.weight"], padding=1
            )
            y = prelu(y, state, f"{at}.res_layer.2")
            y = functional.conv2d(y, state[f"{at}.res_layer.3.weight"], stride=stride, padding=1)
            y = batch_norm(y, state, f"{at}.res_layer.4")
            x = x[:, :, ::stride, ::stride]
            if f"{at}.shortcut_layer.0.weight" in state:
                x = functional.conv2d(x, state[f"{at}.shortcut_layer.0.weight"])
                x = batch_norm(x, state, f"{at}.shortcut_layer.1")
            x = x + y
        outputs.append(x)
    return outputs


def halve(x: Tensor, state: State, at: str) -> Tensor:
    return functional.conv2d(x, state[f"{at}.weight"], state[f"{at}.bias"], stride=2, padding=1)


def cross_attend(asking: Tensor, face: Tensor, state: State, at: str, heads: int, side: int) -> Tensor:
    """Pixel by pixel and head by head; `asking` (channels, side, side), `face` (side x side, channels)."""
    table, numbers = state[f"{at}.relative_position_bias_table"], face.shape[1] // heads
    places = torch.cartesian_prod(torch.arange(side), torch.arange(side))
    both = linear(face, state, f"{at}.qkv")
    answers = []
    for head in range(heads):
        channels = slice(head * numbers, (head + 1) * numbers)
        query = asking[channels].flatten(1).T
        key, value = both[:, channels], both[:, face.shape[1] :][:, channels]
        way = places[:, None] - places[None] + side - 1
        bias = table[way[..., 0] * (2 * side - 1) + way[..., 1], head]
        answers.append(((query @ key.T) / numbers**0.5 + bias).softmax(-1) @ value)
    return linear(torch.cat(answers, 1), state, f"{at}.proj")


def transform(tokens: Tensor, state: State) -> Tensor:
    """The numbers of the class token of (tokens, 768), gated."""
    x = torch.cat([state["VIT.cls_token"][0], tokens]) + state["VIT.pos_embed"][0]
    for layer in range(2):
        at = f"VIT.blocks.{layer}"
        both = linear(layer_norm(x, state, f"{at}.norm1", 1e-6), state, f"{at}.attn.qkv")
        query, key, value = (tensor.reshape(148, 8, 96).transpose(0, 1) for tensor in both.split(768, 1))
        weights = (query @ key.transpose(1, 2) / 96**0.5).softmax(-1)
        x = x + linear((weights @ value).transpose(0, 1).reshape(148, 768), state, f"{at}.attn.proj")
        x = x + mlp(layer_norm(x, state, f"{at}.norm2", 1e-6), state, f"{at}.mlp")
    token = layer_norm(x[0], state, "VIT.norm", 1e-6)
    gate = linear(linear(token, state, "VIT.se_block.linear1").clamp(min=0), state, "VIT.se_block.linear2")
    return token / (1 + (-gate).exp())


def test_it_computes_what_is_written_of_it(network: PosterV2, faces: Tensor) -> None:
    """As the public code does, from the parameters by name."""
    state = {key: tensor.detach() for key, tensor in network.state_dict().items()}
    small = faces[:, :, ::2, ::2]
    landmarks, stages, expected = landmarks_of(small, state), ir50_features(small, state), []
    for face in range(len(faces)):
        tokens = []
        for size, (side, heads) in enumerate(((28, 2), (14, 4), (7, 8)), start=1):
            picture = halve(stages[size - 1][face : face + 1], state, f"conv{size}")[0]
            x = layer_norm(picture.flatten(1).T, state, f"window{size}.norm", 1e-5)
            answer = cross_attend(landmarks[size - 1][face], x, state, f"attn{size}", heads, side)
            x = x + state[f"ffn{size}.gamma1"] * answer
            inner = mlp(layer_norm(x, state, f"ffn{size}.norm", 1e-5), state, f"ffn{size}.mlp")
            x = (x + state[f"ffn{size}.gamma2"] * inner).T.reshape(1, -1, side, side)
            if size == 1:
                x = halve(halve(x, state, "embed_q.0"), state, "embed_q.1")
            elif size == 2:
                x = halve(x, state, "embed_k.0")
            else:
                x = functional.conv2d(x, state["embed_v.proj.weight"], state["embed_v.proj.bias"])
            tokens.append(x[0].flatten(1).T)
        expected.append(transform(torch.cat(tokens), state))
    with torch.inference_mode():
        outputs = network(faces)
    torch.testing.assert_close(outputs, torch.stack(expected), rtol=1e-6, atol=1e-6 * float(outputs.abs().max()))
    assert float((outputs[0] - outputs[1]).abs().max()) > 0.01


def test_parts_are_left_out_in_training_alone(network: PosterV2, faces: Tensor) -> None:
    forward = network.get_submodule("ffn3")
    face, answer = torch.randn(2, 400, 2, 256, dtype=torch.double)
    with torch.no_grad():
        torch.manual_seed(0)
        whole = forward(face, answer)
        trained = forward.train()(face, answer)
        forward.eval()
    assert torch.equal(forward(face, answer), whole)
    left = (trained == face).all(dim=(1, 2)).double().mean()
    assert 0.02 < float(left) < 0.12  # both parts, each in a quarter of the faces
    with torch.inference_mode():
        assert torch.equal(network(faces), network(faces[:, :, ::2, ::2].contiguous()))  # faces of 112 are as good


def test_random_weights_tell_faces_apart() -> None:
    faces = torch.rand(5, 3, 112, 112, generator=torch.Generator().manual_seed(5))
    with torch.inference_mode():
        features = random_init(PosterV2, 112)(faces)
    assert bool(features.isfinite().all()) and float(features.abs().max()) < 1e3
    assert len(torch.unique(features.round(decimals=3), dim=0)) == 5
