"""Sets of single faces: what is in them, how annotations are laid, and each face once an epoch."""

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
import torch
from artifact_factory import Person, level
from sources_lab import HOLISTIC, branch, three_sets, units, write_stills, write_video_corpus

from affectflow.config.system.execution import Loader
from affectflow.core.errors import InputError
from affectflow.core.tasks import tasks_of
from affectflow.dataloading.source_faces import Faces
from affectflow.dataloading.source_members import FaceCorpus, Members
from affectflow.training.source_data import SourceData

COLUMNS = HOLISTIC.targets


@pytest.fixture(scope="module")
def three(tmp_path_factory: pytest.TempPathFactory) -> tuple[dict[str, dict[str, Any]], Members]:
    return three_sets(tmp_path_factory.mktemp("sets"))


def annotations(row: np.ndarray) -> dict[str, float]:
    return {name: float(value) for name, value in zip(COLUMNS, row, strict=True) if not np.isnan(value)}


def test_annotations_are_laid_by_name_and_only_those_of_the_sets_tracks(
    three: tuple[dict[str, dict[str, Any]], Members],
) -> None:
    sets, members = three
    faces = Faces(branch(sets), HOLISTIC, members, "train")
    # Of subject a's 20 frames two have no face and one no annotation; of every second frame that leaves 9, and 5 of b.
    assert faces.sizes == {"VA": 17 + 9, "AU": 23 + 9 + 5, "EXPR": 19}
    assert len(faces) == 26 + 37 + 19
    assert set(annotations(faces.targets[0])) == {"valence", "arousal"}
    assert set(annotations(faces.targets[26])) == {
        f"au{n}" for n in (1, 2, 4, 5, 6, 7, 9, 10, 12, 14, 15, 17, 20, 23, 24, 25, 26)
    }
    twelve = {f"au{n}" for n in (1, 2, 4, 6, 7, 10, 12, 15, 23, 24, 25, 26)}
    video = annotations(faces.targets[26 + 23 + 3])  # after frames 0, 2 and, 4 having no face, 6: frame 8
    assert video == {unit: float(8 % int(unit[2:]) == 0) for unit in twelve}
    assert annotations(faces.targets[-1]) == {"expression": float(18 % 7)}, "valence is not of this set's tracks"


def test_a_sample_is_the_face_that_its_name_says(three: tuple[dict[str, dict[str, Any]], Members]) -> None:
    sets, members = three
    faces = Faces(branch(sets), HOLISTIC, members, "train")
    for number in (0, 5, 20):
        sample = faces[number]
        assert (
            sample["face"].shape == (1, 32, 32, 3) and bool(sample["mask"].all()) and bool(sample["face_found"].all())
        )
        valence = float(sample["target"][0, 0])
        assert abs(sample["face"].float().mean() - level(valence)) < 3
        assert torch.equal(sample["target"][0].isnan(), torch.from_numpy(np.isnan(faces.targets[number])))
    assert "face of 'a', frame 6" in faces.name(3), "frames 3, 4 and 5 are left out"
    assert "face of 'b', frame 0" in faces.name(17)
    assert faces.name(26).endswith("picture 'train 0'")


