"""The real workflow on a corpus that is annotated by utterance: from clips to scores of utterances."""

import csv
import json
from pathlib import Path

import numpy as np
import pytest
import yaml
from miniature import BRANCH, SETTINGS, Miniature, make_miniature
from omg_factory import make_omg, rows_of
from traced_tables import check_altered_cells, check_every_cell

from affectflow.artifacts.predictions import read_predictions
from affectflow.artifacts.record import read_record, record_path
from affectflow.config.data.corpora import DemoCorpus
from affectflow.core.tracks import track_of
from affectflow.lineage.chain import Chain
from affectflow.metrics.measures import ccc
from affectflow.report.trace.cell_trace import trace_cell
from affectflow.report.trace.utterance_trace import trace_utterance
from affectflow.synthetic.make import make_demo

pytestmark = pytest.mark.slow

VA = track_of("va")
LENGTH = 4
SMALL = {**BRANCH, "epochs": 1, "sequence": {"length": LENGTH, "stride": LENGTH}}
SYSTEM = {
    "name": "small",
    "tracks": {
        "va": {
            "branches": {
                "F": {"streams": ["face"], **SMALL, "postprocess": {"median": [3], "smoothing": [3]}},
                "A": {"streams": ["mel"], **SMALL},
            },
            "methods": {"Face": {"branches": ["F"]}, "Both": {"branches": ["F", "A"]}},
            "submit": "Both",
        }
    },
}
PLACE = "omg/small/va"


@pytest.fixture(scope="module")
def run(root: Path, tmp_path_factory: pytest.TempPathFactory) -> Miniature:
    """A finished run, whose clips are cut from the demo's videos."""
    folder = tmp_path_factory.mktemp("omg")
    make_demo(DemoCorpus.model_validate({**SETTINGS["corpus"], "root": folder / "demo", "subjects": [2, 1, 1]}))
    project = make_miniature(root, folder / "project")
    make_omg(project.folder / "data/omg", sorted((folder / "demo" / "videos").rglob("*.mp4")))
    (project.folder / "data/omg/omg_Train/5b44393ed/utterance_2.mp4").unlink()
    settings = {**SETTINGS, "corpus": {"kind": "omg", "root": "data/omg"}, "system": SYSTEM, "videos_per_shard": 8}
    (project.folder / "config" / "config.yaml").write_text(yaml.safe_dump(settings))
    project.snakemake()
    return project


