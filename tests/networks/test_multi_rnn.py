"""The networks of Kollias and Zafeiriou, sections V and VI, against torch's own layers put together by hand."""

from typing import Any

import pytest
import torch
from pydantic import ValidationError
from torch import Tensor, nn

import affectflow.compute.torch_pair  # noqa: F401  must come before torchvision

# isort: split
import torchvision

from affectflow.config.model.networks import MultiRnn
from affectflow.config.training.trained import Schedule, Trained
from affectflow.core.errors import InputError
from affectflow.networks.backbones.vgg import Vgg16, torchvision_names
from affectflow.networks.network import Network
from affectflow.papers.kollias import MultiRnnNetwork
from affectflow.papers.registry import build_network
from affectflow.training.optimizers import build_schedule

SMALL = {"face": (3, 32, 32), "landmarks": (136,), "mel": (1, 32, 40)}


def network(outputs: int = 2, shapes: dict[str, tuple[int, ...]] = SMALL, **components: dict[str, Any]) -> Network:
    fusion = components.pop("fusion", {})
    small = {name: {"width": 4, "hidden": 6, **options} for name, options in components.items()}
    settings = MultiRnn.model_validate({"name": "multi_rnn", "components": small, "fusion": fusion})
    torch.manual_seed(0)
    return build_network(settings, {stream: shapes[stream] for stream in settings.streams}, {"va": outputs}).eval()


def inputs(samples: int, time: int, *streams: str) -> dict[str, Tensor]:
    random = torch.Generator().manual_seed(1)
    return {name: torch.randn(samples, time, *SMALL[name], generator=random) for name in streams}


def component(model: Network, name: str) -> Any:
    assert isinstance(model, MultiRnnNetwork)
    return model.components[name]


AFFWILDNET = {"landmarks": True, "fc": (10,)}
LEVELS = {"landmarks": True, "fc": (10,), "levels": ("second_pool", "last_pool", "fc")}
MODELS: dict[str, dict[str, Any]] = {
    "CNN alone": {"X": {"fc": (10, 9), "rnn": "none"}},
    "ResNet alone": {"X": {"backbone": "resnet18", "levels": ("last_pool",), "rnn": "none"}},
    "VGG-FACE-LSTM": {"X": {"fc": (10,), "rnn": "lstm"}},
    "AffWildNet": {"X": AFFWILDNET},
    "CNN-1RNN": {"X": LEVELS},
    "CNN-3RNN": {"X": LEVELS | {"rnns": "each"}},
    "model-level": {"one": LEVELS, "three": LEVELS | {"rnns": "each"}, "fusion": {"kind": "gru", "units": 5}},
    "model-level FC": {"one": LEVELS, "three": LEVELS | {"rnns": "each"}, "fusion": {"kind": "fc", "units": 5}},
    "audiovisual": {
        "visual": {"fc": (10,)},
        "audio": {"stream": "mel", "fc": (10,)},
        "fusion": {"kind": "gru", "units": 5, "layers": 2},
    },
}


@pytest.mark.parametrize("name", ["features.0.weight", "conv1_1.weight"])
def test_a_vgg_of_published_width_is_torchvisions_by_its_names_and_by_caffes(name: str) -> None:
    torch.manual_seed(0)
    theirs = torchvision.models.vgg16(weights=None).eval().double()
    state = theirs.state_dict()
    if name == "conv1_1.weight":
        convolutions = [key for key in state if key.startswith("features.") and key.endswith("weight")]
        numbers = [f"{block}_{k}" for block, count in enumerate((2, 2, 3, 3, 3), 1) for k in range(1, count + 1)]
        for key, number in zip(convolutions, numbers, strict=True):
            for kind in ("weight", "bias"):
                state[f"conv{number}.{kind}"] = state.pop(key.replace("weight", kind))
    assert name in state
    ours = Vgg16(64, (3, 64, 64)).eval().double()
    ours.load_state_dict(torchvision_names(state))
    pictures = torch.randn(2, 3, 64, 64, dtype=torch.float64)
    with torch.no_grad():
        features = ours(pictures)
        assert torch.allclose(features["last_pool"], theirs.features(pictures).flatten(1), atol=1e-10)
        assert torch.allclose(features["second_pool"], theirs.features[:10](pictures).flatten(1), atol=1e-10)
    assert ours.sizes == {"second_pool": 128 * 16 * 16, "last_pool": 512 * 2 * 2}


