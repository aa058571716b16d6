"""The temporal encoders of Meng et al. against their equations, each worked another way."""

import math
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from affectflow.config.model.temporal import SegmentLstm, SegmentTransformer
from affectflow.core.errors import InputError
from affectflow.losses.terms import regression_loss
from affectflow.networks.layers.transformer import EncoderLayer, sinusoids
from affectflow.networks.network import Network
from affectflow.papers.registry import build_network

INPUTS, OUTPUTS = {"features": (6,)}, {"va": 2}


def lstm(**changes: Any) -> Network:
    torch.manual_seed(0)
    settings = {"name": "segment_lstm", "joined": 8, "hidden": 5, "regressor": [7, 3], "dropout": 0.3} | changes
    return build_network(SegmentLstm.model_validate(settings), INPUTS, OUTPUTS).double().eval()


def transformer(**changes: Any) -> Network:
    torch.manual_seed(0)
    settings: dict[str, Any] = {"name": "segment_transformer", "joined": 8, "layers": 3, "heads": 2, "feedforward": 10}
    settings |= {"regressor": [7, 3]} | changes
    return build_network(SegmentTransformer.model_validate(settings), INPUTS, OUTPUTS).double().eval()


def features(batch: int, time: int, seed: int = 1) -> Tensor:
    return torch.randn(batch, time, 6, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)


def arrays(network: Network) -> dict[str, np.ndarray]:
    return {name: value.numpy() for name, value in network.state_dict().items()}


def regress(state: dict[str, np.ndarray], x: np.ndarray) -> np.ndarray:
    """Two hidden layers with ReLU, and equation 4."""
    for place in (0, 3):
        x = np.maximum(x @ state[f"regressor.{place}.weight"].T + state[f"regressor.{place}.bias"], 0)
    return x @ state["regressor.6.weight"].T + state["regressor.6.bias"]


def test_features_are_standardised_and_joined_by_equation_1() -> None:
    network, x = lstm(), features(2, 4)
    network.prepare(lambda: (torch.arange(6.0).double(), torch.arange(1.0, 7.0).double()))
    state = arrays(network)
    z = (x.numpy() - np.arange(6)) / np.arange(1, 7)
    joined = network.encode({"features": x}, torch.ones(2, 4, dtype=torch.bool))
    expected = z @ state["fusion.weight"].T + state["fusion.bias"]
    np.testing.assert_allclose(joined.detach().numpy(), expected, atol=1e-12)


def test_without_standardising_nothing_is_asked_of_the_frames() -> None:
    network = lstm(standardise=False)

    def moments() -> tuple[Tensor, Tensor]:
        raise AssertionError("no need to read the frames")

    network.prepare(moments)
    assert not any(name.startswith("standardised") for name in network.state_dict())
    x = features(1, 3)
    state = arrays(network)
    joined = network.encode({"features": x}, torch.ones(1, 3, dtype=torch.bool)).detach().numpy()
    np.testing.assert_allclose(joined, x.numpy() @ state["fusion.weight"].T + state["fusion.bias"], atol=1e-12)


def test_the_lstm_and_regressor_are_those_of_equations_2_and_4() -> None:
    network, x = lstm(), features(1, 9)
    state = arrays(network)

    def sigmoid(value: np.ndarray) -> np.ndarray:
        return 1 / (1 + np.exp(-value))

    hidden, cell, outputs = np.zeros(5), np.zeros(5), []
    for joined in x[0].numpy() @ state["fusion.weight"].T + state["fusion.bias"]:
        gates = state["encoder.0.weight_ih_l0"] @ joined + state["encoder.0.bias_ih_l0"]
        gates = gates + state["encoder.0.weight_hh_l0"] @ hidden + state["encoder.0.bias_hh_l0"]
        enter, forget, new, leave = np.split(gates, 4)
        cell = sigmoid(forget) * cell + sigmoid(enter) * np.tanh(new)
        hidden = sigmoid(leave) * np.tanh(cell)
        outputs.append(hidden)
    predicted = network({"features": x}, torch.ones(1, 9, dtype=torch.bool)).detach().numpy()
    np.testing.assert_allclose(predicted[0], regress(state, np.array(outputs)), atol=1e-12)


@pytest.mark.parametrize("layers", [1, 2])
def test_segments_that_go_on_are_one_pass_over_the_video(layers: int) -> None:
    network, x = lstm(layers=layers), features(1, 20)
    whole = network({"features": x}, torch.ones(1, 20, dtype=torch.bool))
    state, parts = None, []
    for first in range(0, 20, 8):
        real = min(8, 20 - first)
        mask = torch.arange(8)[None] < real
        segment = torch.cat([x[:, first : first + real], torch.full((1, 8 - real, 6), 99.0)], dim=1).double()
        outputs, state = network.temporal_from(network.encode({"features": segment}, mask), mask, state)
        parts.append(outputs[:, :real])
    assert state is not None and state.shape == (1, layers, 2, 5)
    torch.testing.assert_close(torch.cat(parts, dim=1), whole, atol=1e-12, rtol=0)


