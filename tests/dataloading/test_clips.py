"""Clips that are read as a whole: their steps, samples, training and prediction."""

import json
from pathlib import Path

import numpy as np
import pytest
from clips_lab import ERI, FACE, SOUND, Clip, clips_of, data_of, predict, reaction, train, write_clips
from hypothesis import given
from hypothesis import strategies as st
from training_lab import SAME_BYTES, train_by_script, train_words

from affectflow.artifacts.schemas import labels_schema
from affectflow.artifacts.tables import read_parquet
from affectflow.config.system.branch import Branch
from affectflow.dataloading.clips import open_samples
from affectflow.dataloading.index import read_index
from affectflow.dataloading.source import Source
from affectflow.dataloading.steps import steps_of
from affectflow.metrics.sufficient_statistics import scores, tally


def test_steps_by_hand() -> None:
    times = np.array([0.5, 0.6, 0.9, 1.0, 1.6, 1.7])
    # 0.5, 1.0, 1.5 are asked for; 1.6 is the nearest to 1.5.
    assert steps_of(times, 0.5).tolist() == [0, 3, 4]
    # 0.75 lies between 0.6 and 0.9: the earlier one.
    assert steps_of(times, 0.25).tolist() == [0, 1, 3, 3, 4]
    assert steps_of(np.array([3.0]), 0.5).tolist() == [0]


@given(
    gaps=st.lists(st.floats(0.01, 1.0), min_size=0, max_size=40),
    step=st.floats(0.05, 2.0),
)
def test_every_step_is_the_nearest_frame(gaps: list[float], step: float) -> None:
    times = np.concatenate([[0.3], 0.3 + np.cumsum(gaps)]) if gaps else np.array([0.3])
    steps = steps_of(times, step)
    expected = times[0] + step * np.arange(len(steps))
    nearest = np.abs(times[:, None] - expected).min(axis=0)
    np.testing.assert_allclose(np.abs(times[steps] - expected), nearest, atol=1e-8)
    assert expected[-1] <= times[-1] + 1e-8 * (1 + step) < expected[-1] + step * (1 + 1e-6) + 1e-6
    assert (np.diff(steps) >= 0).all()


def test_a_sample_is_the_first_steps_of_a_clip_cut_or_padded(tmp_path: Path) -> None:
    short, long = Clip("short", "train", 17), Clip("long", "train", 90)
    work = write_clips(tmp_path, [short, long])
    index = read_index(work / "manifest.parquet", work / "labels.parquet", "train", ERI)
    clips = open_samples(Source(index, work, reaction()))
    assert (len(clips), index.frames, index.annotated) == (2, 2, 2)
    # Ten frames a second from 0.5 s on: every fifth frame is a step; the short clip has four and repeats the last.
    for place, clip, frames in ((0, short, [0, 5, 10, 15, 15, 15]), (1, long, [0, 5, 10, 15, 20, 25])):
        sample = clips[place]
        assert sample["mask"].tolist() == [True] * (4 + 2 * place) + [False] * (2 - 2 * place)
        np.testing.assert_array_equal(sample["sound_features"], clip.features("sound")[frames])
        np.testing.assert_array_equal(sample["face_features"], clip.features("face")[frames])
        np.testing.assert_allclose(sample["target"], [clip.intensities], rtol=1e-6)
        assert sample["counted"].tolist() == [True]
    assert clips.describe(1) == "clip 'long'"
    every = open_samples(Source(index, work, reaction(sequence={"length": 6, "stride": 6})))
    assert every[0]["face_features"][:, 1].tolist() == [0, 1, 2, 3, 4, 5]


def test_what_is_absent_is_what_the_set_has_for_nothing(tmp_path: Path) -> None:
    work = write_clips(tmp_path, [Clip("a", "train")])
    index = read_index(work / "manifest.parquet", None, "train", ERI)
    for sense, size in (("sound", SOUND), ("face", FACE)):
        sample = open_samples(Source(index, work, reaction(), without="sound" if sense == "sound" else "face"))[0]
        assert sample[f"{sense}_features"].tolist() == [[-9.0] * size] * 6
        other = "face" if sense == "sound" else "sound"
        assert (sample[f"{other}_features"] > -9).all()


def test_clips_without_annotation_are_not_learnt_from(tmp_path: Path) -> None:
    work = write_clips(tmp_path, clips_of(5, 3), unannotated=("tr002", "va001"))
    data = data_of(work, reaction())
    names = {data.train.index.subjects[place].subject for place in data.train.samples[:, 0].tolist()}
    assert names == {"tr000", "tr001", "tr003", "tr004"}
    assert (data.annotated, len(data.validation)) == (2, 3)
    assert data.inputs() == {"sound_features": (SOUND,), "face_features": (FACE,)}


