"""AFEW-VA as still pictures: faces cut out by their landmarks, clips never parted."""

import json
import subprocess
import time
from pathlib import Path

import numpy as np
import pytest
import warm
from hypothesis import given
from hypothesis import strategies as st
from miniature import BRANCH, SETTINGS, make_miniature
from stills_factory import LANDMARKS, colour_of, corpus, pixels, store_split, write_afewva

from affectflow.config.data.images import ImageCorpus, targets_of
from affectflow.core.errors import InputError
from affectflow.datasets.images.afewva_stills import MARGIN, face_box
from affectflow.datasets.images.registry import image_labels, list_images
from affectflow.datasets.images.stills import Annotation, Still, hashed_part, hashed_split

SPLITS = ("train", "validation")


@pytest.mark.parametrize("below", ["", "01"])
def test_faces_are_cut_out_by_their_landmarks(tmp_path: Path, below: str) -> None:
    write_afewva(tmp_path / below)
    settings = corpus("afewva", tmp_path, validation_share=0.3)
    names = []
    for split in SPLITS:
        rows, left_out = store_split(settings, split, tmp_path / "out")
        assert not left_out and rows
        names += [row["image"] for row in rows]
        for row in rows:
            clip, frame = int(row["image"][:3]), int(row["image"][4:9])
            assert (row["valence"], row["arousal"]) == pytest.approx((clip % 11 / 10, -frame / 10))
            assert row["expression"] is None
            assert colour_of(pixels(row)) == clip % 7, "the face alone, without the scene"
    assert sorted(names) == [f"{clip:03d}/{frame:05d}.png" for clip in range(1, 21) for frame in range(3)]
    assert targets_of(settings) == ("va",)


def test_a_box_is_a_square_around_the_landmarks_that_shows_more(tmp_path: Path) -> None:
    write_afewva(tmp_path, clips=1, frames=1)
    (still,) = list_images(corpus("afewva", tmp_path, validation_share=1), "validation")
    assert still == Still("001/00000.png", tmp_path / "001/00000.png", Annotation(valence=0.1, arousal=0.0), still.box)
    assert still.box == pytest.approx((38.4, 38.4, 81.6, 81.6)), (
        "36 pixels high, a tenth of which is added at each side"
    )


@given(st.lists(st.tuples(st.floats(-100, 900), st.floats(-100, 900)), min_size=68, max_size=68))
def test_every_landmark_lies_well_within_its_box(points: list[tuple[float, float]]) -> None:
    box = face_box(points)
    low, high = np.min(points, axis=0), np.max(points, axis=0)
    if box is None:
        assert (low == high).any()
        return
    left, top, right, bottom = box
    side = (high - low).max()
    assert (right - left, bottom - top) == pytest.approx(((1 + 2 * MARGIN) * side,) * 2)
    assert ((left + right) / 2, (top + bottom) / 2) == pytest.approx(tuple((low + high) / 2), abs=1e-6)


def test_landmarks_without_extent_give_no_face(tmp_path: Path) -> None:
    write_afewva(tmp_path, clips=2)
    path = tmp_path / "001/001.json"
    document = json.loads(path.read_text())
    document["frames"]["00001"]["landmarks"] = [[5, y] for _, y in LANDMARKS]
    path.write_text(json.dumps(document))
    (tmp_path / "002/00002.png").unlink()
    rows, left_out = store_split(corpus("afewva", tmp_path, validation_share=1), "validation", tmp_path / "out")
    assert left_out == {"001/00001.png": "no face box", "002/00002.png": "missing"} and len(rows) == 4


def test_a_clip_is_in_one_split_that_of_its_name(tmp_path: Path) -> None:
    write_afewva(tmp_path)
    parts = {}
    for split in SPLITS:
        stills = list_images(corpus("afewva", tmp_path, validation_share=0.4), split)
        parts[split] = {still.path.parent.name for still in stills}
        assert len(stills) == 3 * len(parts[split])
        assert parts[split] == {f"{n:03d}" for n in range(1, 21) if hashed_split(f"{n:03d}", 0.4) == split}
    assert all(parts.values()) and not parts["train"] & parts["validation"]