# Worked from the layers' sizes: the convolutions of VGG-16 with biases; pictures of 96 x 96 leave 3 x 3 x 512 after the
# last pooling layer and 24 x 24 x 128 after the second; 136 numbers of the landmarks; a GRU 3 x units x (inputs +
# units + 2).
VGG, LAST, SECOND = 14_714_688, 4608, 73_728
FC = (LAST + 136) * 4096 + 4096


def gru(size: int) -> int:
    return 3 * 128 * (size + 130) + 3 * 128 * (128 + 130)


PAPER = {
    "AffWildNet": ({"X": {"landmarks": True, "fc": [4096]}}, VGG + FC + gru(4096) + 258),
    "CNN-1RNN": ({"X": LEVELS | {"fc": [4096]}}, VGG + FC + gru(SECOND + LAST + 4096) + 258),
    "CNN-3RNN": (
        {"X": LEVELS | {"fc": [4096], "rnns": "each"}},
        VGG + FC + gru(SECOND) + gru(LAST) + gru(4096) + 3 * 128 * 2 + 2,
    ),
    "VGG alone": ({"X": {"fc": [4096, 4096], "rnn": "none"}}, VGG + LAST * 4096 + 4096 + 4096 * 4097 + 4096 * 2 + 2),
}


@pytest.mark.parametrize("name", PAPER)
def test_the_papers_sizes(name: str) -> None:
    components, parameters = PAPER[name]
    paper = {part: options | {"width": 64, "hidden": 128} for part, options in components.items()}
    with torch.device("meta"):
        model = network(shapes={"face": (3, 96, 96), "landmarks": (136,)}, **paper)
    assert sum(p.numel() for p in model.parameters()) == parameters


def test_affwildnet_is_its_layers_one_after_the_other() -> None:
    model = network(X=AFFWILDNET)
    part, tensors = component(model, "X"), inputs(2, 5, "face", "landmarks")
    mask = torch.ones(2, 5, dtype=torch.bool)
    with torch.no_grad():
        pool = part.backbone.features(tensors["face"].flatten(0, 1)).flatten(1)
        features = part.fc[0](torch.cat([pool, tensors["landmarks"].flatten(0, 1)], 1)).relu().view(2, 5, 10)
        both = nn.GRU(10, 6, 2, batch_first=True)
        states = {
            f"{key[:-1]}{layer}": tensor
            for layer in (0, 1)
            for key, tensor in part.rnns[0].layers[layer].state_dict().items()
        }
        both.load_state_dict(states)
        expected = model.output(both(features)[0])  # type: ignore[operator]
        assert torch.allclose(model(tensors, mask), expected, atol=1e-6)


def test_one_rnn_reads_the_levels_joined_and_three_read_one_each() -> None:
    one, three = network(X=LEVELS), network(X=LEVELS | {"rnns": "each"})
    tensors, mask = inputs(1, 4, "face", "landmarks"), torch.ones(1, 4, dtype=torch.bool)
    for model in (one, three):
        part = component(model, "X")
        with torch.no_grad():
            second = part.backbone.features[:10](tensors["face"][0])
            last = part.backbone.features[10:](second)
            fc = part.fc[0](torch.cat([last.flatten(1), tensors["landmarks"][0]], 1)).relu()
            levels = [second.flatten(1)[None], last.flatten(1)[None], fc[None]]
            if model is one:
                states = [part.rnns[0](torch.cat(levels, -1), mask)]
            else:
                states = [rnn(level, mask) for rnn, level in zip(part.rnns, levels, strict=True)]
            expected = model.output(torch.cat(states, -1))  # type: ignore[operator]
            assert torch.allclose(model(tensors, mask), expected, atol=1e-6)
    assert [len(component(model, "X").rnns) for model in (one, three)] == [1, 3]


