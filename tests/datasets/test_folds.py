"""Folds share no video, are alike and follow from their seed; the manifest of a fold has other splits alone."""

import subprocess
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
import warm
from hypothesis import given
from hypothesis import strategies as st
from repository import ROOT

from affectflow.artifacts.schemas import MANIFEST, labels_schema
from affectflow.artifacts.tables import read_parquet, write_parquet
from affectflow.core.errors import InputError
from affectflow.core.tracks import TrackName, track_of
from affectflow.datasets.video.folds import Member, assign_folds, fold_manifest

FOLD = ROOT / "workflow/scripts/fold.py"


def people(videos: int, seed: int) -> list[Member]:
    """Every fourth video shows two subjects; lengths are skewed, and so are classes."""
    rng = np.random.default_rng(seed)
    members = []
    for video in range(videos):
        for side in ("_left", "_right") if video % 4 == 0 else ("",):
            frames = int(rng.lognormal(6, 1))
            labels = rng.multinomial(frames, rng.dirichlet([4, 1, 0.5])).astype(np.float64)
            members.append(Member(f"video{video}{side}", f"video{video}", frames, labels))
    return members


@given(st.integers(2, 40), st.integers(0, 2**32 - 1), st.data())
def test_every_subject_has_a_fold_and_shares_it_with_its_video(videos: int, seed: int, data: st.DataObject) -> None:
    count = data.draw(st.integers(2, videos))
    members = people(videos, seed)
    folds = assign_folds(members, count, seed)
    assert folds.keys() == {member.subject for member in members}
    assert set(folds.values()) == set(range(1, count + 1))
    for video in {member.video for member in members}:
        assert len({folds[member.subject] for member in members if member.video == video}) == 1


def test_by_hand() -> None:
    # a, the longest, goes first; b to the empty fold; c, with a label of a, to b; d, with the label of b, to a.
    labels = {"a": [80, 0], "b": [0, 40], "c": [20, 0], "d": [0, 9]}
    members = [Member(name, name, sum(values), np.array(values, float)) for name, values in labels.items()]
    for seed in range(5):
        assert assign_folds(members, 2, seed) == {"a": 1, "b": 2, "c": 2, "d": 1}


@pytest.mark.parametrize("seed", range(5))
def test_folds_are_alike(seed: int) -> None:
    members = people(200, seed)
    folds = assign_folds(members, 5, seed)
    totals = np.zeros((5, 4))
    for member in members:
        totals[folds[member.subject] - 1] += [member.frames, *member.labels]
    shares = totals / totals.sum(axis=0)
    assert abs(shares[:, 0] - 0.2).max() < 0.01
    assert abs(shares[:, 1:] - 0.2).max() < 0.02


def test_folds_follow_from_their_seed_alone() -> None:
    members = people(40, 0)
    folds = assign_folds(members, 5, 3)
    assert assign_folds(members[::-1], 5, 3) == folds
    assert assign_folds(members, 5, 4) != folds


@pytest.mark.parametrize("count", [1, 0, 5])
def test_refuses_folds_that_cannot_be(count: int) -> None:
    members = [Member(name, name[0], 10, np.ones(2)) for name in ("a_left", "a_right", "b", "c", "d")]
    with pytest.raises(InputError, match=f"{count} folds of 4 videos"):
        assign_folds(members, count, 0)


class Corpus:
    """Six subjects in five videos of training and validation, and one for the test."""

    SPLITS = {
        "duo_left": "train", "duo_right": "train", "a": "train", "b": "validation", "c": "train", "d": "validation",
        "unseen": "test",
    }  # fmt: skip

    def __init__(self, folder: Path, name: TrackName, without: str | None = None) -> None:
        self.track = track_of(name)
        self.manifest, self.labels, self.out = (folder / f"{name}.parquet" for name in ("all", "labels", "fold"))
        rows: list[dict[str, Any]] = [
            {"subject": s, "video": s.partition("_")[0], "shard": "one", "split": split, "path": f"{s}.mp4",
             "digest": "d", "frames": 30, "rows": 30, "difference": 0, "rate": 15.0, "width": 64, "height": 48,
             "has_audio": True, "damaged": 0}
            for s, split in self.SPLITS.items()
        ]  # fmt: skip
        write_parquet(self.manifest, rows, MANIFEST)
        rng = np.random.default_rng(0)
        labels = []
        for subject in sorted(self.SPLITS.keys() - {"unseen", without}):
            for frame in range(30):
                values = {"va": rng.uniform(-1, 1, 2), "expr": rng.integers(0, 7, 1), "au": rng.integers(0, 2, 12)}[
                    name
                ]
                annotated = [None if frame % 7 == 0 else value for value in values.tolist()]
                labels.append(
                    {"subject": subject, "frame": frame, **dict(zip(self.track.targets, annotated, strict=True))}
                )
        write_parquet(self.labels, labels, labels_schema(self.track))

    def fold(self, count: int, fold: int, seed: int = 0) -> pa.Table:
        fold_manifest(self.manifest, self.labels, self.track, count, fold, seed, self.out)
        return read_parquet(self.out, MANIFEST)