def test_moments_are_of_the_steps_of_the_training_clips(tmp_path: Path) -> None:
    clips = clips_of(5, 2)
    data = data_of(write_clips(tmp_path, clips), reaction())
    steps = [np.arange(0, clip.frames, 5)[:6] for clip in clips[:5]]
    stacked = [
        np.concatenate([clip.features(sense)[places] for clip, places in zip(clips, steps, strict=False)])
        for sense in ("sound", "face")
    ]
    mean, deviation = data.moments()
    np.testing.assert_allclose(
        mean, np.concatenate([features.mean(0, dtype=np.float64) for features in stacked]), rtol=1e-6
    )
    np.testing.assert_allclose(
        deviation, np.concatenate([features.std(0, dtype=np.float64) for features in stacked]), rtol=1e-6
    )


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    root = tmp_path_factory.mktemp("clips")
    work = write_clips(root, clips_of())
    return work, train(work, root / "first", reaction(epochs=25))


def test_training_learns_and_its_validation_score_is_that_of_the_predictions(
    trained: tuple[Path, Path], tmp_path: Path
) -> None:
    work, model = trained
    kept = json.loads((model / "branch.json").read_text())["kept"]
    assert kept["total"] > 0.8
    predictions = predict(work, model, "validation", tmp_path / "validation.parquet")
    labels = {row["subject"]: row for row in read_parquet(work / "labels.parquet", labels_schema(ERI)).to_pylist()}
    values = np.array(list(predictions.values()), np.float32)
    truth = np.array([[labels[name][target] for target in ERI.targets] for name in predictions], np.float32)
    assert ((values >= 0) & (values <= 1)).all()
    measured = scores(ERI, tally(ERI, values, truth, [0, len(values)])[0])
    assert float(measured["total"]) == pytest.approx(kept["total"], abs=1e-6)


def test_a_clip_is_predicted_alike_in_any_batch(trained: tuple[Path, Path], tmp_path: Path) -> None:
    work, model = trained
    together = predict(work, model, "test", tmp_path / "test.parquet")
    assert list(together) == ["te000", "te001", "te002"]
    for name, values in together.items():
        alone = write_clips(tmp_path / name, [clip for clip in clips_of() if clip.name == name])
        np.testing.assert_allclose(predict(alone, model, "test", tmp_path / f"{name}.parquet")[name], values, atol=1e-6)


def test_what_is_heard_and_seen_both_count(trained: tuple[Path, Path], tmp_path: Path) -> None:
    work, model = trained
    whole = predict(work, model, "test", tmp_path / "whole.parquet")
    for without in ("sound", "face"):
        less = predict(work, model, "test", tmp_path / f"{without}.parquet", without=without)
        assert max(np.abs(less[name] - whole[name]).max() for name in whole) > 0.01


def test_same_seed_same_bytes_and_alike_on_two_processes(trained: tuple[Path, Path], tmp_path: Path) -> None:
    work, _ = trained
    branch = reaction(epochs=2, ema=0.9)
    once, again = train(work, tmp_path / "a", branch), train(work, tmp_path / "b", branch)
    for name in SAME_BYTES:
        assert (once / name).read_bytes() == (again / name).read_bytes()
    other = train(work, tmp_path / "c", branch, seed=2)
    assert (other / "model.safetensors").read_bytes() != (once / "model.safetensors").read_bytes()
    one, shared = (
        predict(work, model, "test", tmp_path / f"{place}.parquet")
        for place, model in (("one", once), ("two", train_on_two(work, tmp_path / "two", branch)))
    )
    assert one
    for name in one:
        np.testing.assert_allclose(shared[name], one[name], atol=1e-4)


def train_on_two(work: Path, folder: Path, branch: Branch) -> Path:
    """The same by the rule's script, on two processes."""
    changes = {
        "tracks": "eri",
        "branch-name": "AV",
        "manifest": f"eri={work}/manifest.parquet",
        "labels": f"eri={work}/labels.parquet",
        "device": json.dumps({"gpus": 0, "threads": 1, "processes": 2, "precision": "32-true"}),
    }
    result = train_by_script(train_words(work, folder, branch, **changes), folder, 2)
    assert result.returncode == 0, result.stderr[-3000:]
    return folder / "out"