@pytest.mark.parametrize("name", MODELS)
def test_padding_changes_nothing_and_no_frame_sees_the_future(name: str) -> None:
    model = network(**MODELS[name])
    tensors = inputs(2, 6, *SMALL)
    mask = torch.tensor([[True] * 6, [True] * 4 + [False] * 2])
    garbage = {stream: torch.where(spread(mask, x), x, 1e4) for stream, x in tensors.items()}
    with torch.no_grad():
        expected = model(tensors, mask)
        assert torch.allclose(model(garbage, mask)[mask], expected[mask], atol=1e-5)
        later = {stream: torch.cat([x[:, :5], x[:, 5:] + 3], 1) for stream, x in tensors.items()}
        changed = model(later, mask)
    assert torch.allclose(changed[:, :5], expected[:, :5], atol=1e-6)
    assert not torch.allclose(changed[0, 5], expected[0, 5], atol=1e-6)


def spread(mask: Tensor, like: Tensor) -> Tensor:
    return mask.view(*mask.shape, *[1] * (like.dim() - 2))


@pytest.mark.parametrize("name", MODELS)
def test_every_parameter_is_trained_end_to_end(name: str) -> None:
    model = network(**MODELS[name]).train()
    for module in model.modules():
        if isinstance(module, nn.Dropout):
            module.p = 0.0
    model(inputs(2, 4, *SMALL), torch.ones(2, 4, dtype=torch.bool)).square().sum().backward()
    dead = [key for key, parameter in model.named_parameters() if parameter.grad is None]
    assert dead == []


def test_dropout_may_mean_what_is_kept() -> None:
    def shares(**changes: Any) -> list[float]:
        model = network(X=AFFWILDNET | {"rnn_dropout": 0.8} | changes)
        return [module.p for module in model.modules() if isinstance(module, nn.Dropout)]

    assert shares() == [0.5, 0.8]
    assert shares(dropout_is="kept") == pytest.approx([0.5, 0.2])
    assert shares(dropout_is="kept", rnn_dropout=0.0) == [0.5, 0.0]


def test_dropout_follows_the_first_recurrent_layer_alone() -> None:
    model = network(X={"fc": (10,), "fc_dropout": 0.0, "rnn_dropout": 0.9999}).train()
    part = component(model, "X")
    tensors, mask = inputs(1, 3, "face"), torch.ones(1, 3, dtype=torch.bool)
    second = part.rnns[0].layers[1]
    torch.manual_seed(0)
    with torch.no_grad():
        expected = model.output(second(torch.zeros(1, 3, 6))[0])  # type: ignore[operator]
        assert torch.allclose(model(tensors, mask), expected, atol=1e-6)


def test_a_network_starts_from_another_ones_cnn_and_fully_connected_layer() -> None:
    """MT-VGG-GRU starts from MT-VGG: its convolutions and its first fully connected layer (section VI-A)."""
    before = network(outputs=17, X={"fc": (10, 9), "rnn": "none"})
    after = network(outputs=17, X={"fc": (10,)})
    fresh = {key: tensor.clone() for key, tensor in after.state_dict().items()}
    with torch.no_grad():
        for parameter in before.parameters():
            parameter.add_(1.0)
    after.load_initial("X", before.state_dict(), "MT-VGG")
    source = before.state_dict()
    for key, tensor in after.state_dict().items():
        copied = key.startswith(("components.X.backbone", "components.X.fc.0"))
        assert torch.equal(tensor, source[key] if copied else fresh[key])


def test_a_network_starts_from_another_ones_cnn_alone() -> None:
    before, after = network(X={"fc": (10,), "rnn": "none"}), network(X=AFFWILDNET)
    fresh = {key: tensor.clone() for key, tensor in after.state_dict().items()}
    with torch.no_grad():
        for parameter in before.parameters():
            parameter.add_(1.0)
    after.load_initial("X.cnn", before.state_dict(), "CNN")
    for key, tensor in after.state_dict().items():
        assert torch.equal(tensor, before.state_dict()[key] if ".backbone." in key else fresh[key])
    with pytest.raises(InputError, match=r"CNN \(branch init of X\) have another shape of 1 tensor"):
        after.load_initial("X", before.state_dict(), "CNN")