@pytest.mark.parametrize("name", ["va", "expr", "au"])
def test_each_subject_is_validated_in_one_fold_and_trains_in_all_others(tmp_path: Path, name: TrackName) -> None:
    corpus = Corpus(tmp_path, name)
    original = read_parquet(corpus.manifest, MANIFEST)
    validated: list[str] = []
    for fold in (1, 2, 3):
        table = corpus.fold(3, fold)
        assert table.drop_columns("split").equals(original.drop_columns("split"))
        splits = dict(zip(table["subject"].to_pylist(), table["split"].to_pylist(), strict=True))
        assert splits["unseen"] == "test"
        assert splits["duo_left"] == splits["duo_right"]
        assert set(splits.values()) == {"train", "validation", "test"}
        validated += [subject for subject, split in splits.items() if split == "validation"]
    assert sorted(validated) == sorted(Corpus.SPLITS.keys() - {"unseen"})


def test_labels_decide_where_frames_do_not(tmp_path: Path) -> None:
    # Of four videos of one length two show class 0 and two class 1: never both of a class in one fold.
    corpus = Corpus(tmp_path, "expr")
    class_of = {"a": 0, "b": 0, "c": 1, "d": 1, "duo_left": 2, "duo_right": 2}
    rows = [{"subject": s, "frame": f, "expression": class_of[s]} for s in sorted(class_of) for f in range(30)]
    write_parquet(corpus.labels, rows, labels_schema(corpus.track))
    for seed in range(8):
        table = corpus.fold(3, 1, seed)
        splits = dict(zip(table["subject"].to_pylist(), table["split"].to_pylist(), strict=True))
        assert [splits["a"], splits["b"]].count("validation") <= 1
        assert [splits["c"], splits["d"]].count("validation") <= 1


def test_clips_are_parted_by_the_strongest_reaction(tmp_path: Path) -> None:
    eri, names = track_of("eri"), [f"{n:05d}" for n in range(42)]
    labels, manifest = tmp_path / "labels.parquet", tmp_path / "manifest.parquet"
    reactions = {name: np.where(np.arange(7) == n // 6, 1.0, 0.2 + n / 100) for n, name in enumerate(names)}
    rows = [
        {"subject": n, "frame": 0, **dict(zip(eri.targets, intensities.tolist(), strict=True))}
        for n, intensities in reactions.items()
    ]
    write_parquet(labels, rows, labels_schema(eri))
    members = [
        dict.fromkeys(MANIFEST.names) | {"subject": name, "video": name, "split": split, "frames": frames}
        for name, split, frames in [*((name, "train", 40) for name in names), ("99999", "validation", 0)]
    ]
    write_parquet(manifest, members, MANIFEST)
    for fold in (1, 2, 3):
        fold_manifest(manifest, labels, eri, 3, fold, 0, tmp_path / "fold.parquet")
        table = read_parquet(tmp_path / "fold.parquet", MANIFEST)
        validation = [row["subject"] for row in table.to_pylist() if row["split"] == "validation"]
        assert validation.pop() == "99999", "it cannot be decoded, and stays where it is"
        assert np.bincount([reactions[name].argmax() for name in validation]).tolist() == [2] * 7


@pytest.mark.parametrize("fold", [0, 4])
def test_refuses_a_fold_that_is_not_there(tmp_path: Path, fold: int) -> None:
    with pytest.raises(InputError, match=f"fold {fold} of 3 folds; expected a number from 1 to 3"):
        Corpus(tmp_path, "va").fold(3, fold)


def test_refuses_more_folds_than_videos(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="6 folds of 5 videos"):
        Corpus(tmp_path, "va").fold(6, 1)


def test_names_a_subject_without_labels(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"labels\.parquet: no labels of subject c"):
        Corpus(tmp_path, "au", without="c").fold(3, 1)


def test_the_script_writes_the_same_fold(tmp_path: Path) -> None:
    corpus = Corpus(tmp_path, "au")
    expected = corpus.fold(3, 2, seed=1)
    out = tmp_path / "by_script.parquet"
    command = [warm.python(), FOLD, "--manifest", corpus.manifest, "--labels", corpus.labels, "--track", "au"]
    command += ["--edition", "abaw2", "--count", "3", "--fold", "2", "--seed", "1", "--out", out]
    subprocess.run(command, check=True)
    assert read_parquet(out, MANIFEST).equals(expected)
    command[command.index("--fold") + 1] = "9"
    result = subprocess.run(command, capture_output=True, text=True, check=False)
    assert (result.returncode, result.stderr) == (2, "error: fold 9 of 3 folds; expected a number from 1 to 3\n")
