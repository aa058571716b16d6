"""The network of Li et al. against its equations, each worked with numpy, and what holds for any clip."""

from typing import Any

import numpy as np
import pytest
import torch
from pydantic import ValidationError
from torch import Tensor, nn

from affectflow.config.model.reaction import InteractionTransformer
from affectflow.config.system.branch import Branch
from affectflow.models.folder import parameter_counts
from affectflow.networks.layers.transformer import EncoderLayer, sinusoids
from affectflow.networks.network import Network
from affectflow.papers.registry import build_network

BOTH = {"sound_features": (5,), "face_features": (7,)}
OUTPUTS = {"eri": 14}
Arrays = dict[str, np.ndarray]


def network(inputs: dict[str, tuple[int, ...]] | None = None, **changes: Any) -> Network:
    torch.manual_seed(0)
    settings = {"name": "interaction_transformer", "embedded": 8, "projected": 4, "steps": 6} | changes
    model = build_network(InteractionTransformer.model_validate(settings), inputs or BOTH, OUTPUTS)
    return model.double().eval()


def clip(real: int = 6, steps: int = 6, seed: int = 1) -> tuple[dict[str, Tensor], Tensor]:
    """A batch of one clip whose first `real` steps are real; behind them stands nonsense."""
    random, mask = torch.Generator().manual_seed(seed), torch.arange(steps)[None] < real
    tensors = {
        name: torch.randn(1, steps, *shape, generator=random, dtype=torch.float64) for name, shape in BOTH.items()
    }
    return {name: torch.where(mask[..., None], tensor, 1e3) for name, tensor in tensors.items()}, mask


def softmax(x: np.ndarray) -> np.ndarray:
    powers = np.exp(x - x.max(-1, keepdims=True))
    return powers / powers.sum(-1, keepdims=True)


def attention(state: Arrays, name: str, x: np.ndarray, heads: int) -> np.ndarray:
    """Equation 2: multi-head attention of the real steps x (time, size) to themselves."""
    weight, bias = state[f"{name}.in_proj_weight"], state[f"{name}.in_proj_bias"]
    query, key, value = np.split(x @ weight.T + bias, 3, axis=1)
    parts = []
    for q, k, v in zip(*(np.split(array, heads, axis=1) for array in (query, key, value)), strict=True):
        parts.append(softmax(q @ k.T / np.sqrt(q.shape[1])) @ v)
    return np.concatenate(parts, 1) @ state[f"{name}.out_proj.weight"].T + state[f"{name}.out_proj.bias"]


def normal(state: Arrays, name: str, x: np.ndarray) -> np.ndarray:
    centred = x - x.mean(-1, keepdims=True)
    one = centred / np.sqrt((centred**2).mean(-1, keepdims=True) + 1e-5)
    return one * state[f"{name}.weight"] + state[f"{name}.bias"]


def linear(state: Arrays, name: str, x: np.ndarray) -> np.ndarray:
    return x @ state[f"{name}.weight"].T + state[f"{name}.bias"]


def encoder(state: Arrays, name: str, x: np.ndarray, heads: int, depth: int = 1) -> np.ndarray:
    """Equation 3: what is read, its attention and its transformer, side by side."""
    transformed = x
    for layer in (f"{name}.transformer.{k}" for k in range(depth)):
        attended = attention(state, f"{layer}.self_attn", transformed, heads)
        transformed = normal(state, f"{layer}.norm1", transformed + attended)
        fed = linear(state, f"{layer}.linear2", np.maximum(linear(state, f"{layer}.linear1", transformed), 0))
        transformed = normal(state, f"{layer}.norm2", transformed + fed)
    return np.concatenate([x, attention(state, f"{name}.attention", x, heads), transformed], axis=1)


def embed(state: Arrays, name: str, x: np.ndarray) -> np.ndarray:
    """Equation 1: a convolution of three steps along time, and the place of each step."""
    weight, bias = state[f"embeddings.{name}.weight"], state[f"embeddings.{name}.bias"]
    around = np.pad(x, ((1, 1), (0, 0)))
    embedding = np.stack([sum(weight[:, :, k] @ around[t + k] for k in range(3)) + bias for t in range(len(x))])
    turns = np.arange(len(x))[:, None] / 10000 ** (np.arange(0, weight.shape[0], 2) / weight.shape[0])
    embedding[:, 0::2] += np.sin(turns)
    embedding[:, 1::2] += np.cos(turns)
    return embedding


