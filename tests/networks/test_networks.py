from pathlib import Path

import pytest
import torch

import affectflow.compute.torch_pair  # noqa: F401  must come before torchvision

# isort: split
import torchvision
from artifact_factory import Person, make_corpus

from affectflow.config.model.networks import CnnRnn
from affectflow.config.sharing import read_extended
from affectflow.config.system.execution import Loader
from affectflow.config.system.systems import System
from affectflow.config.validate import validated
from affectflow.core.errors import InputError
from affectflow.core.tracks import track_of
from affectflow.dataloading.batches import batch_loader, frame_shapes
from affectflow.dataloading.dataset import open_sequences
from affectflow.dataloading.index import read_index
from affectflow.dataloading.inputs import make_inputs
from affectflow.dataloading.source import Source
from affectflow.losses.terms import regression_loss
from affectflow.networks.backbones.resnet import ResNet
from affectflow.networks.initial import load_backbone
from affectflow.papers.registry import NETWORKS, build_network, network_module
from affectflow.training.optimizers import build_optimizer

SMALL = {"face": (3, 32, 32), "mel": (1, 16, 20)}


def small_network(**settings):
    torch.manual_seed(0)
    return build_network(CnnRnn(backbone="resnet18", width=4, hidden=8, **settings), SMALL, {"va": 2})


def random_inputs(samples: int, time: int) -> dict[str, torch.Tensor]:
    random = torch.Generator().manual_seed(1)
    return {name: torch.randn(samples, time, *shape, generator=random) for name, shape in SMALL.items()}


@pytest.fixture(scope="module")
def paper(root: Path) -> System:
    return validated(System, read_extended(root / "config/systems/ntua.yaml"), "ntua.yaml")


@pytest.mark.parametrize("name", ["resnet18", "resnet50"])
def test_a_resnet_of_published_width_is_torchvisions(name: str):
    torch.manual_seed(0)
    # In double precision: what is left of the order of sums is far below any difference of the computation.
    theirs = torchvision.models.get_model(name).eval().double()
    ours = ResNet(name).eval().double()
    load_backbone(ours, theirs.state_dict(), name)
    theirs.fc = torch.nn.Identity()
    pictures = torch.randn(2, 3, 64, 64, dtype=torch.float64)
    with torch.no_grad():
        assert torch.allclose(ours(pictures), theirs(pictures), atol=1e-10)
    assert ours.features == {"resnet18": 512, "resnet50": 2048}[name]


def test_one_channel_sums_the_published_three():
    torch.manual_seed(0)
    coloured, grey = ResNet("resnet18", 64).eval(), ResNet("resnet18", 64, channels=1).eval()
    load_backbone(grey, coloured.state_dict(), "same")
    picture = torch.randn(2, 1, 32, 32)
    with torch.no_grad():
        assert torch.allclose(grey(picture), coloured(picture.expand(-1, 3, -1, -1)), atol=1e-4)


def test_weights_of_another_network_are_named():
    with pytest.raises(InputError, match=r"imagenet.*layer"):
        load_backbone(ResNet("resnet18", 4), ResNet("resnet50", 4).state_dict(), "imagenet")
    with pytest.raises(InputError, match="another shape"):
        load_backbone(ResNet("resnet18", 4), ResNet("resnet18", 8).state_dict(), "imagenet")


@pytest.mark.parametrize("bidirectional", [True, False])
@pytest.mark.parametrize("training", [True, False])
def test_padding_changes_nothing(bidirectional: bool, training: bool):
    network = small_network(bidirectional=bidirectional, dropout=0.0).train(training)
    inputs = random_inputs(2, 6)
    mask = torch.tensor([[True] * 6, [True] * 4 + [False] * 2])
    garbage = {name: tensor.clone() for name, tensor in inputs.items()}
    for tensor in garbage.values():
        tensor[~mask] = 1e6
    longer = {name: torch.cat([tensor, 7 * tensor[:, :3]], dim=1) for name, tensor in inputs.items()}
    longer_mask = torch.cat([mask, torch.zeros(2, 3, dtype=torch.bool)], dim=1)
    expected = network(inputs, mask)[mask]
    assert torch.allclose(network(garbage, mask)[mask], expected, atol=1e-6)
    assert torch.allclose(network(longer, longer_mask)[longer_mask], expected, atol=1e-6)


