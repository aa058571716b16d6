"""Clips that are scored as a whole, by the real workflow: from films to tables, page, traces and predictions."""

import csv
import os
import re
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import yaml
from clips_workflow_lab import ERI, READ, SETTINGS, SHARDS, SUBMITTED, WORK, clips, predictions, rules_of, wildcards_of
from miniature import Miniature, make_miniature, rows_of, write
from traced_tables import check_altered_cells, check_every_cell

from affectflow import load_system
from affectflow.artifacts.predictions import read_predictions
from affectflow.config.reading import merge
from affectflow.core.errors import InputError
from affectflow.lineage.chain import Chain
from affectflow.report.trace.cell_trace import trace_cell
from affectflow.report.trace.figure_trace import trace_figure
from affectflow.report.trace.score_trace import trace_score

pytestmark = pytest.mark.slow

TEST, VALIDATION = "results/test_track4.csv", "results/validation_track4.csv"
PREPROCESSING = {"decode", "find_people", "align_face", "mask_body", "spectrogram", "preview", "sound_features"}
PREPROCESSING |= {"face_features"}
LEARNING = {
    "train",
    "predict",
    "fuse",
    "apply_fusion",
    "score",
    "submit_clips",
    "modality_ablation",
    "intervals",
    "report",
}


@pytest.fixture(scope="module")
def trained(root: Path, tmp_path_factory: pytest.TempPathFactory) -> Miniature:
    """A finished run of everything that the bare command makes."""
    project = make_miniature(root, tmp_path_factory.mktemp("clips") / "project")
    write(project, yaml.safe_dump(SETTINGS))
    project.snakemake()
    return project


@pytest.fixture
def project(trained: Miniature) -> Iterator[Miniature]:
    """The same, with its settings put back afterwards."""
    yield trained
    write(trained, yaml.safe_dump(SETTINGS))


@pytest.fixture
def edit_file() -> Iterator[Callable[[Path, Callable[[str], str]], None]]:
    """A function that changes a text file, which is put back afterwards with its time."""
    before: dict[Path, tuple[str, os.stat_result]] = {}

    def edit(path: Path, change: Callable[[str], str]) -> None:
        text, _ = before.setdefault(path, (path.read_text(), path.stat()))
        path.write_text(change(text))
        assert path.read_text() != text

    yield edit
    for path, (text, status) in before.items():
        path.write_text(text)
        os.utime(path, ns=(status.st_atime_ns, status.st_mtime_ns))


def test_every_result_is_there_and_no_course_along_frames(project: Miniature) -> None:
    names = {path.name for path in (project.folder / "results").iterdir() if not path.name.endswith(".record.json")}
    tables = {f"{kind}_track4.csv" for kind in ("test", "validation", "intervals", "differences", "modality_ablation")}
    tables |= {
        "training_curves_track4.csv",
        "intervals_track4.json",
        "table1.csv",
        "table1.md",
        "leaderboard.csv",
        "leaderboard.md",
    }
    others = {f"{kind}_track4.json" for kind in ("validation", "intervals", "demo_test_score", "tracked_scores")}
    others |= {"metrics.json"}
    assert names == tables | others | {"submission", "report.html", "leaderboard.html"}
    assert {path.stem for path in (project.folder / f"{WORK}/preview").glob("*.jpg")} == SHARDS
    assert project.planned() == set()


def test_each_readable_clip_has_one_score(project: Miniature) -> None:
    for split in ("validation", "test"):
        for branch in READ:
            assert set(predictions(project, branch, split)) == {clip.name for clip in clips(split)}
    row = next(row for row in rows_of(project.folder / VALIDATION) if row["method"] == SUBMITTED)
    assert (row["frames"], row["subjects"]) == ("4", "4")
    assert row["note"] == "R: random_init, no published weights"
    section = (project.folder / "results/report.html").read_text().split('<section id="eri"')[1].split("</section>")[0]
    assert "Reaction intensity" in section and ", 4 clips." in section and "timeline" not in section
    assert "over clips" in (project.folder / "results/table1.md").read_text()
    board = (project.folder / "results/leaderboard.md").read_text()
    assert "| clips/s |" in board and "| frames/s |" not in board