def evaluate(state: Arrays, inputs: dict[str, np.ndarray], interaction: bool, steps: int = 6) -> np.ndarray:
    """All equations, and the output, of the real steps of one clip; 14 numbers."""
    h = {name: embed(state, name, x) for name, x in inputs.items()}
    g = [encoder(state, f"encoders.{name}", embedding, 2) for name, embedding in h.items()]  # equation 4
    parts = [np.maximum(linear(state, "projection", np.concatenate(g, axis=1)), 0)]  # equation 7
    if interaction:
        together = encoder(state, "interaction", np.concatenate(list(h.values()), axis=1), 8)  # equations 5 and 6
        parts.append(np.maximum(linear(state, "interaction_projection", together), 0))
    joined = np.concatenate(parts, axis=1)
    whole = np.pad(joined, ((0, steps - len(joined)), (0, 0))).ravel()
    return np.concatenate([linear(state, "intensities", whole), linear(state, "strongest", whole)])


@pytest.mark.parametrize("real", [1, 4, 6])
@pytest.mark.parametrize(
    ("streams", "interaction"),
    [(list(BOTH), True), (list(BOTH), False), (["sound_features"], True), (["face_features"], True)],
)
def test_equations_1_to_7(streams: list[str], interaction: bool, real: int) -> None:
    model = network({name: BOTH[name] for name in streams}, interaction=interaction, standardise=False)
    state = {name: tensor.numpy() for name, tensor in model.state_dict().items()}
    inputs, mask = clip(real)
    output = model({name: inputs[name] for name in streams}, mask).detach().numpy()
    assert output.shape == (1, 1, 14)
    arrays = {name: inputs[name][0, :real].numpy() for name in streams}
    expected = evaluate(state, arrays, interaction and len(streams) == 2)
    np.testing.assert_allclose(output[0, 0], expected, atol=1e-10)


def test_what_the_public_code_has_otherwise_reaches_the_network() -> None:
    plain, other = network(), network(norm="pre", activation="gelu", position_base=1000)
    inputs, mask = clip()
    changed = other(inputs, mask)
    assert not torch.allclose(changed, plain(inputs, mask)), "with the same parameters"
    layers = [layer for layer in other.modules() if isinstance(layer, EncoderLayer)]
    assert len(layers) == 3
    before = torch.randn(1, 6, 8, dtype=torch.float64)
    for layer in layers[:2]:
        torchs = nn.TransformerEncoderLayer(8, 2, 32, activation="gelu", norm_first=True, batch_first=True)
        torchs.double().eval().load_state_dict(layer.state_dict())
        torch.testing.assert_close(layer(before, mask), torchs(before))
    steps = torch.arange(6, dtype=torch.float64)
    assert torch.allclose(sinusoids(6, 8, 1000)[:, 2], (steps / 1000**0.25).sin())
    moved = other.encode(inputs, mask) - network(norm="pre", activation="gelu").encode(inputs, mask)
    expected = (sinusoids(6, 8, 1000) - sinusoids(6, 8)).repeat(1, 2)
    torch.testing.assert_close(moved[0], expected, atol=1e-6, rtol=0)


def test_widths_are_those_of_the_equations() -> None:
    model = network()
    state = model.state_dict()
    assert state["projection.weight"].shape == (4, 2 * 3 * 8)  # equation 7: 6 d
    assert state["interaction_projection.weight"].shape == (4, 3 * 2 * 8)  # equation 6: 6 d
    assert state["intensities.weight"].shape == state["strongest.weight"].shape == (7, 6 * 2 * 4)
    assert model.joined == 16  # equation 5: 2 d


@pytest.mark.parametrize("pool", ["flatten", "mean"])
def test_padding_counts_for_nothing(pool: str) -> None:
    model = network(pool=pool)
    inputs, mask = clip(real=3)
    other = {name: torch.where(mask[..., None], tensor, -7.0) for name, tensor in inputs.items()}
    torch.testing.assert_close(model(inputs, mask), model(other, mask), atol=0, rtol=0)


