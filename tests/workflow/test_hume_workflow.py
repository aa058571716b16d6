"""Clips that are annotated as a whole, by the real workflow: from the demo of reactions to features and folds."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from miniature import Miniature, make_miniature, write

from affectflow.artifacts.schemas import FACES, FRAMES, MANIFEST, SET_FEATURES, labels_schema
from affectflow.artifacts.tables import read_arrow, read_parquet
from affectflow.config.data.clip_corpora import HumeDemoCorpus
from affectflow.core.tracks import track_of
from affectflow.datasets.video.demo_reactions import Reaction, plan_reactions

pytestmark = pytest.mark.slow

ERI = track_of("eri")
BRANCH = {
    "streams": ["sound_features", "face_features"],
    "features": {"sets": ["E", "R"]},
    "network": {"name": "interaction_transformer", "embedded": 16, "projected": 8, "steps": 8},
    "sequence": {"length": 8, "stride": 8, "step": 0.1},
}
CORPUS = {"kind": "demo_hume", "clips": [3, 2, 2], "seconds": 2.0, "rate": 5, "width": 480, "height": 270}
SETTINGS: dict[str, Any] = {
    "corpus": CORPUS,
    "decode": {"unreadable": "leave_out"},
    "videos_per_shard": 3,
    "folds": 2,
    "tracks": ["eri"],
    "device": {"threads": 1},
    "system": {
        "name": "small",
        "features": {
            "E": {"kind": "opensmile", "set": "eGeMAPSv01b"},
            "R": {"kind": "face", "weights": "random_init", "backbone": "iresnet18", "width": 4, "size": 32},
        },
        "tracks": {
            "eri": {"branches": {"B": BRANCH}, "methods": {"Both": {"branches": ["B"]}}, "submit": "Both"},
        },
    },
}
WORK = "work/demo_hume"
MANIFESTS = (f"{WORK}/eri/manifest.parquet", f"{WORK}/eri/folds/fold1.parquet")
SHARDS = ("shard-00000-of-00002", "shard-00001-of-00002")
TARGETS = (*MANIFESTS, "previews", *(f"{WORK}/features/{name}/{shard}.arrow" for name in "ER" for shard in SHARDS))


@pytest.fixture(scope="module")
def preprocessed_run(root: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[Miniature, str]:
    """A project in which everything before training is made, and what Snakemake said."""
    project = make_miniature(root, tmp_path_factory.mktemp("hume") / "project")
    write(project, yaml.safe_dump(SETTINGS))
    result = project.snakemake(*TARGETS)
    return project, result.stdout + result.stderr


@pytest.fixture
def project(preprocessed_run: tuple[Miniature, str]) -> Iterator[Miniature]:
    """The same, with its settings put back afterwards."""
    yield preprocessed_run[0]
    write(preprocessed_run[0], yaml.safe_dump(SETTINGS))


def find_reaction(trait: str) -> Reaction:
    clips = plan_reactions(HumeDemoCorpus.model_validate(CORPUS))
    (match,) = (
        reaction for reaction in clips if getattr(reaction, trait, False) or getattr(reaction.clip, trait, False)
    )
    return match


def test_what_has_no_file_is_told_and_what_cannot_be_decoded_is_logged(preprocessed_run: tuple[Miniature, str]) -> None:
    project, output = preprocessed_run
    missing, broken = find_reaction("listed_only").name, find_reaction("unreadable").name
    assert f"1 clip(s) of the corpus's tables have no file, and are left out: {missing}" in output
    logs = "".join(path.read_text() for path in (project.folder / "logs/demo_hume/decode").iterdir())
    assert re.search(rf"^{broken}: left out .*the moov atom\) is missing", logs, re.MULTILINE)
    log = (project.folder / "logs/demo_hume/eri/manifest.log").read_text()
    assert f"no frame can be decoded of 1 subject(s), which are left out: {broken} (validation)" in log


def test_labels_and_manifest_have_a_row_a_clip(project: Miniature) -> None:
    clips = {r.name: r for r in plan_reactions(HumeDemoCorpus.model_validate(CORPUS)) if not r.listed_only}
    rows = {row["subject"]: row for row in read_parquet(project.folder / MANIFESTS[0], MANIFEST).to_pylist()}
    assert set(rows) == set(clips)
    for name, reaction in clips.items():
        test = reaction.clip.split == "test"
        assert rows[name]["frames"] == (0 if reaction.unreadable else round(reaction.seconds * 5))
        assert (rows[name]["rows"], rows[name]["difference"]) == (None if test else 1, None)
        assert rows[name]["has_audio"] is not (reaction.clip.silent or reaction.unreadable)
    labels = read_parquet(project.folder / f"{WORK}/eri/labels.parquet", labels_schema(ERI)).to_pylist()
    assert [row["subject"] for row in labels] == sorted(
        n for n, reaction in clips.items() if reaction.clip.split != "test"
    )
    assert all(row["frame"] == 0 and max(row[name] for name in ERI.targets) == 1 for row in labels)
    splits = {row["subject"]: row["split"] for row in read_parquet(project.folder / MANIFESTS[1], MANIFEST).to_pylist()}
    readable = [n for n, reaction in clips.items() if reaction.clip.split != "test" and not reaction.unreadable]
    assert sorted(splits[name] for name in readable) == ["train", "train", "validation", "validation"]


def test_every_stage_has_all_frames_and_none_of_what_cannot_be_decoded(project: Miniature) -> None:
    broken = find_reaction("unreadable").name
    detections = 0
    for shard in SHARDS:
        frames = [(row["video"], row["frame"]) for row in _rows(project, f"frames/{shard}", FRAMES)]
        assert broken not in {video for video, _ in frames}
        assert [(row["subject"], row["frame"]) for row in _rows(project, f"faces/{shard}", FACES)] == frames
        for name in "ER":
            features = _rows(project, f"features/{name}/{shard}", SET_FEATURES)
            assert [(row["of"], row["frame"]) for row in features] == frames
            detections += sum(row["found"] for row in features)
        assert (project.folder / f"{WORK}/preview/{shard}.jpg").stat().st_size > 0
    assert detections > len(frames)


def _rows(project: Miniature, name: str, schema: Any) -> list[dict[str, Any]]:
    return read_arrow(project.folder / f"{WORK}/{name}.arrow", schema).to_pylist()


def test_nothing_is_left_to_do(project: Miniature) -> None:
    assert project.planned(*TARGETS) == set()


def test_another_word_on_unreadable_files_decodes_nothing_anew(project: Miniature) -> None:
    write(project, yaml.safe_dump(SETTINGS | {"decode": {"unreadable": "fail"}}))
    assert {rule for rule, _ in project.planned(*TARGETS[2:])} == set()
    assert {rule for rule, _ in project.planned(MANIFESTS[0])} == {"manifest"}
    before = (project.folder / MANIFESTS[0]).read_bytes()
    result = project.snakemake(MANIFESTS[0], check=False)
    assert result.returncode != 0
    assert find_reaction("unreadable").name in (project.folder / "logs/demo_hume/eri/manifest.log").read_text()
    write(project, yaml.safe_dump(SETTINGS))
    project.snakemake(MANIFESTS[0])
    assert (project.folder / MANIFESTS[0]).read_bytes() == before