def test_each_sense_touches_what_reads_it_alone(project: Miniature) -> None:
    rows = rows_of(project.folder / "results/modality_ablation_track4.csv")
    table = {(row["method"], row["condition"]): row["total"] for row in rows}
    whole = {method: value for (method, condition), value in table.items() if condition == "as recorded"}
    senses = ("face", "body", "sound")
    assert {condition for _, condition in table} == {"as recorded", *(f"without {sense}" for sense in senses)}
    changed = {
        sense: {method for method in whole if table[method, f"without {sense}"] != whole[method]} for sense in senses
    }
    assert changed == {"face": {"V", "AV", SUBMITTED}, "body": set(), "sound": {"A", "AV", SUBMITTED}}


@pytest.mark.parametrize(
    ("change", "extracted_sets", "trained_branches"),
    [
        ({"tracks": {"eri": {"branches": {"AV": {"network": {"dropout": 0.2}}}}}}, set(), {"AV"}),
        ({"features": {"E": {"window": 0.2}}}, {"E"}, {"A", "AV"}),
    ],
    ids=["a network", "a set of sound"],
)
def test_a_setting_is_learnt_anew_by_what_has_it(
    project: Miniature, change: dict[str, Any], extracted_sets: set[str], trained_branches: set[str]
) -> None:
    write(project, yaml.safe_dump(SETTINGS | {"system": merge(SETTINGS["system"], change)}))
    jobs = project.planned()
    assert wildcards_of(jobs, "sound_features", "set") | wildcards_of(jobs, "face_features", "set") == extracted_sets
    assert wildcards_of(jobs, "sound_features", "shard") == (SHARDS if extracted_sets else set())
    assert wildcards_of(jobs, "train", "branch") == wildcards_of(jobs, "predict", "branch") == trained_branches
    assert rules_of(jobs) >= LEARNING and not rules_of(jobs) & (PREPROCESSING - {"sound_features"})


def test_labels_of_one_clip_are_learnt_anew_and_nothing_is_decoded(
    project: Miniature, edit_file: Callable[[Path, Callable[[str], str]], None]
) -> None:
    clip = clips("train")[0].name
    edit_file(
        project.folder / "data/demo_hume/labels.csv",
        lambda text: re.sub(rf"^(\[{clip}\].*),\d\.\d\d$", r"\1,0.31", text, flags=re.MULTILINE),
    )
    jobs = project.planned()
    assert rules_of(jobs) >= LEARNING | {"labels"} and not rules_of(jobs) & (PREPROCESSING | {"demo"})
    assert wildcards_of(jobs, "train", "branch") == set(READ)


def test_one_clip_more_is_decoded_with_its_shard_alone(
    project: Miniature, edit_file: Callable[[Path, Callable[[str], str]], None]
) -> None:
    """As a corpus that nobody makes, which the demo's is in all but its kind."""
    data = project.folder / "data/demo_hume"
    new_clip = data / "videos/99999.mp4"
    shutil.copy(data / f"videos/{clips('train')[0].name}.mp4", new_clip)
    edit_file(data / "labels.csv", lambda text: text + "[99999],1.00,0.10,0.20,0.30,0.40,0.50,0.60\n")
    edit_file(data / "partition.csv", lambda text: text + "[99999],train\n")
    corpus = {"kind": "hume", "name": "demo_hume", "root": "data/demo_hume"}
    write(project, yaml.safe_dump(SETTINGS | {"corpus": corpus}))
    try:
        jobs = project.planned()
    finally:
        new_clip.unlink()
    for rule in PREPROCESSING:
        assert len(wildcards_of(jobs, rule, "shard")) == 1, rule
    assert len({shard for rule in PREPROCESSING for shard in wildcards_of(jobs, rule, "shard")}) == 1
    assert rules_of(jobs) >= LEARNING | {"labels", "manifest"}