def rows(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as lines:
        return list(csv.DictReader(lines))


def truth(split: str) -> dict[str, np.ndarray]:
    """Valence and arousal by video, utterances in the order of their numbers."""
    utterances = sorted(rows_of(split), key=lambda row: (row.video, row.number))
    return {
        video: np.array([(row.valence, row.arousal) for row in utterances if row.video == video], np.float32)
        for video in dict.fromkeys(row.video for row in utterances)
    }


def test_predictions_of_utterances_are_made_of_those_of_frames(run: Miniature) -> None:
    for branch in "FA":
        folder = run.folder / f"predictions/{PLACE}/{branch}/official-123"
        steps = json.loads((folder / "utterances/postprocess.json").read_text())
        frames, utterances = (
            read_predictions(folder / name, VA) for name in ("test.parquet", "utterances/test.parquet")
        )
        assert utterances.frames == {"1f61459b0": 2, "a1b44e5f3": 2}
        assert steps["length"] == LENGTH and steps["utterances"] == 6
        assert bool(steps["targets"]["valence"]["median"]["tried"]) == (branch == "F")
        if branch == "A":
            first = frames.subjects.index("1f61459b0_utterance_1")
            values = frames.values[frames.starts[first] : frames.starts[first + 1]]
            assert len(values) > LENGTH
            medians = [np.median(values[start : start + LENGTH], axis=0) for start in range(0, len(values), LENGTH)]
            assert utterances.values[0] == pytest.approx(np.mean(medians, axis=0), abs=1e-6)


def test_both_scores_stand_in_the_validation_table(run: Miniature) -> None:
    fused = {row["method"]: row for row in rows(run.folder / "results/validation_track1.csv")}
    assert set(fused) == {"Face", "Both"}
    assert all((row["frames"], row["subjects"]) == ("6", "2") for row in fused.values())
    predictions = read_predictions(run.folder / f"predictions/{PLACE}/F/official-123/utterances/validation.parquet", VA)
    annotated = truth("validation")
    assert predictions.subjects == tuple(annotated)
    parts = np.split(predictions.values, predictions.starts[1:-1])
    for column, target in enumerate(VA.targets):
        pooled = ccc(predictions.values[:, column], np.concatenate(list(annotated.values()))[:, column])
        per_video = [
            ccc(part[:, column], labels[:, column]) for part, labels in zip(parts, annotated.values(), strict=True)
        ]
        assert fused["Face"][f"ccc_{target}"] == f"{pooled:z.4f}"
        assert fused["Face"][f"video_ccc_{target}"] == f"{np.mean(per_video):z.4f}"
    stored = json.loads((run.folder / "results/validation_track1.json").read_text())
    assert {"video_ccc_valence", "video_ccc_arousal", "video_total"} < set(stored["Both"])


def test_the_test_table_is_what_the_organisers_script_reads(run: Miniature) -> None:
    text = (run.folder / "results/test_track1.csv").read_text()
    assert text == (run.folder / "results/submission/track1/omg/predictions.csv").read_text()
    table = rows(run.folder / "results/test_track1.csv")
    assert list(table[0]) == ["video", "utterance", "arousal", "valence"]
    assert [(row["video"], row["utterance"]) for row in table] == [
        (row.video, f"utterance_{row.number}.mp4") for row in rows_of("test")
    ]
    fused = read_predictions(run.folder / f"fusion/{PLACE}/official-123/test.parquet", VA)
    assert [float(row["valence"]) for row in table] == pytest.approx(fused.values[:, 0], abs=1e-6)
    assert [float(row["arousal"]) for row in table] == pytest.approx(fused.values[:, 1], abs=1e-6)


def test_every_table_is_there_and_speaks_of_utterances(run: Miniature) -> None:
    conditions = {row["condition"] for row in rows(run.folder / "results/modality_ablation_track1.csv")}
    assert conditions == {"as recorded", "without face", "without body", "without sound"}
    intervals = rows(run.folder / "results/intervals_track1.csv")
    assert {row["method"] for row in intervals} >= {"Face", "Both"}
    report = (run.folder / "results/report.html").read_text()
    assert "5b44393ed (2)" in report and "video CCC valence" in report
    assert "6 utterances of 2 videos" in report


def test_the_leaderboard_scores_utterances_and_counts_the_frames_that_were_predicted(run: Miniature) -> None:
    board = "results/leaderboard.csv"
    entries = {row["method"]: row for row in rows(run.folder / board)}
    table = rows(run.folder / "results/validation_track1.csv")
    assert table
    for row in table:
        names = ("total", "ccc_valence", "frames", "subjects")
        assert [entries[row["method"]][name] for name in names] == [row[name] for name in names]
    measured = read_record(record_path(run.folder / f"predictions/{PLACE}/F/official-123/validation.parquet")).measured
    assert entries["Face"]["frames_per_second"] == f"{measured['frames'] / measured['seconds']:.1f}"
    assert measured["frames"] > int(entries["Face"]["frames"]) == 6
    cell = trace_cell(Chain(run.folder), board, entries["Both"]["row"], "high_total")
    assert cell.agrees and cell.computed == entries["Both"]["high_total"]


def test_a_cell_and_a_file_are_traced(run: Miniature) -> None:
    for column in ("total", "video_ccc_arousal"):
        cell = trace_cell(Chain(run.folder), "results/validation_track1.csv", "Both", column)
        assert cell.agrees and cell.computed == cell.written
        output = run.affectflow("trace", "results/validation_track1.csv", "--row", "Both", "--column", column).stdout
        assert (
            "the same" in output
            and "NOT" not in output
            and f"models/{PLACE}/F/official-123/model.safetensors" in output
        )
    record = read_record(record_path(run.folder / f"predictions/{PLACE}/F/official-123/utterances/postprocess.json"))
    assert record.options["postprocess"]["smoothing"] == [3] and record.rule == "postprocess"
    assert "utterances" in run.affectflow("trace", "results/test_track1.csv").stdout
    run.affectflow("verify")


def test_an_utterance_is_traced_to_the_digits_of_the_table(run: Miniature) -> None:
    row = rows(run.folder / "results/test_track1.csv")[3]
    assert (row["video"], row["utterance"]) == ("a1b44e5f3", "utterance_14.mp4")
    trace = trace_utterance(Chain(run.folder), "results/test_track1.csv", "a1b44e5f3", 1)
    assert trace.agrees and trace.written == {target: row[target] for target in VA.targets}
    assert trace.utterance == "utterance_14.mp4" and trace.source.endswith("omg_Test/a1b44e5f3/utterance_14.mp4")
    for target in VA.targets:
        assert sum(b.weights[target] * b.values[target] for b in trace.branches) == pytest.approx(trace.values[target])
    audio = next(branch for branch in trace.branches if branch.branch == "A")
    assert audio.windows == dict.fromkeys(VA.targets, (1, 1))
    assert set(audio.medians) == set(VA.targets)
    for target, medians in audio.medians.items():
        assert len(medians) == -(-trace.frames // LENGTH)
        assert np.mean(medians) == pytest.approx(audio.values[target], abs=1e-6)
    arguments = ("trace", "results/test_track1.csv", "--subject", "a1b44e5f3", "--frame")
    output = run.affectflow(*arguments, 1).stdout
    assert output.count(", the same") == 2 and "medians of sequences" in output and trace.source_digest in output
    assert json.loads(run.affectflow(*arguments, 1, "--json").stdout)["agrees"]
    result = run.affectflow(*arguments, 2, check=False)
    assert result.returncode == 2 and "has the utterances 0 to 1 in order, not 2" in result.stderr
    cell = ("trace", "results/validation_track1.csv", "--row", "Face", "--subject", "c0f84b343_2", "--frame", 1)
    assert "utterance_4.mp4" in run.affectflow(*cell).stdout


def test_nothing_to_do_and_postprocessing_trains_nothing(run: Miniature) -> None:
    assert run.planned() == set()
    path = run.folder / "config" / "config.yaml"
    before = path.read_text()
    settings = yaml.safe_load(before)
    settings["system"]["tracks"]["va"]["branches"]["F"]["postprocess"]["smoothing"] = [5]
    path.write_text(yaml.safe_dump(settings))
    rules = {rule for rule, _ in run.planned()}
    path.write_text(before)
    assert {"postprocess", "utterances", "fuse", "score"} <= rules
    assert rules.isdisjoint({"train", "predict", "labels", "expand_labels", "manifest", "utterance_tables"})


def test_every_cell_of_every_table_is_traced(run: Miniature) -> None:
    counts = check_every_cell(run.folder)
    assert {"results/validation_track1.csv", "results/intervals_track1.csv", "results/leaderboard.csv"} <= counts.keys()
    assert check_altered_cells(run.folder) > len(counts)
