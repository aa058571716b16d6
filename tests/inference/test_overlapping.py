"""Prediction in overlapping sequences: what is said of a frame does not hang on where a sequence begins."""

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
import torch
from artifact_factory import Person, make_corpus
from numpy.typing import NDArray
from people import film
from phase import share_of_phase
from segments_lab import PEOPLE, features_of, lstm, transformer, write_corpus
from torch import Tensor
from training_lab import CPU, VA, branch
from untrained import make_system

from affectflow import load_system
from affectflow.artifacts.layout import feature_file
from affectflow.artifacts.schemas import FEATURES, predictions_schema
from affectflow.artifacts.tables import arrow_writer, read_parquet
from affectflow.config.evaluation.inference import PAPER, Windowing
from affectflow.config.system.branch import Branch
from affectflow.config.system.execution import Loader
from affectflow.dataloading.sequences import overlapping_of
from affectflow.inference.predict import predict_split
from affectflow.models.folder import load_model, save_json, save_model
from affectflow.networks.backbones.resnet import ResNet
from affectflow.papers.registry import build_network

Values = NDArray[np.float64]

OVERLAPPING = Windowing(sequences="overlapping")


def untrained(folder: Path, settings: Branch, inputs: dict[str, tuple[int, ...]]) -> Path:
    """The folder of a branch of track va with random parameters, none of which is near 0."""
    torch.manual_seed(1)
    network = build_network(settings.network, inputs, {"va": 2})
    state = {name: tensor + 0.1 * torch.randn_like(tensor) if tensor.is_floating_point() else tensor
             for name, tensor in network.state_dict().items()}  # fmt: skip
    save_model(folder, {name: tensor.abs() if "running_var" in name else tensor for name, tensor in state.items()})
    metadata = {"branch": "X", "track": "va", "edition": "abaw2", "inputs": inputs}
    save_json(folder / "branch.json", metadata | {"settings": settings.model_dump(mode="json")})
    return folder


def predict_frames(
    work: Path, model: Path, windowing: Windowing, out: Path, features: Path | None = None
) -> dict[str, Values]:
    """Predictions of the test split by subject, shape (frames, 2)."""
    predict_split(
        model,
        work / "manifest.parquet",
        work,
        "test",
        out,
        device=CPU,
        loader=Loader(),
        features={"CNN": features or work.parent / "features"} if load_model(model).branch.features else None,
        windowing=windowing,
    )
    values: dict[str, list[list[float]]] = {}
    for row in read_parquet(out, predictions_schema(VA)).to_pylist():
        values.setdefault(row["subject"], []).append([row["valence"], row["arousal"]])
    return {name: np.array(rows) for name, rows in values.items()}


def by_hand(model: Path, features: Tensor, windowing: Windowing) -> Values:
    """The weighted mean over every sequence of the grid that holds a frame, each read by itself from features
    (frames, numbers) that stand still before the first and after the last."""
    trained = load_model(model)
    length, frames = trained.branch.sequence.length, len(features)
    stride, weights = windowing.stride(length), windowing.weights(length)
    sums, totals = np.zeros((frames, 2)), np.zeros((frames, 1))
    first = 0
    while first - stride > -length:
        first -= stride
    for start in range(first, frames, stride):
        places = torch.arange(start, start + length)
        real = features[places.clamp(0, frames - 1)][None]
        with torch.inference_mode():
            outputs = trained.network({"features": real}, torch.ones(1, length, dtype=torch.bool))[0].clamp(-1, 1)
        for place, frame in enumerate(places.tolist()):
            if 0 <= frame < frames:
                sums[frame] += weights[place] * outputs[place].numpy()
                totals[frame] += weights[place]
    return sums / totals