def test_verify_finds_one_altered_byte(project: Miniature) -> None:
    path = next((project.folder / f"{WORK}/features/R").glob("*.arrow"))
    before, status = path.read_bytes(), path.stat()
    altered = bytearray(before)
    altered[len(before) // 2] ^= 1
    path.write_bytes(altered)
    try:
        result = project.affectflow("verify", check=False)
    finally:
        path.write_bytes(before)
        os.utime(path, ns=(status.st_atime_ns, status.st_mtime_ns))
    assert result.returncode == 1
    assert f"altered: {WORK}/features/R/{path.name}" in result.stdout


def test_a_score_is_the_weighted_sum_of_what_three_networks_read_of_the_clip(
    project: Miniature, tmp_path: Path
) -> None:
    clip = next(clip for clip in clips("test") if clip.seconds == 2)
    trace = trace_score(Chain(project.folder), TEST, clip.name)
    assert (trace.frame, trace.frames, trace.annotated) == (None, 10, None)
    assert [branch.branch for branch in trace.branches] == list(READ)
    for branch in trace.branches:
        assert branch.steps == (0, 2, 4, 6) and branch.sequences == ()
        expected = predictions(project, branch.branch, "test")[clip.name]
        np.testing.assert_array_equal([branch.values[name] for name in ERI.outputs], expected)
    for name in ERI.outputs:
        assert trace.values[name] == pytest.approx(
            sum(b.weights[name] * b.values[name] for b in trace.branches), abs=1e-6
        )
    assert trace.agrees and trace.written is not None
    assert trace.source == f"data/demo_hume/videos/{clip.name}.mp4"
    output = project.affectflow("trace", TEST, "--subject", clip.name, "--html", tmp_path / "clip.html").stdout
    assert output.count(", the same") == len(ERI.outputs)
    assert "of whose 10 frames 4 steps are read: 0, 2, 4, 6" in output
    assert re.search(r"features/R: \S+ .*\n    with random weights", output) and re.search(r"features/E: \S+ ", output)
    assert trace.source_digest in output
    page = (tmp_path / "clip.html").read_text()
    assert page.count('<b style="width: ') == len(ERI.outputs)
    assert "The frame in the middle" in page and "Frame 5: face" in page and "over time" not in page


def test_a_changed_digit_is_found_and_a_frame_is_refused(
    project: Miniature, edit_file: Callable[[Path, Callable[[str], str]], None]
) -> None:
    clip, chain = clips("test")[0].name, Chain(project.folder)
    with pytest.raises(InputError, match=f"clip {clip} is scored as a whole; leave out --frame"):
        trace_score(chain, TEST, clip, 3)
    assert trace_score(chain, TEST, clip, 0) == trace_score(chain, TEST, clip)
    edit_file(
        project.folder / TEST, lambda text: re.sub(rf"^(\[{clip}\]),0\.\d+", r"\1,0.999999", text, flags=re.MULTILINE)
    )
    trace = trace_score(chain, TEST, clip)
    assert not trace.agrees and [name for name in ERI.targets if not trace.target_agrees(name)] == [ERI.targets[0]]


def test_rows_and_cells_of_validation_follow_from_labels_and_predictions(project: Miniature) -> None:
    clip, chain = clips("validation")[0], Chain(project.folder)
    trace = trace_score(chain, VALIDATION, clip.name, method="AV")
    labels = (project.folder / "data/demo_hume/labels.csv").read_text().splitlines()
    row = next(line.split(",")[1:] for line in labels if line.startswith(f"[{clip.name}]"))
    assert [trace.annotated[name] for name in ERI.targets] == pytest.approx(list(map(float, row)))  # type: ignore[index]
    assert [branch.branch for branch in trace.branches] == ["AV"]
    cell = trace_cell(chain, VALIDATION, SUBMITTED, "pearson_fear")
    assert cell.agrees and cell.computed is not None and cell.per_clip
    for column in ("total", "low_total", "high_pearson_anxiety"):
        figure = trace_figure(chain, "results/table1.csv", "AV", column)
        assert figure.agrees and figure.computed == figure.written and list(figure.trainings) == ["123"]
    assert trace_figure(chain, "results/table1.csv", "AV", "paper_total").kind == "paper"
    output = project.affectflow("trace", "results/table1.csv", "--row", "V", "--column", "total").stdout
    assert "the same" in output and "over 4 annotated clips" in output
    with pytest.raises(InputError, match="no row 'V' with a column 'f1'"):
        trace_figure(chain, "results/table1.csv", "V", "f1")


def test_videos_are_scored_as_the_workflow_scores_them(project: Miniature, tmp_path: Path) -> None:
    videos, out = tmp_path / "videos", tmp_path / "out"
    videos.mkdir()
    test_clips = clips("test")[:2]
    for clip in test_clips:
        shutil.copy(project.folder / f"data/demo_hume/videos/{clip.name}.mp4", videos)
    (videos / "cut.mp4").write_bytes((videos / f"{test_clips[0].name}.mp4").read_bytes()[:2000])
    result = project.affectflow("predict", videos, "--out", out, check=False)
    assert result.returncode == 1 and "2 scored, 1 failed" in result.stderr
    rows = {row["video"]: row for row in rows_of(out / "clips.csv")}
    fused = read_predictions(project.folder / "fusion/demo_hume/small/eri/official-123/test.parquet", ERI)
    expected = dict(zip(fused.subjects, fused.values, strict=True))
    assert set(rows) == {f"{clip.name}.mp4" for clip in test_clips}
    for clip in test_clips:
        row = rows[f"{clip.name}.mp4"]
        assert (row["seconds"], row["frames"]) == (f"{clip.seconds:.6f}", str(round(5 * clip.seconds)))
        assert 0 < float(row["face_share"]) <= 1
        np.testing.assert_allclose([float(row[name]) for name in ERI.outputs], expected[clip.name], atol=1e-5)
        for branch in READ:
            branch_scores = [float(row[f"{name}_{branch}"]) for name in ERI.outputs]
            np.testing.assert_allclose(branch_scores, predictions(project, branch, "test")[clip.name], atol=1e-5)
    summary = {row["video"]: row for row in rows_of(out / "summary.csv")}
    assert summary[f"{test_clips[0].name}.mp4"]["fear"] == rows[f"{test_clips[0].name}.mp4"]["fear"]
    assert "cut short" in summary["cut.mp4"]["failed"]
    names = {path.relative_to(out).as_posix() for path in out.rglob("*") if path.is_file()}
    results = ["clips.csv", "people.csv", "summary.csv", "index.html"]
    results += [f"{folder}/{clip.name}.csv" for folder in ("clips", "people") for clip in test_clips]
    assert names == {f"{name}{suffix}" for name in results for suffix in ("", ".record.json")}
    index = (out / "index.html").read_text()
    assert "synthetic" in index and f'href="clips/{test_clips[0].name}.csv"' in index and 'href="clips.csv"' in index
    (videos / "cut.mp4").unlink()
    before = (out / "clips.csv").read_bytes()
    (out / f"clips/{test_clips[0].name}.csv").unlink()
    rerun = project.affectflow("predict", videos, "--out", out)
    assert "1 of 2 video(s) are scored already" in rerun.stderr
    assert (out / "clips.csv").read_bytes() == before
    with (out / "clips.csv").open(newline="") as lines:
        expected_columns = ["video", "person", "seconds", "frames", "face_share", ERI.outputs[0]]
        assert next(csv.reader(lines))[:6] == expected_columns
    frame = load_system(project.folder / "config/config.yaml", folder=project.folder).predict(
        videos / f"{test_clips[1].name}.mp4"
    )
    assert list(frame.index) == [f"{test_clips[1].name}.mp4"]
    np.testing.assert_allclose(frame[list(ERI.outputs)].to_numpy()[0], expected[test_clips[1].name], atol=1e-5)


def test_every_cell_of_every_table_is_traced(project: Miniature) -> None:
    counts = check_every_cell(project.folder)
    assert {"results/table1.csv", "results/validation_track4.csv"} <= counts.keys()
    assert check_altered_cells(project.folder) > len(counts)
