"""Frozen features: stored once, read by subject and frame, in sequences that span no gap."""

from pathlib import Path

import numpy as np
import pytest
import torch
from features_lab import BOTH, PEOPLE, cnn, corpus, gru, store, train
from training_lab import CPU

from affectflow.artifacts.schemas import FEATURES, IMAGE_FEATURES, predictions_schema
from affectflow.artifacts.tables import read_arrow, read_parquet
from affectflow.config.system.execution import Loader
from affectflow.core.errors import InputError
from affectflow.core.tracks import track_of
from affectflow.dataloading.cutting import Cutting
from affectflow.dataloading.dataset import open_sequences
from affectflow.dataloading.feature_rows import FeatureRows
from affectflow.dataloading.index import SubjectFrames, read_index, read_subjects
from affectflow.dataloading.inputs import make_inputs
from affectflow.dataloading.source import Source
from affectflow.dataloading.source_members import Members
from affectflow.dataloading.source_sequences import SourceSequences
from affectflow.dataloading.variation import Variation
from affectflow.inference.predict import predict_split
from affectflow.models.folder import load_model


@pytest.fixture(scope="module")
def members(tmp_path_factory: pytest.TempPathFactory) -> Members:
    return corpus(tmp_path_factory.mktemp("corpus"))


@pytest.fixture(scope="module")
def model(members: Members, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return train(members, tmp_path_factory.mktemp("models") / "CNN", cnn())


@pytest.fixture(scope="module")
def stored(members: Members, model: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return store(members, model, tmp_path_factory.mktemp("features"))


def frames_of(subject: str, frames: int) -> SubjectFrames:
    return SubjectFrames(subject, subject, "s", frames, 0, 32, 32)


def vectors(path: Path) -> np.ndarray:
    return np.stack(read_arrow(path, FEATURES)["feature"].to_pylist())


def test_every_decoded_frame_has_what_the_network_gives_for_it(members: Members, model: Path, stored: Path) -> None:
    table = read_arrow(stored / "train.arrow", FEATURES)
    assert table["subject"].to_pylist() == ["a"] * 30 + ["b"] * 17
    assert table["frame"].to_pylist() == [*range(30), *range(17)]
    assert [row for row, face_found in enumerate(table["found"].to_pylist()) if not face_found] == [0, 12, 13, 20]
    trained, video = load_model(model), members.corpora["video"]
    index = read_subjects([source.manifest for source in video.sources.values()], "train")
    data = open_sequences(Source(index, video.work, trained.branch))
    for row in (3, 12, 40):
        sample = {name: value[None] for name, value in data[row].items()}
        with torch.inference_mode():
            inputs = make_inputs(sample, trained.branch.streams, trained.branch.picture)
            own = trained.network.features(inputs, sample["mask"])[0, 0]
        np.testing.assert_allclose(vectors(stored / "train.arrow")[row], own, rtol=1e-5, atol=1e-6)


def test_another_copy_shows_each_subject_changed_and_is_the_same_each_time(
    members: Members, model: Path, stored: Path, tmp_path: Path
) -> None:
    plain, other = (vectors(stored / name) for name in ("train.arrow", "train-copy1.arrow"))
    assert plain.shape == other.shape == (47, 12) and not np.allclose(plain, other)
    again = store(members, model, tmp_path)
    files = sorted(stored.rglob("*.arrow"))
    assert files
    for path in files:
        assert path.read_bytes() == (again / path.relative_to(stored)).read_bytes()


def test_stills_have_theirs_in_the_order_of_the_pictures(stored: Path) -> None:
    table = read_arrow(stored / "images/affect/train.arrow", IMAGE_FEATURES)
    assert table["image"].to_pylist() == [f"train {number}" for number in range(10)]
    assert {len(one) for one in table["feature"].to_pylist()} == {12}


def test_a_frame_without_a_face_has_the_nearest_ones(stored: Path) -> None:
    rows, own = FeatureRows({"CNN": stored}, "train"), vectors(stored / "train.arrow")
    frames = np.arange(30)
    expected = frames.copy()
    expected[[0, 12, 13, 20]] = [1, 11, 14, 19]  # of two as near the earlier
    np.testing.assert_array_equal(rows.read(frames_of("a", 30), frames), own[expected])
    zero = FeatureRows({"CNN": stored}, "train", "zero").read(frames_of("a", 30), frames)
    assert not zero[[0, 12, 13, 20]].any()
    np.testing.assert_array_equal(zero[1:12], own[1:12])
    assert not rows.read(frames_of("a", 30), frames, without="face").any()
    assert not FeatureRows({"CNN": stored}, "test").read(frames_of("d", 6), np.arange(6)).any(), "nobody was ever found"
    both = FeatureRows({"CNN": stored, "same": stored}, "train").read(frames_of("b", 17), np.array([2]))
    np.testing.assert_array_equal(both[0], np.concatenate([own[32], own[32]]))


def test_features_of_another_manifest_are_refused(stored: Path) -> None:
    with pytest.raises(InputError, match=r"train\.arrow: holds 17 frames of 'b', expected 18; it was made from"):
        FeatureRows({"CNN": stored}, "train").read(frames_of("b", 18), np.array([0]))
    with pytest.raises(InputError, match=r"holds 0 frames of 'z', expected 3"):
        FeatureRows({"CNN": stored}, "train").read(frames_of("z", 3), np.array([0]))


def sequences(members: Members, stored: Path, split: str = "train") -> SourceSequences:
    return SourceSequences(gru(), BOTH, members, {"CNN": stored}, split)


def test_no_sequence_spans_a_gap(members: Members, stored: Path) -> None:
    """Subject a has faces in 1 to 11, 14 to 19 and 21 to 29, b in 0 to 16; sequences are of 8, from every 4th frame."""
    data = sequences(members, stored)
    runs = {"a": [(1, 12), (14, 20), (21, 30)], "b": [(0, 17)]}
    expected = [
        (subject, first, min(first + 8, end))
        for subject, stretches in runs.items()
        for begin, end in stretches
        for first in range(begin, max(begin + 1, end - 4), 4)
    ]
    assert data.sizes == {"EXPR": len(expected), "VA": len(expected), "EXPR_VA": 10}
    for number, (subject, first, end) in enumerate(expected):
        assert data.name(number) == f"{subject!r} frames {first} to {min(first + 8, 30 if subject == 'a' else 17) - 1}"
        sample = data[number]
        assert int(sample["mask"].sum()) == end - first and int(sample["source"]) == 0
        counted = [frame for frame in range(first, end) if (subject, frame) != ("a", 25)]
        assert int(sample["counted"].sum()) == len(counted), "a frame without annotation does not count"


def test_targets_and_features_are_those_of_the_frames(members: Members, stored: Path) -> None:
    data, own = sequences(members, stored), vectors(stored / "train.arrow")
    person = PEOPLE[0]
    sample = data[1]  # frames 5 to 11 and padding
    assert sample["mask"].tolist() == [True] * 7 + [False]
    np.testing.assert_allclose(sample["target"][:7, :2], person.affect()[5:12], rtol=1e-6)
    assert sample["target"][:7, 2].tolist() == [float(frame % 7) for frame in range(5, 12)]
    data.epoch = 3
    copies = [own, vectors(stored / "train-copy1.arrow")]
    drawn = [next(k for k, copy in enumerate(copies) if np.array_equal(data[1]["features"][:7], copy[5:12]))]
    for epoch in range(12):
        data.epoch = epoch
        drawn.append(next(k for k, copy in enumerate(copies) if np.array_equal(data[1]["features"][:7], copy[5:12])))
    assert set(drawn) == {0, 1}, "a sequence is of one copy, drawn anew in every epoch"


def test_a_still_picture_is_a_sequence_of_one_frame(members: Members, stored: Path) -> None:
    data = sequences(members, stored)
    first = data.sizes["EXPR"] + data.sizes["VA"]
    sample = data[first + 4]
    assert sample["mask"].tolist() == sample["counted"].tolist() == [True] + [False] * 7
    assert int(sample["source"]) == 2 and float(sample["target"][0, 2]) == 4.0
    assert sample["target"][1:].isnan().all() and data.name(first + 4).endswith("picture 'train 4'")


def test_validation_is_without_overlap_and_of_the_first_view(members: Members, stored: Path) -> None:
    data = sequences(members, stored, "validation")
    assert data.sizes == {"EXPR": 3, "VA": 3, "EXPR_VA": 0}
    assert [data.name(number) for number in range(3)] == [
        "'c' frames 0 to 7",
        "'c' frames 8 to 15",
        "'c' frames 16 to 18",
    ]
    masks = [int(data[number]["mask"].sum()) for number in range(3)]
    assert masks == [7, 8, 3], "frame 7 has no face: the first sequence ends before it"
    assert data[0]["target"][:, :2].isnan().all(), "the set of expressions is validated by them"


def test_every_frame_is_predicted_also_without_a_face(members: Members, stored: Path, tmp_path: Path) -> None:
    model, video = train(members, tmp_path / "GRU", gru(), features={"CNN": stored}), members.corpora["video"]
    tables = {}
    for split in ("validation", "test"):
        out = tmp_path / f"{split}.parquet"
        manifest = video.sources["va"].manifest
        predict_split(
            model, manifest, video.work, split, out, track="va", device=CPU, loader=Loader(), features={"CNN": stored}
        )
        tables[split] = read_parquet(out, predictions_schema(track_of("va")))
    table = tables["validation"]
    assert table["frame"].to_pylist() == list(range(19))
    values = np.stack([table[name].to_numpy() for name in ("valence", "arousal")], axis=1)
    assert np.isfinite(values).all() and (np.abs(values) <= 1).all()
    # The frame without a face is a sequence of its own, with the features of the one before it.
    trained = load_model(model)
    own = vectors(stored / "validation.arrow")[6].astype(np.float32)
    with torch.inference_mode():
        raw = trained.network({"features": torch.from_numpy(own)[None, None]}, torch.ones(1, 1, dtype=torch.bool))
    np.testing.assert_allclose(values[7], trained.readout.predicted(raw)[0, 0, :2], rtol=1e-5, atol=1e-6)
    absent = np.stack([tables["test"][name].to_numpy() for name in ("valence", "arousal")], axis=1)
    assert np.isfinite(absent).all() and len(absent) == 6


def test_sequences_without_sets_read_features_too(members: Members, stored: Path) -> None:
    labelled = members.corpora["video"].sources["va"]
    index = read_index(labelled.manifest, labelled.labels, "train", track_of("va"))
    branch = gru(sources={}, tracks=["va"])
    source = Source(index, members.corpora["video"].work, branch, {"CNN": stored})
    data = open_sequences(source, Cutting(annotated_only=True))
    assert data[0]["features"].shape == (8, 12) and data[0]["mask"].all()
    with pytest.raises(InputError, match=r"train-copy2\.arrow: no such file, needed by the streams features"):
        open_sequences(source, variation=Variation(copies=3))


def test_a_network_along_time_gives_no_features(members: Members, stored: Path, tmp_path: Path) -> None:
    model = train(members, tmp_path / "GRU", gru(epochs=1), features={"CNN": stored})
    with pytest.raises(InputError, match="reads features along time; features are of a branch with stream face alone"):
        store(members, model, tmp_path / "features")