@pytest.fixture(scope="module")
def corpus(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_corpus(tmp_path_factory.mktemp("corpus"))


@pytest.mark.parametrize("window", ["hann", "triangular", "flat"])
@pytest.mark.parametrize("overlaps", [2, 3, 16])
@pytest.mark.parametrize("network", ["lstm", "transformer"])
def test_a_frame_is_the_weighted_mean_of_the_sequences_that_hold_it(
    corpus: Path, tmp_path: Path, network: str, overlaps: int, window: Any
) -> None:
    settings = lstm({"carry": False}) if network == "lstm" else transformer()
    model = untrained(tmp_path / "model", settings, {"features": (5,)})
    windowing = Windowing(sequences="overlapping", overlaps=overlaps, window=window)
    predictions = predict_frames(corpus, model, windowing, tmp_path / "p.parquet")
    assert {name: len(values) for name, values in predictions.items()} == {"h": 20, "i": 37, "j": 3}
    for person in (candidate for candidate in PEOPLE if candidate.split == "test"):
        expected = by_hand(model, torch.from_numpy(features_of(person)), windowing)
        assert predictions[person.subject] == pytest.approx(expected, abs=2e-6)


def test_no_sequence_holds_frames_of_two_stretches(corpus: Path, tmp_path: Path) -> None:
    """A branch whose sequences end where no face is: each stretch stands by itself."""
    features = features_of(next(candidate for candidate in PEOPLE if candidate.subject == "h"))
    work = corpus
    folder = tmp_path / "features"
    with arrow_writer(folder / feature_file("test"), FEATURES) as rows:
        for person in (candidate for candidate in PEOPLE if candidate.split == "test"):
            for frame, numbers in enumerate(features_of(person)):
                has_face = person.subject != "h" or not 5 <= frame < 9
                rows.append({"subject": person.subject, "frame": frame, "found": has_face, "feature": numbers})
    settings = lstm({"carry": False}, sequence={"length": 8, "stride": 8, "missing_faces": "split"})
    model = untrained(tmp_path / "model", settings, {"features": (5,)})
    predictions = predict_frames(work, model, OVERLAPPING, tmp_path / "p.parquet", folder)["h"]
    for begin, stretch in ((0, features[:5]), (5, features[[4, 4, 9, 9]]), (9, features[9:])):
        expected = by_hand(model, torch.from_numpy(stretch), OVERLAPPING)
        assert predictions[begin : begin + len(stretch)] == pytest.approx(expected, abs=2e-6)


def test_an_averaged_branch_leaves_the_paper_s_way_only_where_it_is_told_to(corpus: Path, tmp_path: Path) -> None:
    model = untrained(tmp_path / "model", transformer(), {"features": (5,)})
    paper = predict_frames(corpus, model, PAPER, tmp_path / "p.parquet")
    assert not np.allclose(
        paper["h"], predict_frames(corpus, model, OVERLAPPING, tmp_path / "q.parquet")["h"], atol=1e-4
    )
    features = torch.from_numpy(features_of(next(person for person in PEOPLE if person.subject == "j")))
    with torch.inference_mode():
        padded = features[torch.arange(8).clamp(max=2)][None]
        alone = load_model(model).network({"features": padded}, torch.arange(8)[None] < 3)[0, :3]
    assert paper["j"][:1] == pytest.approx(alone[:1].clamp(-1, 1).numpy(), abs=2e-6)


def test_a_state_that_is_carried_along_a_video_stays_so(corpus: Path, tmp_path: Path) -> None:
    model = untrained(tmp_path / "model", lstm(), {"features": (5,)})
    ways = [predict_frames(corpus, model, windowing, tmp_path / "p.parquet") for windowing in (PAPER, OVERLAPPING)]
    assert all((ways[0][name] == ways[1][name]).all() for name in ways[0])


def test_a_frame_goes_through_the_cnn_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    _, _, work = make_corpus(tmp_path / "corpus", [Person("long", "test", 100), Person("short", "test", 3)])
    model = untrained(tmp_path / "model", branch(), {"face": (3, 32, 32)})
    batch_sizes: list[int] = []
    forward = ResNet.forward

    def count_pictures(self: ResNet, pictures: Tensor) -> Tensor:
        batch_sizes.append(len(pictures))
        return forward(self, pictures)

    monkeypatch.setattr(ResNet, "forward", count_pictures)
    predictions = predict_frames(work, model, OVERLAPPING, tmp_path / "p.parquet")
    assert {name: len(values) for name, values in predictions.items()} == {"long": 100, "short": 3}
    assert sum(batch_sizes) == 103 and max(batch_sizes) <= 4 * 16


@pytest.mark.parametrize(("length", "stride"), [(8, 1), (8, 4), (9, 2), (5, 5)])
def test_the_sequences_of_a_frame_are_those_of_the_grid(length: int, stride: int) -> None:
    for frame in range(10, 24):
        sequences = overlapping_of(frame, 10, 24, length, stride)
        assert all(10 <= first <= frame < end <= 24 for first, end in sequences)
        assert len(sequences) in (length // stride, -(-length // stride))


@pytest.fixture(scope="module")
def system(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Settings of a system as if it were trained."""
    return make_system(tmp_path_factory.mktemp("system"))


@pytest.fixture(scope="module")
def still(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A person who does not move, for 200 frames of a lossless video."""
    return film(tmp_path_factory.mktemp("still") / "still.mkv", [True] * 200)


def scores_of(system: Path, video: Path, overlap: bool) -> pd.DataFrame:
    return load_system(system, ["va"], system.parent.parent, overlap=overlap).predict(video)


def test_the_scores_of_a_still_picture_stand_still(system: Path, still: Path) -> None:
    jumping, standing = (scores_of(system, still, overlap) for overlap in (False, True))
    assert standing["face_found"].all() and len(standing) == 200
    for name in ("valence", "arousal", "valence_BCF", "arousal_A"):
        assert share_of_phase(jumping[name], 16) > 0.9 and np.ptp(jumping[name]) > 1e-3
        assert share_of_phase(standing[name], 16) < 0.02
        assert np.ptp(standing[name]) < 2e-6  # from the first frame to the last


def test_the_scores_of_a_real_clip_have_no_pulse(system: Path, clips: Path) -> None:
    """Its sound is silent: what the branch of sound says is of the place in a sequence alone."""
    video = clips / "pyfeat_WolfgangLanger_Pexels.mp4"
    jumping, moving = (scores_of(system, video, overlap) for overlap in (False, True))
    for name in ("valence", "arousal"):
        assert share_of_phase(jumping[f"{name}_A"], 16) > 0.9
        assert share_of_phase(moving[f"{name}_A"], 16) < 0.02
        assert share_of_phase(moving[f"{name}_BCF"], 16) < 0.02
        assert share_of_phase(moving[name], 16) < 0.02