@given(st.sets(st.integers(0, 999), min_size=1, max_size=40), st.floats(0.05, 0.95))
def test_parts_by_the_folder_s_name_never_part_a_folder(clips: set[int], share: float) -> None:
    stills = [
        Still(f"{clip:03d}/{n}.png", Path(f"{clip:03d}/{n}.png"), Annotation(), "whole") for clip in clips for n in "01"
    ]
    parts = []
    for split in SPLITS:
        try:
            parts.append(hashed_part(stills, split, share, Path("x"), lambda still: still.path.parent.name))
        except InputError:
            parts.append([])
    assert sorted(still.name for part in parts for still in part) == sorted(still.name for still in stills)
    assert not {still.name[:3] for still in parts[0]} & {still.name[:3] for still in parts[1]}


def test_of_each_clip_every_nth_picture_is_read(tmp_path: Path) -> None:
    write_afewva(tmp_path, clips=3, frames=5)
    for every, numbers in ((1, range(5)), (2, (0, 2, 4)), (9, (0,))):
        settings = corpus("afewva", tmp_path, validation_share=1, every=every)
        names = [still.name for still in list_images(settings, "validation")]
        assert names == [f"{clip:03d}/{n:05d}.png" for clip in (1, 2, 3) for n in numbers]


def test_the_record_names_all_label_files(tmp_path: Path, root: Path) -> None:
    films = tmp_path / "films"
    write_afewva(films, clips=12, frames=1)
    labels = tuple(films / f"{n:03d}/{n:03d}.json" for n in range(1, 13))
    settings = corpus("afewva", films, validation_share=0.5)
    assert all(image_labels(settings, split) == labels for split in SPLITS), "each is read for both"
    result = _store(root, settings, tmp_path)
    assert result.returncode == 0, result.stderr
    record = json.loads((tmp_path / "f.arrow.record.json").read_text())
    assert sorted(Path(entry["path"]) for entry in record["inputs"]) == [films, *labels], "and their pictures' folder"


def test_pictures_around_what_is_made_of_them_are_refused(tmp_path: Path, root: Path) -> None:
    """The folder of the pictures is what the job has read: it may not hold what is written meanwhile."""
    write_afewva(tmp_path, clips=12, frames=1)
    result = _store(root, corpus("afewva", tmp_path, validation_share=0.5), tmp_path)
    assert result.returncode == 2
    assert f"error: pictures of x lie in {tmp_path}, in which {tmp_path}/f.arrow is written" in result.stderr
    assert not (tmp_path / "f.arrow").exists()


def _store(root: Path, settings: ImageCorpus, folder: Path) -> subprocess.CompletedProcess[str]:
    command = [warm.python(), root / "workflow/scripts/images.py", "--images", settings.model_dump_json()]
    command += ["--name", "x", "--split", "train", "--out", folder / "f.arrow", "--left-out", folder / "l.csv"]
    return subprocess.run(command, capture_output=True, text=True)


@pytest.mark.slow
def test_a_label_file_that_changes_stores_the_faces_again(tmp_path: Path, root: Path) -> None:
    project = make_miniature(root, tmp_path / "project")
    write_afewva(project.folder / "data/afewva", clips=8)
    tracks = SETTINGS["system"]["tracks"]  # type: ignore[index]
    branches = tracks["va"]["branches"] | {"F": BRANCH | {"init": {"face": "pretrain_face"}}}
    encoder = {"images": "films", "target": "va", "select": "total", "init": None, "size": 32}
    encoder |= {"backbone": "resnet18", "width": 4}
    project.settings(
        images={"films": {"kind": "afewva", "root": "data/afewva", "size": 32, "validation_share": 0.5}},
        system={"pretraining": {"pretrain_face": encoder}, "tracks": tracks | {"va": {"branches": branches}}},
    )
    stored_faces = [f"work/images/films/{split}.arrow" for split in SPLITS]
    project.snakemake(*stored_faces)
    assert not project.planned(*stored_faces)
    labels = project.folder / "data/afewva/003/003.json"
    time.sleep(1.1)  # Snakemake compares times of change
    labels.write_text(labels.read_text().replace('"valence": 3.0', '"valence": 4.0'))
    assert project.planned(*stored_faces) == {("images", f"images=films, split={split}") for split in SPLITS}