def test_each_sequence_of_a_batch_begins_with_its_own_state() -> None:
    network, x = lstm(), features(2, 6)
    mask = torch.tensor([[True] * 6, [True] * 3 + [False] * 3])
    joined = network.encode({"features": x}, mask)
    _, ends = network.temporal_from(joined, mask, None)
    _, alone = network.temporal_from(joined[1:, :3], mask[1:, :3], None)
    torch.testing.assert_close(ends[1:], alone, atol=1e-12, rtol=0)
    begins = torch.stack([ends[0], torch.zeros_like(ends[0])])
    outputs, _ = network.temporal_from(joined, mask, begins)
    fresh = network.temporal(joined, mask)
    torch.testing.assert_close(outputs[1, :3], fresh[1, :3])
    assert (outputs[0] - fresh[0]).abs().max() > 1e-4


def attend(layer: nn.TransformerEncoderLayer, x: Tensor, heads: int) -> Tensor:
    """One encoder layer by its definition, of a whole sequence (time, size)."""
    size = x.shape[1]
    attention = layer.self_attn
    query, key, value = (x @ attention.in_proj_weight.T + attention.in_proj_bias).split(size, dim=1)
    parts = []
    for head in range(heads):
        own = slice(head * size // heads, (head + 1) * size // heads)
        weights = (query[:, own] @ key[:, own].T / math.sqrt(size / heads)).softmax(dim=1)
        parts.append(weights @ value[:, own])
    x = normal(x + torch.cat(parts, dim=1) @ attention.out_proj.weight.T + attention.out_proj.bias, layer.norm1)
    inner = (x @ layer.linear1.weight.T + layer.linear1.bias).clamp(min=0)
    return normal(x + inner @ layer.linear2.weight.T + layer.linear2.bias, layer.norm2)


def normal(x: Tensor, norm: nn.LayerNorm) -> Tensor:
    centred = x - x.mean(1, keepdim=True)
    return centred / (centred.square().mean(1, keepdim=True) + 1e-5).sqrt() * norm.weight + norm.bias


@pytest.mark.parametrize("positions", ["sinusoidal", "none"])
def test_the_transformer_is_its_definition(positions: str) -> None:
    network, x = transformer(positions=positions), features(1, 11)
    state = arrays(network)
    encoded = torch.from_numpy(x[0].numpy() @ state["fusion.weight"].T + state["fusion.bias"])
    if positions == "sinusoidal":
        encoded = encoded + sinusoids(11, 8)
    layers = list(network.get_submodule("encoder").children())
    assert layers
    for layer in layers:
        torchs = nn.TransformerEncoderLayer(8, 2, 10, batch_first=True).double().eval()
        torchs.load_state_dict(layer.state_dict())
        before, encoded = encoded, attend(torchs, encoded, 2)
        torch.testing.assert_close(torchs(before[None])[0], encoded, atol=1e-10, rtol=0)
    expected = regress(state, encoded.detach().numpy())
    outputs = network({"features": x}, torch.ones(1, 11, dtype=torch.bool))
    np.testing.assert_allclose(outputs[0].detach().numpy(), expected, atol=1e-10)
    with torch.inference_mode():  # where torch takes another way
        inferred = network({"features": x}, torch.ones(1, 11, dtype=torch.bool))
    np.testing.assert_allclose(inferred[0].numpy(), expected, atol=1e-10)


@pytest.mark.parametrize("norm", ["post", "pre"])
@pytest.mark.parametrize("activation", ["relu", "gelu"])
def test_an_encoder_layer_is_torchs(norm: str, activation: str) -> None:
    torch.manual_seed(0)
    own = EncoderLayer(8, 2, 10, 0.3, norm, activation).double().eval()
    torchs = nn.TransformerEncoderLayer(8, 2, 10, activation=activation, norm_first=norm == "pre", batch_first=True)
    torchs.double().eval().load_state_dict(own.state_dict())
    x, mask = features(2, 11).repeat(1, 1, 2)[..., :8], torch.tensor([[True] * 11, [True] * 4 + [False] * 7])
    expected = torchs(x, src_key_padding_mask=~mask)
    torch.testing.assert_close(own(x, mask)[mask], expected[mask], atol=1e-10, rtol=0)


def test_padding_changes_nothing_of_a_segment() -> None:
    network, x = transformer(), features(2, 11)
    mask = torch.tensor([[True] * 11, [True] * 4 + [False] * 7])
    for context in (torch.enable_grad(), torch.inference_mode()):
        with context:
            padded = network({"features": x}, mask)
            changed = torch.where(mask[..., None], x, 1e3)
            alone = network({"features": x[1:, :4]}, mask[1:, :4])
            torch.testing.assert_close(padded[1:, :4], alone, atol=1e-6, rtol=0)
            torch.testing.assert_close(network({"features": changed}, mask)[mask], padded[mask], atol=1e-6, rtol=0)


def test_positions_by_their_formula() -> None:
    table = sinusoids(5, 6)
    for place in range(5):
        for pair in range(3):
            turn = place / 10000 ** (2 * pair / 6)
            assert table[place, 2 * pair].item() == pytest.approx(math.sin(turn), abs=1e-15)
            assert table[place, 2 * pair + 1].item() == pytest.approx(math.cos(turn), abs=1e-15)
    assert sinusoids(3, 5).shape == (3, 5)


def test_dropout_stands_where_it_is_said() -> None:
    network = transformer(dropout=0.3, encoder_dropout=0.1)
    shares = {name: module.p for name, module in network.named_modules() if isinstance(module, nn.Dropout)}
    assert {share for name, share in shares.items() if name.startswith("regressor")} == {0.3}
    own = {"dropout", *(f"encoder.{k}.{name}" for k in range(3) for name in ("dropout", "dropout1", "dropout2"))}
    assert own == {name for name in shares if not name.startswith("regressor")}
    assert {shares[name] for name in own} == {0.1}
    assert [module.dropout for module in network.modules() if isinstance(module, nn.MultiheadAttention)] == [0.0] * 3
    assert {module.p for module in lstm(dropout=0.25).modules() if isinstance(module, nn.Dropout)} == {0.25}


def test_the_loss_of_equation_5() -> None:
    random = np.random.default_rng(0)
    x, y = random.normal(size=(2, 40)), random.normal(size=(2, 40))
    expected = sum(
        1 - 2 * np.cov(a, b, bias=True)[0, 1] / (a.var() + b.var() + (a.mean() - b.mean()) ** 2)
        for a, b in zip(x, y, strict=True)
    )
    prediction, target = (torch.from_numpy(array.T).view(4, 10, 2) for array in (x, y))
    loss = regression_loss(prediction, target, torch.ones(4, 10, dtype=torch.bool), mse=0, ccc=2)
    assert loss.item() == pytest.approx(expected, abs=1e-12)


def test_all_of_it_starts_from_a_branch_of_the_same_kind() -> None:
    source, target = (
        lstm(),
        build_network(SegmentLstm(name="segment_lstm", joined=8, hidden=5, regressor=(7, 3)), INPUTS, OUTPUTS).double(),
    )
    source.prepare(lambda: (torch.full((6,), 2.0), torch.full((6,), 3.0)))
    target.load_initial("all", source.state_dict(), "other")
    for name, tensor in source.state_dict().items():
        assert torch.equal(target.state_dict()[name], tensor), name
    with pytest.raises(InputError, match=r"other.* also hold 2 tensor.*mean"):
        lstm(standardise=False).load_initial("all", source.state_dict(), "other")
    with pytest.raises(InputError, match=r"other.* lack \d+ tensor"):
        transformer().load_initial("all", source.state_dict(), "other")
    with pytest.raises(InputError, match="another shape of 5"):
        lstm(hidden=4, regressor=[7, 3]).load_initial("all", source.state_dict(), "other")


SETS = {"dense": 342, "ires": 512, "fau": 512, "wav2vec": 768, "vggish": 128, "compare": 130, "egemaps": 23}
FEW, MANY = ("dense", "wav2vec", "compare"), ("ires", "fau", "wav2vec", "vggish", "compare", "egemaps")


def linear(inputs: int, outputs: int) -> int:
    return inputs * outputs + outputs


@pytest.mark.parametrize("names", [FEW, MANY])
def test_the_published_sizes(names: tuple[str, ...]) -> None:
    size = sum(SETS[name] for name in names)
    assert size == {FEW: 1240, MANY: 2073}[names]
    regressor = linear(512, 512) + linear(512, 256) + linear(256, 2)
    recurrent = 4 * (512 * 512 + 512 * 512 + 2 * 512)
    layer = linear(512, 3 * 512) + linear(512, 512) + linear(512, 1024) + linear(1024, 512) + 2 * 2 * 512
    expected = {"segment_lstm": recurrent, "segment_transformer": 4 * layer}
    kinds: list[tuple[Any, int]] = [
        (SegmentLstm(name="segment_lstm"), 100),
        (SegmentTransformer(name="segment_transformer"), 250),
    ]
    for settings, time in kinds:
        torch.manual_seed(0)
        network = build_network(settings, {"features": (size,)}, OUTPUTS)
        count = sum(parameter.numel() for parameter in network.parameters())
        assert count == linear(size, 512) + expected[settings.name] + regressor
        optimizer = torch.optim.Adam(network.parameters(), lr=3e-4)
        x, mask = torch.randn(2, time, size), torch.arange(time) < torch.tensor([time, time - 30])[:, None]
        target, losses = torch.rand(2, time, 2) * 2 - 1, []
        for _ in range(2):
            loss = regression_loss(network({"features": x}, mask), target, mask, mse=0, ccc=2)
            optimizer.zero_grad()
            loss.backward()
            assert all(
                parameter.grad is not None and bool(parameter.grad.isfinite().all())
                for parameter in network.parameters()
            )
            optimizer.step()
            losses.append(loss.item())
        assert losses[1] < losses[0]
