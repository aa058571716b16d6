"""Heads for each track, on a CNN or along features (Vu and Beurton-Aimar): sizes, padding, starting points."""

import numpy as np
import pytest
import torch
from torch import Tensor

from affectflow.config.model.networks import HeadCnn, HeadGru
from affectflow.core.errors import InputError
from affectflow.networks.backbones.resnet import ResNet
from affectflow.networks.network import Network
from affectflow.papers.registry import build_network

OUTPUTS = {"va": 40, "expr": 7}


def cnn(**changes: object) -> Network:
    torch.manual_seed(0)
    settings = HeadCnn.model_validate({"name": "head_cnn", "backbone": "resnet18", "width": 4, "hidden": 6} | changes)
    return build_network(settings, {"face": (3, 32, 32)}, OUTPUTS)


def gru(features: int = 12, **changes: object) -> Network:
    torch.manual_seed(0)
    settings = HeadGru.model_validate({"name": "head_gru", "hidden": 5} | changes)
    return build_network(settings, {"features": (features,)}, OUTPUTS)


def faces() -> tuple[dict[str, Tensor], Tensor]:
    mask = torch.tensor([[True, True, True], [True, False, False]])
    return {"face": torch.randn(2, 3, 3, 32, 32, generator=torch.Generator().manual_seed(1))}, mask


def test_a_head_is_normalisation_hidden_layer_normalisation_and_output() -> None:
    network, (inputs, mask) = cnn().eval(), faces()
    for name, value in network.state_dict().items():
        if "running" in name:
            value.copy_(torch.rand(value.shape, generator=torch.Generator().manual_seed(len(name))) + 0.5)
    state = {name: value.double().numpy() for name, value in network.state_dict().items()}
    encoded = network.encode(inputs, mask)[mask].detach().double().numpy()

    def normal(x: np.ndarray, layer: str) -> np.ndarray:
        standardised = (x - state[f"{layer}.running_mean"]) / np.sqrt(state[f"{layer}.running_var"] + 1e-5)
        return np.asarray(standardised * state[f"{layer}.weight"] + state[f"{layer}.bias"])

    features, outputs = [], []
    for track in OUTPUTS:
        head = f"heads.{track}"
        hidden = normal(encoded, f"{head}.bn1") @ state[f"{head}.fc1.weight"].T + state[f"{head}.fc1.bias"]
        features.append(normal(np.maximum(hidden, 0), f"{head}.bn2"))
        outputs.append(features[-1] @ state[f"{head}.fc2.weight"].T + state[f"{head}.fc2.bias"])
    predicted = network(inputs, mask)
    assert predicted.shape == (2, 3, 47)
    np.testing.assert_allclose(predicted[mask].detach(), np.concatenate(outputs, axis=1), rtol=1e-4, atol=1e-5)
    np.testing.assert_allclose(
        network.features(inputs, mask)[mask].detach(), np.concatenate(features, axis=1), rtol=1e-4, atol=1e-5
    )
    assert not network.features(inputs, mask)[~mask].any(), "nothing at padding"
    assert cnn(features="cnn").features(inputs, mask).shape == (2, 3, 32), "the CNN's own"


def test_padding_changes_nothing_in_training_either() -> None:
    inputs, mask = faces()
    other = {"face": inputs["face"].clone()}
    other["face"][1, 1:] = 7.0
    one, two = (cnn(dropout=0.0).train()(batch, mask) for batch in (inputs, other))
    assert torch.equal(one[mask], two[mask])


def test_each_gru_reads_the_features_of_its_own_track() -> None:
    network = gru().eval()
    features = torch.randn(2, 4, 12, generator=torch.Generator().manual_seed(2))
    mask = torch.tensor([[True] * 4, [True, True, False, False]])
    base = network({"features": features}, mask)
    changed = features.clone()
    changed[..., 6:] += 1.0
    other = network({"features": changed}, mask)
    assert torch.equal(base[..., :40], other[..., :40]), "valence and arousal read the first half"
    assert not torch.equal(base[..., 40:], other[..., 40:])
    everything = gru(reads="all").eval()
    assert not torch.equal(
        everything({"features": features}, mask)[..., :40], everything({"features": changed}, mask)[..., :40]
    )


def test_a_gru_sees_both_ways_and_no_padding() -> None:
    network = gru().eval()
    features = torch.randn(1, 5, 12, generator=torch.Generator().manual_seed(3))
    mask = torch.tensor([[True, True, True, False, False]])
    base = network({"features": features}, mask)
    padded, last = features.clone(), features.clone()
    padded[0, 3:] = 9.0
    last[0, 2] += 1.0
    assert torch.equal(network({"features": padded}, mask)[mask], base[mask])
    assert not torch.equal(network({"features": last}, mask)[0, 0], base[0, 0]), "the first frame hears of the third"
    alone = gru(bidirectional=False).eval()
    assert torch.equal(alone({"features": last}, mask)[0, 0], alone({"features": features}, mask)[0, 0]), (
        "forwards it does not"
    )


def test_features_that_are_no_heads_features_are_refused() -> None:
    with pytest.raises(InputError, match="13 features are not those of 2 heads alike; set reads: all"):
        gru(features=13)


def test_the_published_sizes() -> None:
    """ResNet-50 without its classifier has 23,508,032 parameters; a head 2 x 2048 + 2048 x 128 + 128 + 2 x 128 and its
    output layer; a GRU 2 x 3 x 64 x (128 + 64 + 2) and its output layer."""
    with torch.device("meta"):
        network = build_network(HeadCnn(name="head_cnn"), {"face": (3, 112, 112)}, OUTPUTS)
        recurrent = build_network(HeadGru(name="head_gru"), {"features": (256,)}, OUTPUTS)

    def count(module: torch.nn.Module) -> int:
        return sum(parameter.numel() for parameter in module.parameters())

    head = 2 * 2048 + 2048 * 128 + 128 + 2 * 128
    assert count(network) == 23_508_032 + 2 * head + 129 * 47 == 24_047_343
    assert count(recurrent) == 2 * (2 * 3 * 64 * (128 + 64 + 2)) + 129 * 47 == 155_055


def test_the_cnn_starts_from_published_weights_or_from_a_branch() -> None:
    torch.manual_seed(9)
    published = ResNet("resnet18", 4).state_dict()
    network = cnn()
    network.load_initial("cnn", published | {"fc.weight": torch.zeros(3, 3)}, "weights")
    assert torch.equal(network.state_dict()["cnn.conv1.weight"], published["conv1.weight"])
    other = cnn()
    other.load_initial("cnn", network.state_dict(), "branch")
    assert torch.equal(other.state_dict()["cnn.layer4.1.conv2.weight"], published["layer4.1.conv2.weight"])
    other.load_initial("heads", network.state_dict(), "branch")
    smaller = build_network(
        HeadCnn(name="head_cnn", backbone="resnet18", width=4, hidden=6), {"face": (3, 32, 32)}, {"expr": 7}
    )
    with pytest.raises(InputError, match="lack 14 tensor"):
        other.load_initial("heads", smaller.state_dict(), "branch of one track")
    with pytest.raises(InputError, match=r"change network\.backbone or init"):
        network.load_initial("cnn", ResNet("resnet18", 8).state_dict(), "wider")