def test_the_whole_network_can_start_from_another_with_a_new_output_layer() -> None:
    parts = {"one": LEVELS, "two": {"stream": "mel", "fc": (10,)}, "fusion": {"kind": "gru", "units": 5}}
    before, after = network(outputs=2, **parts), network(outputs=3, **parts)
    with torch.no_grad():
        for parameter in before.parameters():
            parameter.add_(1.0)
    fresh = after.state_dict()["output.weight"].clone()
    for part in ("one", "two", "fusion"):
        after.load_initial(part, before.state_dict(), "before")
    for key, tensor in after.state_dict().items():
        assert (
            torch.equal(tensor, fresh if key == "output.weight" else before.state_dict()[key]) or key == "output.bias"
        )
    with pytest.raises(InputError, match=r"before \(branch init of output\) have another shape of 2 tensor"):
        after.load_initial("output", before.state_dict(), "before")


def test_weights_that_do_not_fit_are_named() -> None:
    model = network(one={"fc": (10,)}, two={"fc": (10,)})
    with pytest.raises(InputError, match=r"pool \(branch init of one\) lack 26 tensor"):
        model.load_initial("one", {"conv1.weight": torch.zeros(1)}, "pool")
    other = network(a={"fc": (10,)}, b={"fc": (10,)})
    with pytest.raises(InputError, match="have the components a, b and none named one"):
        model.load_initial("one", other.state_dict(), "other")
    with pytest.raises(InputError, match="another shape of 1 tensor"):
        wide = network(one={"fc": (10,)}).state_dict() | {"components.one.fc.0.bias": torch.zeros(11)}
        model.load_initial("one", wide, "wide")
    with pytest.raises(InputError, match=r"VGG-16 needs 32 x 32"):
        network(shapes={"face": (3, 31, 40)}, X={"fc": (10,)})


def rates(settings: Schedule, epochs: int) -> list[float]:
    """The learning rate in each epoch of a training, from 1e-4 on."""
    optimizer = torch.optim.SGD([nn.Parameter(torch.zeros(1))], lr=1e-4)
    schedule = build_schedule(settings, optimizer, 1e-4, 100, epochs, "total")
    assert schedule is not None and schedule["interval"] == "epoch"
    history = []
    for _ in range(epochs):
        history.append(optimizer.param_groups[0]["lr"])
        optimizer.step()
        schedule["scheduler"].step()
    return history


def test_the_rate_falls_linearly_after_the_epochs_that_it_is_held() -> None:
    # Of 6 epochs 2 are held; the other 4 are a fifth lower each, and a seventh would be at 0.
    assert rates(Schedule(name="linear", hold=2), 6) == pytest.approx([1e-4, 1e-4, 8e-5, 6e-5, 4e-5, 2e-5])
    # The transformer of Meng et al.'s public code: 10 epochs, then 20.
    whole = rates(Schedule(name="linear", hold=10), 30)
    assert whole[9:11] == pytest.approx([1e-4, 1e-4 * 20 / 21]) and whole[-1] == pytest.approx(1e-4 / 21)


def test_a_linear_rate_that_never_falls_is_refused() -> None:
    settings = {"schedule": {"name": "linear", "hold": 8}, "batch": 1, "epochs": 8, "select": "total"}
    with pytest.raises(ValidationError, match="hold is 8 of 8 epochs"):
        Trained.model_validate(settings)
    assert Trained.model_validate(settings | {"epochs": 9}).schedule.hold == 8


def test_the_rate_decays_after_the_epochs_that_it_is_held() -> None:
    settings = Schedule(name="exponential", hold=3, decay=0.5)
    assert rates(settings, 6) == pytest.approx([1e-4, 1e-4, 1e-4, 5e-5, 2.5e-5, 1.25e-5])