def test_a_padded_sequence_is_predicted_as_the_unpadded_one():
    network = small_network().eval()
    inputs = random_inputs(1, 5)
    alone = network(inputs, torch.ones(1, 5, dtype=torch.bool))
    padded = {
        name: torch.cat([tensor, tensor[:, -1:].expand(-1, 3, *tensor.shape[2:])], 1) for name, tensor in inputs.items()
    }
    mask = torch.tensor([[True] * 5 + [False] * 3])
    assert torch.allclose(network(padded, mask)[:, :5], alone, atol=1e-6)


def test_only_the_bidirectional_network_sees_the_future():
    inputs = random_inputs(1, 4)
    changed = {name: tensor.clone() for name, tensor in inputs.items()}
    changed["face"][:, 3] += 1
    mask = torch.ones(1, 4, dtype=torch.bool)
    forward, both = small_network(bidirectional=False).eval(), small_network(bidirectional=True).eval()
    assert torch.allclose(forward(inputs, mask)[:, :3], forward(changed, mask)[:, :3], atol=1e-7)
    assert not torch.allclose(both(inputs, mask)[:, 0], both(changed, mask)[:, 0], atol=1e-7)


def test_every_stream_reaches_the_output():
    network, mask = small_network().eval(), torch.ones(1, 3, dtype=torch.bool)
    inputs = {name: tensor.requires_grad_() for name, tensor in random_inputs(1, 3).items()}
    network(inputs, mask).sum().backward()
    assert all(tensor.grad is not None and tensor.grad.abs().sum() > 0 for tensor in inputs.values())


def test_a_name_leads_to_one_module():
    assert network_module("cnn_rnn") == "affectflow.papers.ntua"
    assert network_module("multi_rnn") == "affectflow.papers.kollias"
    assert network_module("head_cnn") == network_module("head_gru") == "affectflow.papers.vu"
    assert network_module("segment_lstm") == network_module("segment_transformer") == "affectflow.papers.meng"
    assert network_module("interaction_transformer") == "affectflow.papers.li"
    segments = {"segment_lstm", "segment_transformer"}
    assert set(NETWORKS) == {"cnn_rnn", "multi_rnn", "head_cnn", "head_gru", "interaction_transformer", *segments}


# Worked from the layers' sizes: ResNet-50 and ResNet-18 without classifier (a mel network's first convolution has one
# channel), LSTM 4 x 512 x (inputs + 512 + 2) a direction, linear layer.
RESNET50, RESNET18 = 23_508_032, 11_176_512
PAPER_PARAMETERS = {
    "F": RESNET50 + 2 * 2048 * (2048 + 514) + 1024 * 2 + 2,
    "BCF": 3 * RESNET50 + 2 * 2048 * (6144 + 514) + 1024 * 2 + 2,
    "A": RESNET18 - 2 * 64 * 49 + 2048 * (512 + 514) + 512 * 2 + 2,
}


@pytest.mark.parametrize("name", ["F", "BCF", "A"])
def test_the_papers_full_size_takes_two_steps(name: str, paper: System, tmp_path: Path):
    people = [Person("p", "train", 4)]
    manifest, labels, work = make_corpus(tmp_path, people)
    full = paper.tracks["va"].branches[name]
    branch = full.model_copy(update={"sequence": full.sequence.model_copy(update={"length": 2, "stride": 2})})
    data = open_sequences(Source(read_index(manifest, labels, "train", track_of("va")), work, branch))
    torch.manual_seed(0)
    network = build_network(branch.network, frame_shapes(data, branch), {"va": 2})
    assert sum(p.numel() for p in network.parameters()) == PAPER_PARAMETERS[name]
    assert network.joined == {"F": 2048, "BCF": 6144, "A": 512}[name]
    optimizer = build_optimizer(branch.optimizer, network.parameters())
    before = network.output.weight.detach().clone()
    for batch in batch_loader(data, [[0], [1]], Loader().workers):
        predicted = network(make_inputs(batch, branch.streams, branch.picture), batch["mask"])
        loss = regression_loss(predicted, batch["target"], batch["mask"], branch.loss.mse, branch.loss.ccc)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        assert loss.isfinite()
    assert not torch.equal(network.output.weight, before)
