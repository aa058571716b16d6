"""Synthetic corpora of still pictures: read back by the official readers, the same every time, never in the place of
something else."""

import io
import subprocess
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import warm
from PIL import Image
from pydantic import ValidationError
from repository import ROOT

from affectflow.artifacts.record import read_record, record_path
from affectflow.artifacts.schemas import IMAGES
from affectflow.artifacts.tables import read_arrow
from affectflow.config.data.images import DemoImages, check_drawn, compound_task, targets_of
from affectflow.config.system.load import load_run
from affectflow.core.compound import COMPOUND_TASKS, EMOTIONET, RAFDB
from affectflow.core.errors import InputError
from affectflow.core.tracks import track_of
from affectflow.datasets.images.demo_pictures import pictures_folder, plan_pictures
from affectflow.datasets.images.registry import image_labels, list_images
from affectflow.datasets.images.stills import SPLITS, Annotation
from affectflow.preflight.starts import find_pictures
from affectflow.preprocessing.face.images import write_images
from affectflow.synthetic.make_pictures import make_pictures
from affectflow.synthetic.plane import EMOTIONET_SECTORS, RAFDB_SECTORS, SECTORS, expressions, shown_units

LAYOUTS = ("affectnet", "rafdb", "rafdb_compound", "emotionet", "emotionet_classes", "expw", "afewva", "ferplus")
SCENES = ("expw", "afewva")
COUNTS = {"train": 9, "validation": 5}
SIZE = 48


def settings(layout: str, root: Path, **more: Any) -> DemoImages:
    values = {"kind": "demo", "layout": layout, "root": root / layout, "pictures": tuple(COUNTS.values()), "size": SIZE}
    return DemoImages.model_validate(values | more)


@pytest.fixture(scope="module")
def corpora(tmp_path_factory: pytest.TempPathFactory) -> dict[str, DemoImages]:
    root = tmp_path_factory.mktemp("pictures")
    by_layout = {layout: settings(layout, root) for layout in LAYOUTS}
    for corpus in by_layout.values():
        make_pictures(corpus)
    return by_layout


def tree(root: Path) -> dict[str, bytes]:
    return {file.relative_to(root).as_posix(): file.read_bytes() for file in root.rglob("*") if file.is_file()}


def sector(path: np.ndarray, sectors: tuple[tuple[int, str], ...]) -> str:
    """The sector of a place, by going around the circle."""
    degrees = float(np.rad2deg(np.arctan2(path[1], path[0])))
    return [name for start, name in sectors if start <= degrees][-1]


def expected(layout: str, valence: float, arousal: float) -> Annotation:
    path = np.array([[valence, arousal]])
    kind = int(expressions(path, track_of("expr"))[0, 0])
    if layout == "affectnet":
        return Annotation(expression=kind, valence=valence, arousal=arousal)
    if layout == "afewva":
        return Annotation(valence=valence, arousal=arousal)
    if layout in ("rafdb", "expw"):
        return Annotation(expression=kind)
    if layout == "ferplus":
        return Annotation(expression=kind, votes=tuple(10 if place == kind else 0 for place in range(8)))
    if layout == "rafdb_compound":
        return Annotation(compound=RAFDB.index(sector(path[0], RAFDB_SECTORS)))
    if layout == "emotionet_classes":
        return Annotation(compound=EMOTIONET.index(sector(path[0], EMOTIONET_SECTORS)))
    names = [f"au{unit}" for unit in (1, 2, 4, 6, 12, 20, 25, 26)]
    return Annotation(units=dict(zip(names, shown_units(path, names)[0].astype(int).tolist(), strict=True)))


@pytest.mark.parametrize("layout", LAYOUTS)
def test_the_official_reader_reads_the_labels_that_were_drawn(corpora: dict[str, DemoImages], layout: str) -> None:
    corpus = corpora[layout]
    plan = {f"{picture.name}#0" if layout == "expw" else picture.name: picture for picture in plan_pictures(corpus)}
    for split in SPLITS:
        stills = list_images(corpus, split)
        assert stills == list_images(corpus.official, split)
        assert len(stills) == COUNTS[split] and not any(still.repeated for still in stills)
        for still in stills:
            one = plan.pop(still.name)
            assert one.split == split and (still.box == "whole") == (layout not in SCENES)
            assert still.annotation == expected(layout, one.valence, one.arousal), still.name
    assert not plan


@pytest.mark.parametrize("layout", LAYOUTS)
def test_every_picture_is_stored_by_the_one_rule_for_all(
    corpora: dict[str, DemoImages], layout: str, tmp_path: Path
) -> None:
    stills = list_images(corpora[layout], "train")
    write_images(stills, SIZE, 95, tmp_path / "a.arrow", tmp_path / "l.csv", "x")
    rows = read_arrow(tmp_path / "a.arrow", IMAGES).to_pylist()
    assert [row["image"] for row in rows] == [still.name for still in stills]
    shapes = {np.asarray(Image.open(io.BytesIO(row["face"]))).shape for row in rows}
    assert shapes == {(SIZE, SIZE, 3)}


def test_expressions_of_the_demo_s_videos_and_stills_follow_one_rule() -> None:
    path = np.array([(0.9, 0.1), (0.3, 0.8), (-0.1, 0.9), (-0.5, 0.5), (-0.8, 0.2), (-0.5, -0.5), (0.1, 0.1)])
    names = [track_of("expr").outputs[int(kind)] for kind in expressions(path, track_of("expr"))[:, 0]]
    assert names == ["happiness", "surprise", "fear", "anger", "disgust", "sadness", "neutral"]
    assert names[:-1] == [sector(place, SECTORS) for place in path[:-1]]