@pytest.mark.parametrize("batches", [(4, 5, 3), (100, 100, 100), (26, 2, 7)])
def test_every_face_of_every_set_once_an_epoch(
    three: tuple[dict[str, dict[str, Any]], Members], batches: tuple[int, ...]
) -> None:
    sets = {name: source | {"batch": size} for (name, source), size in zip(three[0].items(), batches, strict=True)}
    settings = branch(sets)
    data = SourceData(settings, HOLISTIC, three[1], 3, Loader())
    sizes = list(data.train.sizes.values())
    assert data.steps == max(-(-count // size) for count, size in zip(sizes, batches, strict=True))
    orders = []
    for epoch in (0, 1):
        data.trainer = SimpleNamespace(current_epoch=epoch, global_rank=0, world_size=1)  # type: ignore[assignment]
        steps = [batch["number"].tolist() for batch in data.train_dataloader()]
        assert len(steps) == data.steps and max(map(len, steps)) <= settings.largest_batch == sum(batches)
        ends = np.cumsum(sizes)
        for step in steps:
            of = np.bincount(np.searchsorted(ends, step, side="right"), minlength=3)
            assert all(own <= size for own, size in zip(of.tolist(), batches, strict=True))
        flat = [number for step in steps for number in step]
        assert sorted(flat) == list(range(len(data.train)))
        orders.append(flat)
    assert orders[0] != orders[1]
    shares = []
    for rank in (0, 1):
        data.trainer = SimpleNamespace(current_epoch=1, global_rank=rank, world_size=2)  # type: ignore[assignment]
        shares += [n for batch in data.train_dataloader() for n in batch["number"].tolist()]
    assert sorted(shares) == list(range(len(data.train))), "two processes read the whole epoch between them"


def test_validation_is_every_face_in_order(three: tuple[dict[str, dict[str, Any]], Members]) -> None:
    data = SourceData(branch(three[0]), HOLISTIC, three[1], 3, Loader())
    data.trainer = SimpleNamespace(current_epoch=0, global_rank=0, world_size=1)  # type: ignore[assignment]
    numbers = [n for batch in data.val_dataloader() for n in batch["number"].tolist()]
    assert numbers == list(range(10 + 8 + 5 + 8)) and data.annotated == len(numbers)
    assert data.splits()["validation"]["faces"] == {"VA": 10, "AU": 13, "EXPR": 8}


def test_a_class_that_the_network_lacks_and_a_unit_that_it_lacks_are_not_annotated(tmp_path: Path) -> None:
    rows = [{"expression": 7}, {"expression": 6}, {"valence": 0.5, "arousal": 0.1}]
    folder = write_stills(tmp_path / "images", {"train": rows, "validation": rows})
    settings = branch({"EXPR": {"images": ["x"], "tracks": ["expr"], "batch": 2}}, ["expr"])
    faces = Faces(settings, tasks_of("expr", "union17"), Members({"x": folder}), "train")
    assert faces.targets.tolist() == [[6.0]]
    video = write_video_corpus(tmp_path, [Person("a", "train", 16)], {"expr": "abaw3"})
    settings = branch({"EXPR": {"corpora": ["v"], "tracks": ["expr"], "batch": 2}}, ["expr"])
    faces = Faces(settings, tasks_of("expr", "union17"), Members({}, {"v": video}), "train")
    assert faces.targets[:, 0].tolist() == [float(n % 8) for n in range(16) if n % 8 != 7], "class 7 is Other"


def test_a_subject_that_another_track_validates_on_is_left_out(tmp_path: Path) -> None:
    people = [Person("a", "train", 6), Person("b", "train", 6), Person("c", "validation", 6)]
    corpus = write_video_corpus(tmp_path, people, {"va": "abaw2", "expr": "abaw2"})
    other = [Person("a", "validation", 6), Person("c", "train", 6)]
    there = write_video_corpus(tmp_path / "other", other, {"expr": "abaw2"})
    both = FaceCorpus(corpus.work, {"va": corpus.sources["va"], "expr": there.sources["expr"]})
    sets = {"VA": {"corpora": ["v"], "tracks": ["va"], "batch": 2}}
    for overlap, sizes in (("leave_out", 6), ("keep", 12)):
        settings = branch(sets, ["va"], cross_split_subjects=overlap)
        faces = Faces(settings, tasks_of("va", "union17"), Members({}, {"v": both}), "train")
        assert len(faces) == sizes
        assert faces.left_out == (("a",) if overlap == "leave_out" else ())


def test_members_without_what_a_set_learns_are_named(tmp_path: Path) -> None:
    folder = write_stills(tmp_path / "images", {split: [units(1, absent=[2])] for split in ("train", "validation")})
    settings = branch({"EXPR": {"images": ["x"], "tracks": ["expr"], "batch": 2}}, ["expr"])
    with pytest.raises(InputError, match=r"train\.arrow: none of 1 pictures is annotated with expr"):
        Faces(settings, tasks_of("expr", "union17"), Members({"x": folder}), "train")
    hidden = Person("a", "train", 3, no_face=frozenset(range(3)))
    video = write_video_corpus(tmp_path, [hidden], {"va": "abaw2"})
    settings = branch({"VA": {"corpora": ["v"], "tracks": ["va"], "batch": 2}}, ["va"])
    with pytest.raises(InputError, match="set VA is empty: split 'train' has 1 subjects and 3 decoded frames"):
        Faces(settings, tasks_of("va", "union17"), Members({}, {"v": video}), "train")
    corpus = write_video_corpus(tmp_path / "other", [Person("a", "train", 3)], {"au": "abaw2"})
    swapped = FaceCorpus(corpus.work, {"va": corpus.sources["au"]})
    with pytest.raises(InputError, match="expected subject string, frame int32 and some of valence float"):
        Faces(settings, tasks_of("va", "union17"), Members({}, {"v": swapped}), "train")
