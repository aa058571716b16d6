"""Segments of whole videos: how they are cut, dealt to lanes and carry a state on, in training and in prediction."""

import json
from pathlib import Path

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from segments_lab import PEOPLE, SIZE, data_of, features_of, lstm, predict, train, transformer, write_corpus
from torch import Tensor
from training_lab import SAME_BYTES

from affectflow.config.system.execution import Device
from affectflow.core.errors import InputError
from affectflow.dataloading.feature_moments import feature_moments
from affectflow.dataloading.lanes import lane_batches
from affectflow.dataloading.sequences import sequences_of, starts
from affectflow.metrics.measures import ccc
from affectflow.models.carried import Carried
from affectflow.models.folder import load_model, save_model
from affectflow.networks.network import Network
from affectflow.papers.registry import build_network


@pytest.fixture(scope="module")
def corpus(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_corpus(tmp_path_factory.mktemp("corpus"))


@pytest.fixture(scope="module")
def carried(corpus: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return train(corpus, tmp_path_factory.mktemp("lstm"), lstm())


@pytest.fixture(scope="module")
def averaged(corpus: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return train(corpus, tmp_path_factory.mktemp("transformer"), transformer())


def test_segments_by_strides_are_those_of_section_3_3() -> None:
    assert starts(10, 4, 3, "strides").tolist() == [0, 3, 6, 9], "floor(10 / 3) + 1 = 4"
    assert starts(10, 4, 3).tolist() == [0, 3, 6]
    assert starts(9, 4, 3, "strides").tolist() == [0, 3, 6], "floor(9 / 3) + 1 = 4, of which one has no frame"
    assert starts(2, 4, 3, "strides").tolist() == [0]
    assert sequences_of(9, 0, 10, 4, 3, "strides") == [(6, 10), (9, 10)]
    assert sequences_of(6, 0, 10, 4, 3, "strides") == [(3, 7), (6, 10)]
    assert sequences_of(6, 0, 10, 4, 4) == [(4, 8)]
    assert sequences_of(25, 20, 30, 4, 2) == [(22, 26), (24, 28)]


@given(st.integers(1, 300), st.data())
def test_of_n_frames_there_are_floor_n_p_plus_1_segments_and_none_is_left_out(frames: int, data: st.DataObject) -> None:
    length = data.draw(st.integers(1, 60))
    stride = data.draw(st.integers(1, length))
    first = starts(frames, length, stride, "strides")
    assert len(first) == frames // stride + 1 - (frames % stride == 0)
    counts = np.zeros(frames, int)
    for begin in first:
        counts[begin : begin + length] += 1
    assert counts.min() >= 1
    frame = data.draw(st.integers(0, frames - 1))
    assert len(sequences_of(frame, 0, frames, length, stride, "strides")) == counts[frame]


def test_lanes_by_hand() -> None:
    """Subjects 0, 2 and 3 with 3, 1 and 2 segments on two lanes: 0 to the first, 2 and 3 to the second."""
    subjects = np.array([0, 0, 0, 2, 3, 3])
    assert lane_batches(subjects, 2) == [[0, 3], [1, 4], [2, 5]]
    assert lane_batches(subjects, 1) == [[0], [1], [2], [3], [4], [5]]
    assert lane_batches(subjects, 9) == [[0, 3, 4], [1, 5], [2]]


@given(st.lists(st.integers(1, 9), min_size=1, max_size=12), st.integers(1, 5), st.integers(0, 3))
def test_every_segment_follows_the_one_before_it_by_one_step(counts: list[int], lanes: int, epoch: int) -> None:
    subjects = np.repeat(np.arange(len(counts)), counts)
    steps = lane_batches(subjects, lanes, (7, epoch))
    assert sorted(sample for step in steps for sample in step) == list(range(len(subjects)))
    assert all(len(step) <= lanes and len({*subjects[step]}) == len(step) for step in steps)
    at = {sample: number for number, step in enumerate(steps) for sample in step}
    for sample in range(1, len(subjects)):
        if subjects[sample] == subjects[sample - 1]:
            assert at[sample] == at[sample - 1] + 1
    assert steps == lane_batches(subjects, lanes, (7, epoch))


def test_the_order_of_videos_is_drawn_anew_in_every_epoch() -> None:
    subjects = np.repeat(np.arange(8), 2)
    orders = {str(lane_batches(subjects, 2, (seed, epoch))) for seed in (0, 1) for epoch in (0, 1)}
    assert len(orders) == 4


def small_network(carry: bool = True) -> Network:
    torch.manual_seed(0)
    network = build_network(lstm({"carry": carry}).network, {"features": (SIZE,)}, {"va": 2})
    network.prepare(lambda: (torch.zeros(SIZE), torch.tensor([3e6, 1, 7.5, 1, 1])))
    return network.eval()


def one_pass(network: Network, name: str) -> Tensor:
    """One pass over all frames of a subject."""
    person = next(p for p in PEOPLE if p.subject == name)
    features = torch.from_numpy(features_of(person))[None]
    return network({"features": features}, torch.ones(1, person.frames, dtype=torch.bool))[0]


def test_batches_of_training_carry_states_as_one_pass_would(corpus: Path) -> None:
    data, network, carried = data_of(corpus, lstm()), small_network(), Carried()
    assert {entry.subject for entry in data.train.index.subjects} == {"a", "b", "c", "d"}
    names = [entry.subject for entry in data.train.index.subjects]
    assert [names[place] for place in dict.fromkeys(data.train.samples[:, 0].tolist())] == ["a", "b", "d"], (
        "b has segments without annotations, which stay; c has no annotation at all"
    )
    assert len(data.train) == 3 + 5 + 2 and data.steps_of(3) == sum(len(data._steps(epoch)) for epoch in range(3))
    shuffled = data_of(corpus, transformer())
    assert shuffled.steps_of(3) == sum(len(shuffled._steps(epoch)) for epoch in range(3))
    compared = 0
    with torch.no_grad():
        for epoch in range(2):
            carried.clear()
            for step in data._steps(epoch):
                batch = torch.utils.data.default_collate([data.train[int(sample)] for sample in step])
                features = network.encode(batch, batch["mask"])
                outputs = carried.temporal(network, features, batch)
                for row, real in enumerate(batch["mask"]):
                    first = int(batch["start"][row])
                    expected = one_pass(network, names[int(batch["subject"][row])])[first : first + int(real.sum())]
                    torch.testing.assert_close(outputs[row][real], expected, atol=1e-5, rtol=0)
                    compared += int(real.sum())
    assert compared == 2 * (23 + 40 + 16)


def test_a_state_is_used_only_where_the_segment_begins_at_its_end() -> None:
    network, carried = small_network(), Carried()
    torch.manual_seed(1)
    features = torch.randn(1, 4, 8)

    def batch(start: int) -> dict[str, Tensor]:
        return {
            "subject": torch.tensor([3]),
            "start": torch.tensor([start]),
            "mask": torch.ones(1, 4, dtype=torch.bool),
        }

    fresh = carried.temporal(network, features, batch(0))
    after = carried.temporal(network, features, batch(4))
    assert (after - fresh).abs().max() > 1e-4
    torch.testing.assert_close(carried.temporal(network, features, batch(12)), fresh)
    carried.clear()
    torch.testing.assert_close(carried.temporal(network, features, batch(16)), fresh)


def test_no_gradient_flows_into_the_segment_before() -> None:
    network, carried = small_network(), Carried()
    torch.manual_seed(1)
    first, second = (torch.randn(1, 4, 8, requires_grad=True) for _ in range(2))
    batch = {"subject": torch.tensor([0]), "mask": torch.ones(1, 4, dtype=torch.bool)}
    carried.temporal(network, first, batch | {"start": torch.tensor([0])})
    carried.temporal(network, second, batch | {"start": torch.tensor([4])}).sum().backward()
    assert first.grad is None and second.grad is not None and bool((second.grad != 0).any())


@pytest.mark.parametrize("split", ["validation", "test"])
def test_predictions_are_those_of_one_pass_over_each_video(
    corpus: Path, carried: Path, tmp_path: Path, split: str
) -> None:
    network = load_model(carried).network
    predicted = predict(corpus, carried, split, tmp_path / "p.parquet")
    assert list(predicted) == [person.subject for person in PEOPLE if person.split == split]
    for name, values in predicted.items():
        expected = one_pass(network, name).clamp(-1, 1).detach().numpy()
        np.testing.assert_allclose(values, expected, atol=1e-5)


def test_the_validation_inside_training_carries_too(corpus: Path, carried: Path, tmp_path: Path) -> None:
    """The kept epoch's scores are those of what is predicted afterwards."""
    kept = json.loads((carried / "branch.json").read_text())["kept"]
    predicted = predict(corpus, carried, "validation", tmp_path / "p.parquet")
    every = np.concatenate(list(predicted.values()))
    annotated = np.concatenate([person.affect() for person in PEOPLE if person.split == "validation"])
    for column, name in enumerate(("valence", "arousal")):
        assert kept[f"ccc_{name}"] == pytest.approx(ccc(every[:, column], annotated[:, column]), abs=1e-5)


def test_without_carry_each_segment_begins_with_zeros(corpus: Path, tmp_path: Path) -> None:
    network = small_network(carry=False)
    features = torch.from_numpy(features_of(PEOPLE[8]))[None]
    mask = torch.ones(1, 8, dtype=torch.bool)
    untrained = network({"features": features[:, 8:16]}, mask)
    model = train(corpus, tmp_path / "x", lstm({"carry": False}, epochs=1))
    trained = load_model(model).network
    predicted = predict(corpus, model, "test", tmp_path / "p.parquet")["i"]
    expected = trained({"features": features[:, 8:16]}, mask)[0].clamp(-1, 1).detach().numpy()
    np.testing.assert_allclose(predicted[8:16], expected, atol=1e-5)
    assert not torch.allclose(untrained[0], one_pass(network, "i")[8:16], atol=1e-4)


def test_a_frame_has_the_mean_of_all_segments_that_it_is_in(corpus: Path, averaged: Path, tmp_path: Path) -> None:
    """Of 20 frames in segments of 8 every 3: floor(20 / 3) + 1 = 7, the last with 2 frames."""
    network, person = load_model(averaged).network, next(p for p in PEOPLE if p.subject == "h")
    features, predictions = torch.from_numpy(features_of(person)), [[] for _ in range(20)]
    for first in (0, 3, 6, 9, 12, 15, 18):
        own = features[first : first + 8][None]
        values = network({"features": own}, torch.ones(own.shape[:2], dtype=torch.bool))[0].clamp(-1, 1)
        for place, value in enumerate(values.detach().numpy()):
            predictions[first + place].append(value)
    assert [len(values) for values in predictions] == [1, 1, 1, 2, 2, 2, 3, 3, 2, 3, 3, 2, 3, 3, 2, 3, 3, 2, 3, 3]
    predicted = predict(corpus, averaged, "test", tmp_path / "p.parquet")
    expected = np.array([np.mean(values, axis=0) for values in predictions])
    np.testing.assert_allclose(predicted["h"], expected, atol=1e-6)
    assert {name: len(values) for name, values in predicted.items()} == {"h": 20, "i": 37, "j": 3}
    assert all(np.isfinite(values).all() for values in predicted.values())


def test_the_same_seed_gives_the_same_bytes(corpus: Path, carried: Path, averaged: Path, tmp_path: Path) -> None:
    for model, branch in ((carried, lstm()), (averaged, transformer())):
        again = train(corpus, tmp_path / branch.network.name, branch)
        for name in SAME_BYTES:
            assert (again / name).read_bytes() == (model / name).read_bytes(), name


def test_a_branch_that_carries_is_not_shared(corpus: Path, tmp_path: Path) -> None:
    device = Device(gpus=0, threads=1, processes=2)
    with pytest.raises(InputError, match=r"branch X: network.carry .* 2 GPUs or processes cannot share"):
        train(corpus, tmp_path, lstm(), device)


def test_moments_are_those_of_the_training_frames(corpus: Path, carried: Path) -> None:
    every = np.concatenate([features_of(person) for person in PEOPLE if person.split == "train"]).astype(np.float64)
    deviation = every.std(axis=0)
    deviation[2] = 1
    for branch in (lstm(), transformer()):
        mean, scale = data_of(corpus, branch).moments()
        assert mean.dtype == scale.dtype == torch.float64
        np.testing.assert_allclose(mean.numpy(), every.mean(axis=0), rtol=1e-12)
        np.testing.assert_allclose(scale.numpy(), deviation, rtol=1e-9)
    state = load_model(carried).network.state_dict()
    np.testing.assert_allclose(state["standardised.mean"].numpy(), every.mean(axis=0), rtol=1e-6)
    np.testing.assert_allclose(state["standardised.scale"].numpy(), deviation, rtol=1e-6)


def test_init_brings_the_moments_with_it(corpus: Path, carried: Path, tmp_path: Path) -> None:
    state = load_model(carried).network.state_dict() | {"standardised.mean": torch.arange(5.0)}
    save_model(tmp_path, state)
    branch = lstm(init={"all": "K"}, epochs=1, optimizer={"name": "sgd", "lr": 1e-9, "weight_decay": 0.0})
    out = train(corpus, tmp_path / "x", branch, pretrained={"K": tmp_path / "model.safetensors"})
    initialised = load_model(out).network.state_dict()
    assert torch.equal(initialised["standardised.mean"], state["standardised.mean"]) and torch.equal(
        initialised["standardised.scale"], state["standardised.scale"]
    )
    torch.testing.assert_close(initialised["fusion.weight"], state["fusion.weight"], atol=1e-5, rtol=0)


def test_features_that_are_no_numbers_are_named() -> None:
    sample = {"features": torch.tensor([[1.0, 2.0], [3.0, torch.nan], [9.0, 9.0]]), "mask": torch.tensor([True] * 3)}
    with pytest.raises(InputError, match="segment 0: feature 1 of its frame 1 is nan"):
        feature_moments([sample], 1, "segment {}".format)  # type: ignore[arg-type]


def test_large_features_that_vary_little_keep_their_deviation() -> None:
    values = torch.tensor([[1e7], [1e7 + 1], [1e7 + 2], [1e7 + 3]])
    samples = [{"features": part, "mask": torch.ones(2, dtype=torch.bool)} for part in values.split(2)]
    mean, deviation = feature_moments(samples, 2, str)  # type: ignore[arg-type]
    assert mean.item() == 1e7 + 1.5 and deviation.item() == pytest.approx(np.sqrt(1.25), abs=1e-12)