def test_every_compound_class_has_a_sector() -> None:
    for sectors, classes in ((RAFDB_SECTORS, RAFDB), (EMOTIONET_SECTORS, EMOTIONET)):
        assert sorted(name for _, name in sectors) == sorted(classes)
        starts = [start for start, _ in sectors]
        assert starts == sorted(set(starts)) and starts[0] == -180


def test_a_corpus_is_annotated_as_the_one_that_it_imitates() -> None:
    by_layout = {layout: settings(layout, Path()) for layout in LAYOUTS}
    assert {layout: targets_of(corpus) for layout, corpus in by_layout.items()} == {
        "affectnet": ("expression", "va"),
        "rafdb": ("expression",),
        "rafdb_compound": ("compound",),
        "emotionet": ("au",),
        "emotionet_classes": ("compound",),
        "expw": ("expression",),
        "afewva": ("va",),
        "ferplus": ("expression",),
    }
    tasks = {layout: compound_task(corpus) for layout, corpus in by_layout.items()}
    assert tasks["rafdb_compound"] == "rafdb_compound" and tasks["emotionet_classes"] == "emotionet_compound"
    assert {tasks[name] for name in ("affectnet", "rafdb", "emotionet", "ferplus", *SCENES)} == {None}
    assert set(tasks.values()) - {None} <= set(COMPOUND_TASKS)


def test_valence_and_arousal_lie_all_over_the_plane() -> None:
    corpus = settings("affectnet", Path(), pictures=(400, 1))
    path = np.array([(picture.valence, picture.arousal) for picture in plan_pictures(corpus)])
    assert np.histogram2d(*path.T, bins=4, range=[[-1, 1]] * 2)[0].min() >= 10
    assert (
        plan_pictures(settings("rafdb", Path()))[0].valence
        != plan_pictures(settings("rafdb_compound", Path()))[0].valence
    )


@pytest.mark.parametrize("layout", ["emotionet", "afewva"])
def test_the_script_gives_the_same_bytes_and_a_record_and_another_seed_differs(
    corpora: dict[str, DemoImages], layout: str, tmp_path: Path
) -> None:
    script = ROOT / "workflow/scripts/demo_images.py"
    first = corpora[layout]
    for seed in (0, 1):
        copy = first.model_copy(update={"root": tmp_path / f"seed{seed}", "seed": seed})
        subprocess.run([warm.python(), str(script), "--images", copy.model_dump_json()], check=True, cwd=tmp_path)
        record = read_record(record_path(copy.root))
        assert record.rule == "demo_images" and record.seeds == {"seed": seed}
        assert set(record.artifact.files or ()) == set(tree(copy.root))
    same, other = tree(tmp_path / "seed0"), tree(tmp_path / "seed1")
    assert same == tree(first.root) and "SYNTHETIC" in same["README.txt"].decode()
    assert not {content for name, content in same.items() if name != "README.txt"} & set(other.values())


def test_the_face_shows_what_the_labels_say(corpora: dict[str, DemoImages]) -> None:
    wide = settings("affectnet", corpora["affectnet"].root.parent / "wide", pictures=(60, 1), size=96)
    make_pictures(wide)
    rows = []
    for still in list_images(wide, "train"):
        assert still.annotation is not None
        mouth = np.asarray(Image.open(still.path).convert("RGB"), float)[72:92, 32:64]
        rows.append((still.annotation.arousal, (mouth.max(axis=2) < 70).mean()))
    arousal, dark = np.array(rows, float).T
    assert np.corrcoef(arousal, dark)[0, 1] > 0.6, "an open mouth is dark inside"


def test_nothing_else_is_ever_drawn_over(tmp_path: Path) -> None:
    corpus = settings("rafdb", tmp_path)
    assert image_labels(corpus, "train") == (corpus.root,), "known before it is made"
    corpus.root.mkdir()
    assert pictures_folder(corpus) == corpus.root, "an empty folder is nothing"
    (corpus.root / "mine.txt").write_text("mine")
    with pytest.raises(InputError, match="holds something else than pictures of kind demo"):
        image_labels(corpus, "train")
    with pytest.raises(InputError, match="holds something else"):
        make_pictures(corpus)
    assert tree(corpus.root) == {"mine.txt": b"mine"}


def test_a_start_knows_the_pictures_before_they_are_made(root: Path) -> None:
    run = load_run(root / "config/demo_facebehaviornet.yaml")
    assert run.synthetic == run.pictured == sorted(run.system.scored_images)
    pictures = find_pictures(run)
    assert {path for (name, _), path in pictures.items() if name == "rafdb"} == {(Path("data/demo001_stills/rafdb"),)}
    assert {images for _, _, images in run.scored} == set(run.images) and len(run.few_shots) == 2


def test_wrong_settings_are_named(tmp_path: Path) -> None:
    with pytest.raises(ValidationError, match="layout"):
        settings("fer2013", tmp_path)
    for wrong in ({"pictures": (0, 5)}, {"pictures": (5,)}, {"quality": 0}, {"validation_share": 0.5}):
        with pytest.raises(ValidationError, match=next(iter(wrong))):
            settings("rafdb", tmp_path, **wrong)
    one, inside = settings("rafdb", tmp_path), settings("emotionet", tmp_path / "rafdb")
    check_drawn({"one": one}, tmp_path / "corpus")
    with pytest.raises(ValueError, match=r"images\.one\.root is .* and images\.two\.root is .*holds nothing else"):
        check_drawn({"one": one, "two": inside}, tmp_path / "corpus")
    with pytest.raises(ValueError, match=r"and corpus\.root is"):
        check_drawn({"one": one}, tmp_path / "rafdb")