def test_a_mean_does_not_ask_how_many_steps_there_are() -> None:
    model = network(pool="mean", positions="none")
    inputs, mask = clip()
    longer = {name: torch.cat([tensor, torch.zeros_like(tensor)], dim=1) for name, tensor in inputs.items()}
    output = model(longer, torch.cat([mask, ~mask], dim=1))
    torch.testing.assert_close(output, model(inputs, mask), atol=1e-12, rtol=0)


def test_features_are_standardised_each_by_its_own_moments() -> None:
    model, plain = network(), network(standardise=False)
    mean, deviation = torch.arange(12.0).double(), torch.arange(1.0, 13.0).double()
    model.prepare(lambda: (mean, deviation))
    inputs, mask = clip()
    by_hand = {
        "sound_features": (inputs["sound_features"] - mean[:5]) / deviation[:5],
        "face_features": (inputs["face_features"] - mean[5:]) / deviation[5:],
    }
    torch.testing.assert_close(model(inputs, mask), plain(by_hand, mask), atol=1e-12, rtol=0)


def test_depth_and_weights_of_another_branch() -> None:
    model = network(depth=2, standardise=False)
    state = {name: tensor.numpy() for name, tensor in model.state_dict().items()}
    inputs, mask = clip()
    h = {name: embed(state, name, x[0].numpy()) for name, x in inputs.items()}
    g = [encoder(state, f"encoders.{name}", embedding, 2, depth=2) for name, embedding in h.items()]
    encoded = model.encode(inputs, mask)[0].detach().numpy()
    np.testing.assert_allclose(encoded, np.concatenate(list(h.values()), axis=1), atol=1e-12)
    encoders = model.get_submodule("encoders")
    first = encoders.get_submodule("sound_features")(torch.from_numpy(h["sound_features"])[None], mask)
    np.testing.assert_allclose(first[0].detach().numpy(), g[0], atol=1e-10)
    other = network(depth=2, standardise=False)
    torch.nn.init.zeros_(other.get_parameter("projection.weight"))
    other.load_initial("all", model.state_dict(), "other")
    torch.testing.assert_close(other(inputs, mask), model(inputs, mask))


def test_parameters_at_the_size_of_the_paper() -> None:
    settings = InteractionTransformer(name="interaction_transformer")
    model = build_network(settings, {"sound_features": (1024,), "face_features": (1536,)}, OUTPUTS)
    d = 256

    def layer(size: int) -> int:
        return 4 * size * size + 4 * size + 2 * 4 * size * size + 5 * size + 4 * size

    def both(size: int) -> int:
        return 4 * size * size + 4 * size + layer(size)

    expected = 3 * (1024 + 1536) * d + 2 * d + 2 * both(d) + both(2 * d)
    expected += 2 * (6 * d * 256 + 256) + 2 * (30 * 512 * 7 + 7)
    assert parameter_counts(model)["total"] == expected


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"network": {"name": "interaction_transformer", "heads": 3}}, "heads is 3, which cannot share 256"),
        ({"network": {"name": "interaction_transformer", "interaction_heads": 3}}, "interaction_heads is 3"),
        ({"network": {"name": "interaction_transformer", "kernel": 2}}, "kernel 2 has no middle step"),
        ({"network": {"name": "interaction_transformer", "steps": 20}}, "network.steps is 20 and sequence.length 30"),
        ({"streams": ["face_features", "sound_features"]}, "in this order"),
        ({"streams": ["features"]}, "reads sound_features and face_features"),
        ({"features": {"of": ["CNN"]}}, "leave out features.of"),
        ({"sampling": "balanced"}, "leave out features.of, sources, teacher, sampling"),
        ({"sequence": {"length": 30, "stride": 30, "predicted": "averaged"}}, "a clip is one sequence"),
        ({"epoch_ensemble": [1, 2], "ema": 0.9}, "ema keeps the average"),
    ],
)
def test_settings_that_do_not_fit_are_named(changes: dict[str, Any], message: str) -> None:
    values: dict[str, Any] = {
        "streams": list(BOTH),
        "features": {"sets": ["a", "v"]},
        "network": {"name": "interaction_transformer"},
        "sequence": {"length": 30, "stride": 30},
    }
    Branch.model_validate(values)
    with pytest.raises(ValidationError, match=message):
        Branch.model_validate(values | changes)
