"""Several processes that share each batch learn what one learns; CPU and gloo here, GPUs and NCCL by the same code."""

import json
import subprocess
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
import torch.distributed as dist
from artifact_factory import make_corpus
from safetensors.numpy import load_file
from torch import nn
from torch.distributed.nn.functional import all_gather
from torch.nn.parallel import DistributedDataParallel
from training_lab import PEOPLE, branch, rows_of, train_by_script, train_words

from affectflow.config.model.networks import CnnRnn, Component, HeadCnn, MultiRnn, NetworkSettings
from affectflow.config.model.temporal import SegmentLstm, SegmentTransformer
from affectflow.core.errors import InputError
from affectflow.dataloading.batches import part, share, shuffled_batches
from affectflow.losses.terms import regression_loss
from affectflow.papers.registry import build_network
from affectflow.training.global_batch import see_global_batch


@pytest.fixture(scope="module")
def corpus(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("corpus")
    make_corpus(root, PEOPLE)
    return root / "work"


BRANCHES: dict[str, dict[str, Any]] = {
    "sequences": {
        "streams": ["face", "context"],
        "network": {"backbone": "resnet18", "width": 4, "hidden": 8, "dropout": 0.3},
    },
    "sources": {
        "network": {"name": "multi_rnn", "components": {"X": {"width": 4, "fc": [8], "rnn": "none"}}},
        "sequence": {"length": 1, "stride": 1},
        "sources": {
            "one": {"corpora": ["work"], "tracks": ["va"], "batch": 9},
            "other": {"corpora": ["work"], "tracks": ["va"], "batch": 4, "every": 3},
        },
    },
    "sets by themselves": {
        "network": {"name": "multi_rnn", "components": {"X": {"width": 4, "fc": [8], "rnn": "none"}}},
        "sequence": {"length": 1, "stride": 1},
        "bins": {"count": 8},
        "loss": {"mse": 0.0, "by_source": "mean"},
        "sources": {
            "one": {"corpora": ["work"], "tracks": ["va"], "batch": 9, "balance": ["cell"]},
            "other": {"corpora": ["work"], "tracks": ["va"], "batch": 4, "every": 3, "sampler": "cycle"},
        },
    },
}


def train(corpus: Path, folder: Path, processes: int, kind: str = "sequences") -> subprocess.CompletedProcess[str]:
    settings = branch(
        **BRANCHES[kind],
        augment={"flip": 0.5, "brightness": 0.2},
        # Small steps on many frames: with large ones on few, training is chaotic, and sums that are rounded in another
        # order (by two threads, say) end elsewhere after an epoch.
        optimizer={"name": "sgd", "lr": 1e-4},
        batch=8,
        epochs=3,
    )
    device = {"gpus": 0, "threads": 1, "processes": processes, "precision": "32-true"}
    changes = {"device": json.dumps(device)} | ({} if kind == "sequences" else {"corpus": f"work={corpus}"})
    return train_by_script(train_words(corpus, folder, settings, **changes), folder, processes)


NETWORKS: dict[str, NetworkSettings] = {
    "cnn_rnn": CnnRnn(backbone="resnet18", width=4, hidden=8, dropout=0.3),
    "head_cnn": HeadCnn(name="head_cnn", backbone="resnet18", width=4, hidden=8, dropout=0.3),
    "multi_rnn": MultiRnn(
        name="multi_rnn",
        components={"X": Component(width=4, fc=(10,), levels=("last_pool", "fc"), hidden=6, rnn_dropout=0.4)},
    ),
    "segment_lstm": SegmentLstm(name="segment_lstm", joined=8, hidden=6, layers=2, regressor=(5,), carry=False),
    "segment_transformer": SegmentTransformer(
        name="segment_transformer", joined=8, layers=2, heads=2, feedforward=12, regressor=(5,)
    ),
}
FEATURES = 20


def network(name: str) -> nn.Module:
    torch.manual_seed(3)
    shapes: dict[str, tuple[int, ...]] = {"features": (FEATURES,)} if "segment" in name else {"face": (3, 32, 32)}
    return build_network(NETWORKS[name], shapes, {"va": 2}).double().train()


def steps(net: nn.Module, rank: int, world: int) -> list[list[float]]:
    """Loss and norm of the gradient of some steps on one batch, of which this process has its share."""
    generator = torch.Generator().manual_seed(0)
    pictures = torch.randn(4, 16, 3, 32, 32, generator=generator, dtype=torch.float64)
    inputs = {"face": pictures, "features": pictures.flatten(2)[..., :FEATURES]}
    target = torch.rand(4, 16, 2, generator=generator, dtype=torch.float64) * 2 - 1
    mask = torch.arange(16) < torch.tensor([12, 16, 16, 5])[:, None]
    optimizer, history = torch.optim.SGD(net.parameters(), lr=3e-3, momentum=0.9), []
    for step in range(5):
        torch.manual_seed(step)
        raw = net({name: tensor[rank::world] for name, tensor in inputs.items()}, mask[rank::world])
        whole = raw if world == 1 else torch.cat(all_gather(raw))
        order = torch.cat([torch.arange(4)[r::world] for r in range(world)])
        loss = regression_loss(whole, target[order], mask[order], 1.0, 1.0)
        optimizer.zero_grad()
        loss.backward()
        norm = sum(float(p.grad.square().sum()) for p in net.parameters() if p.grad is not None) ** 0.5
        optimizer.step()
        history.append([float(loss.detach()), norm])
    net.eval()  # what it has gathered of the moments, too
    history.append([float(net(inputs, mask)[mask].detach().square().mean()), 0.0])
    return history


def process(rank: int, world: int, folder: str) -> None:
    torch.set_num_threads(1)
    dist.init_process_group("gloo", init_method=f"file://{folder}/store", rank=rank, world_size=world)
    for name in NETWORKS:
        history = steps(DistributedDataParallel(see_global_batch(network(name), "cpu")), rank, world)
        Path(f"{folder}/{name}-{rank}.json").write_text(json.dumps(history))
    dist.destroy_process_group()


@pytest.fixture(scope="module")
def histories(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Folder of what two processes have seen in the steps of each network."""
    folder = tmp_path_factory.mktemp("histories")
    torch.multiprocessing.spawn(process, (2, str(folder)), nprocs=2)
    return folder


@pytest.mark.parametrize("name", NETWORKS)
def test_loss_and_gradient_are_those_of_one_process_to_the_last_digits(name: str, histories: Path) -> None:
    expected = np.array(steps(network(name), 0, 1))
    for rank in range(2):
        history = np.array(json.loads((histories / f"{name}-{rank}.json").read_text()))
        assert np.abs(history - expected).max() < 1e-9


@pytest.mark.parametrize("kind", BRANCHES)
def test_two_processes_learn_what_one_learns(corpus: Path, tmp_path: Path, kind: str) -> None:
    for name, processes in (("one", 1), ("two", 2)):
        result = train(corpus, tmp_path / name, processes, kind)
        assert result.returncode == 0, result.stderr[-3000:]
    one, two = rows_of(tmp_path / "one/out"), rows_of(tmp_path / "two/out")
    assert len(one) == len(two) == 3
    for row, other in zip(one, two, strict=True):
        for key in ("train_loss", "validation_loss", "total"):
            assert float(other[key]) == pytest.approx(float(row[key]), abs=1e-3), (key, row["epoch"])
    assert json.loads((tmp_path / "two/out/run.json").read_text())["devices"] == 2
    states = [load_file(tmp_path / name / "out/model.safetensors") for name in ("one", "two")]
    assert states[0].keys() == states[1].keys()
    for name, values in states[0].items():
        assert np.abs(values - states[1][name]).max() < 5e-3 * (1 + np.abs(values).max()), name


def test_a_batch_that_is_too_small_to_share_is_named(corpus: Path, tmp_path: Path) -> None:
    result = train(corpus, tmp_path / "out", 9)
    assert result.returncode == 2
    assert "branch X: batch 8 cannot be shared by 9 GPUs or processes" in result.stderr
    with pytest.raises(InputError, match="a batch of 1 samples cannot be shared by 2"):
        share(shuffled_batches(3, 2, 0, 0), 0, 2)


@pytest.mark.parametrize("world", [1, 2, 3])
def test_shares_are_the_whole(world: int) -> None:
    batches = shuffled_batches(50, 16, seed=0, epoch=1)
    shares = [share(batches, rank, world) for rank in range(world)]
    for number, batch in enumerate(batches):
        whole = [sample for k in range(len(batch)) for sample in shares[k % world][number][k // world : k // world + 1]]
        assert whole == batch.tolist()
    assert np.concatenate([part(50, rank, world) for rank in range(world)]).tolist() == list(range(50))
