"""Tables of uncertainty, of missing streams, of several runs, and the paper's: their rows, digits and notes."""

import csv
import json
import math
from dataclasses import replace
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest
from artifact_factory import Person, make_corpus

from affectflow.artifacts.predictions import Predictions, write_predictions
from affectflow.artifacts.schemas import labels_schema
from affectflow.artifacts.tables import write_parquet
from affectflow.config.evaluation.fusion import Fusion, Method
from affectflow.config.evaluation.paper_tables import PaperTable
from affectflow.config.evaluation.scoring import Scoring
from affectflow.core.tracks import Track, track_of
from affectflow.fusion.late_fusion import fuse, read_weights
from affectflow.report.drawing.result_tables import read_table
from affectflow.report.run_page.paper_tables import paper_section
from affectflow.report.tables import paper_figures
from affectflow.report.tables.csv_table import write_figures
from affectflow.report.tables.figure_cells import Ours, interval
from affectflow.report.tables.modality_ablation import write_modality_ablation
from affectflow.report.tables.paper_figures import validation_figures
from affectflow.report.tables.paper_table import Part, write_paper_table
from affectflow.report.tables.scores import read_validation
from affectflow.report.tables.spread import write_spread
from affectflow.report.tables.uncertainty import write_uncertainty

SUBJECTS, FRAMES = 12, 40
METHODS = {"F": Method(branches=("F",)), "A": Method(branches=("A",)), "both": Method(branches=("A", "F"))}
TRACKS = [track_of("va"), track_of("expr"), track_of("au")]
SCORING = Scoring(resamples=200)
INTERVAL = interval("subjects")


def rows_of(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as lines:
        return list(csv.DictReader(lines))


def truth(track: Track, random: np.random.Generator, count: int) -> np.ndarray:
    if track.name == "va":
        return random.uniform(-1, 1, (count, 2))
    return random.integers(0, 7 if track.name == "expr" else 2, (count, len(track.targets))).astype(float)


def simulate(track: Track, targets: np.ndarray, random: np.random.Generator, noise: float) -> np.ndarray:
    """Outputs of a branch that sees the targets through noise."""
    outputs = np.eye(7)[targets[:, 0].astype(int)] if track.name == "expr" else targets
    values = np.clip(outputs + random.normal(0, noise, outputs.shape), *track.bounds)
    return (values / np.maximum(values.sum(axis=1, keepdims=True), 1e-6) if track.name == "expr" else values).astype(
        np.float32
    )


def make_tables(folder: Path, track: Track, seed: int = 0) -> tuple[dict[str, Path], Path, Path]:
    """Validation predictions of two branches, labels, and fused weights of METHODS."""
    random = np.random.default_rng(seed)
    names = tuple(f"val-{n:02d}" for n in range(SUBJECTS))
    targets = truth(track, random, SUBJECTS * FRAMES)
    like = Predictions(folder, names, np.arange(SUBJECTS + 1) * FRAMES, np.empty((0, 0), np.float32))
    paths = {}
    for branch, noise in (("F", 0.5), ("A", 0.6)):
        paths[branch] = folder / f"{branch}-{seed}.parquet"
        write_predictions(paths[branch], track, like, simulate(track, targets, random, noise))
    kind = np.float32 if track.name == "va" else np.int8
    columns = {"subject": pa.array(np.repeat(names, FRAMES)), "frame": np.tile(np.arange(FRAMES, dtype=np.int32), 12)}
    columns |= {name: targets[:, column].astype(kind) for column, name in enumerate(track.targets)}
    labels, weights = folder / "labels.parquet", folder / f"weights-{seed}.json"
    write_parquet(labels, columns, labels_schema(track))
    fuse(paths, track, labels, METHODS, Fusion(step=0.1), weights)
    return paths, labels, weights


@pytest.mark.parametrize("track", TRACKS, ids=lambda track: track.name)
def test_every_score_and_pair_has_an_interval(tmp_path: Path, track: Track) -> None:
    paths, labels, weights = make_tables(tmp_path, track)
    validation = read_validation(weights, paths, labels)
    notes = {"A": "random weights"}
    outs = [(tmp_path / f"i{n}.csv", tmp_path / f"d{n}.csv") for n in (0, 1)]
    for out, differences in outs:
        write_uncertainty(validation, "both", notes, SCORING, 1, out, differences)
    assert [p.read_bytes() for p in outs[0]] == [p.read_bytes() for p in outs[1]], "same inputs, same bytes"
    rows = rows_of(outs[0][0])
    assert [(row["method"], row["score"]) for row in rows] == [
        (title, name) for title in (*METHODS, "Constant", "Shuffled") for name in track.measures
    ]
    for row in rows:
        assert float(row["low"]) <= float(row["value"]) <= float(row["high"])
        if row["kind"] == "method":
            assert row["value"] == f"{validation.score(row['method']).values[row['score']]:z.4f}"
        assert row["note"] == ("random weights" if row["method"] in ("A", "both") else "")
    values = {(row["method"], row["score"]): float(row["value"]) for row in rows}
    assert values["both", "total"] >= max(values["F", "total"], values["A", "total"])
    assert values["both", "total"] > values["Shuffled", "total"] + 0.2
    pairs = rows_of(outs[0][1])
    assert len(pairs) == 10 * len(track.measures)
    for row in pairs:
        one, other = (values[row[side], row["score"]] for side in ("one", "other"))
        assert float(row["difference"]) == pytest.approx(one - other, abs=2e-4)
    difference = next(r for r in pairs if (r["one"], r["other"], r["score"]) == ("both", "Shuffled", "total"))
    assert float(difference["low"]) > 0, "better than chance by more than the interval"


def test_mean_and_deviation_over_seeds(tmp_path: Path) -> None:
    track = track_of("au")
    files = {str(seed): make_tables(tmp_path, track, seed)[2] for seed in (0, 1, 2)}
    write_spread({name: files[name] for name in ("0", "1")}, tmp_path / "seeds.csv", official=files["2"])
    rows = rows_of(tmp_path / "seeds.csv")
    assert list(rows[0]) == ["method", "run", *track.scores]
    titles = list(dict.fromkeys(row["method"] for row in rows))
    assert len(rows) == 5 * len(titles)
    for title in titles:
        one, other, mean, deviation, official = (row for row in rows if row["method"] == title)
        assert [row["run"] for row in (one, other, mean, deviation, official)] == [
            "0", "1", "mean", "deviation", "official"
        ]  # fmt: skip
        for name in track.scores:
            values = [float(one[name]), float(other[name])]
            assert float(mean[name]) == pytest.approx(np.mean(values), abs=1e-4)
            assert float(deviation[name]) == pytest.approx(np.std(values, ddof=1), abs=2e-4)
            assert float(official[name]) == pytest.approx(read_weights(files["2"])[title].scores[name], abs=1e-4)
    write_spread({"0": files["0"]}, tmp_path / "one.csv")
    assert [row["total"] for row in rows_of(tmp_path / "one.csv") if row["run"] == "deviation"] == [""] * len(titles)


def test_missing_streams_and_missing_faces(tmp_path: Path) -> None:
    track = track_of("va")
    hidden = frozenset(range(10))
    people = [Person(f"val-{n:02d}", "validation", FRAMES, no_face=hidden) for n in range(SUBJECTS)]
    manifest, _, work = make_corpus(tmp_path / "corpus", people)
    paths, labels, weights = make_tables(tmp_path, track)
    blind = {"F": make_tables(tmp_path, track, 9)[0]["F"], "A": paths["A"]}
    make_tables(tmp_path, track)  # the labels of seed 0 again
    out = tmp_path / "missing.csv"
    conditions = {"as recorded": paths, "without face": blind}
    write_modality_ablation(weights, conditions, labels, manifest, work, SCORING, 1, out)
    rows = {(row["method"], row["condition"]): row for row in rows_of(out)}
    assert len(rows) == 3 * 4 and not any(None in row for row in rows.values()), "a cell for each column"
    validation = read_validation(weights, paths, labels)
    assert rows["F", "as recorded"]["total"] == f"{validation.score('F').values['total']:z.4f}"
    assert float(rows["F", "without face"]["total"]) < 0.2 < float(rows["F", "as recorded"]["total"])
    assert rows["A", "without face"] == rows["A", "as recorded"] | {"condition": "without face"}
    frames = [int(rows["F", c]["frames"]) for c in ("frames with a face", "frames without a face")]
    assert frames == [SUBJECTS * 30, SUBJECTS * 10]


def test_frames_without_a_face_may_be_none(tmp_path: Path) -> None:
    people = [Person(f"val-{n:02d}", "validation", FRAMES) for n in range(SUBJECTS)]
    manifest, _, work = make_corpus(tmp_path / "corpus", people)
    paths, labels, weights = make_tables(tmp_path, track_of("va"))
    write_modality_ablation(weights, {"as recorded": paths}, labels, manifest, work, SCORING, 1, tmp_path / "m.csv")
    empty = [row for row in rows_of(tmp_path / "m.csv") if row["condition"] == "frames without a face"]
    assert {(row["frames"], row["total"], row["low"]) for row in empty} == {("0", "", "")}


def part(track: Track, ours: dict[str, dict[str, Ours]]) -> Part:
    methods = {
        "Visual (F)": Method(branches=("F",), paper={"f1": 0.453, "total": 0.496}, paper_test={"total": 0.405}),
        "Audio": Method(branches=("A",), paper={"total": 0.415}),
    }
    return Part(track, methods, {"Baseline [17]": {"f1": 0.3}}, ours, {"Audio": "random weights"})


def test_a_papers_table_has_all_rows_ours_theirs_and_the_difference(tmp_path: Path) -> None:
    table = PaperTable(title="Table 1. Expressions", split="validation", tracks=("expr",))
    ours = {"Visual (F)": {"f1": Ours(0.5, (0.4, 0.6)), "total": Ours(0.4, (float("nan"), float("nan")))}}
    out, text = tmp_path / "t.csv", tmp_path / "t.md"
    write_paper_table(table, [part(track_of("expr"), ours)], INTERVAL, "mine", "affwild2", out, text)
    rows = {row["method"]: row for row in rows_of(out)}
    assert list(rows) == ["Baseline [17]", "Visual (F)", "Audio"]
    face = rows["Visual (F)"]
    assert [face[c] for c in ("f1", "low_f1", "high_f1", "paper_f1", "difference_f1")] == [
        "0.5000", "0.4000", "0.6000", "0.453", "+0.047",
    ]  # fmt: skip
    columns = ("total", "low_total", "difference_total", "accuracy")
    assert [face[c] for c in columns] == ["0.4000", "", "-0.096", ""]
    assert (rows["Baseline [17]"]["paper_f1"], rows["Baseline [17]"]["f1"]) == ("0.300", "")
    assert rows["Audio"]["note"] == "random weights"
    assert text.read_text().startswith("**Table 1. Expressions**\n")
    assert "| Visual (F) | 0.5000 [0.4000, 0.6000] | 0.453 | +0.047 |" in text.read_text()


def test_another_corpus_is_named_in_the_title(tmp_path: Path) -> None:
    table = PaperTable(title="Table 3. Test set", split="test", tracks=("expr", "va"), note="Said.")
    out, text = tmp_path / "t.csv", tmp_path / "t.md"
    parts = [part(track_of("expr"), {}), Part(track_of("va"), {}, {}, {}, {})]
    write_paper_table(table, parts, INTERVAL, "demo", "demo", out, text)
    rows = rows_of(out)
    assert [row["method"] for row in rows] == ["Baseline [17]", "Visual (F)"], "of a test table what the paper tested"
    assert rows[1]["track2_paper_total"] == "0.405"
    assert "NOT Aff-Wild2 but demo, a synthetic corpus" in rows[0]["title"] and "NOT Aff-Wild2" in text.read_text()
    assert "Said." in text.read_text()


def test_our_figures_are_those_of_the_intervals(tmp_path: Path) -> None:
    rows = [["F", "total", 0.5, 0.4, 0.6, "method", ""], ["F", "f1", 0.1, math.nan, math.nan, "method", ""]]
    write_figures(tmp_path / "i.csv", ["method", "score", "value", "low", "high", "kind", "note"], rows)
    figures = validation_figures(tmp_path / "i.json")["F"]
    assert figures["total"] == Ours(0.5, (0.4, 0.6)) and np.isnan(figures["f1"].uncertainty).all()


def test_a_table_of_test_scores_has_ours_on_validation_beside(tmp_path: Path) -> None:
    table = PaperTable(title="Table II. Test set", split="test", tracks=("expr",), scores={"expr": ("total",)})
    track_part = part(track_of("expr"), {})
    beside = {"Visual (F)": {"total": Ours(0.4321, (0.3, 0.5))}, "Constant": {"total": Ours(0.1, (0.1, 0.1))}}
    out, text = tmp_path / "t.csv", tmp_path / "t.md"
    write_paper_table(table, [replace(track_part, validation=beside)], INTERVAL, "mine", "affwild2", out, text)
    cited, face = rows_of(out)
    columns = ["method", "total", "low_total", "high_total", "paper_total", "difference_total",
               "validation_total", "low_validation_total", "high_validation_total", "note", "title"]  # fmt: skip
    assert list(face) == columns
    cells = [face[name] for name in ("total", "paper_total", "difference_total")]
    assert cells == ["", "0.405", ""], "a paper's figure of the test split is compared with none of validation"
    assert [face[name] for name in columns[6:9]] == ["0.4321", "0.3000", "0.5000"]
    assert (cited["method"], cited["validation_total"]) == ("Baseline [17]", "")
    assert "| Method | total | paper | difference | validation |" in text.read_text()
    assert "| Visual (F) |  | 0.405 |  | 0.4321 [0.3000, 0.5000] |" in text.read_text()
    page = "".join(paper_section({"table2": read_table(out)}))
    assert '<td class="number">0.4321 <span class="dim">[0.3000, 0.5000]</span></td>' in page
    assert page.count('<th class="number">validation</th>') == 1


def test_a_figure_of_the_test_split_is_rounded_once(tmp_path: Path) -> None:
    """0.72814999 is 0.7281; six digits of it, 0.728150, would be 0.7282. 0.67574999 - 0.405 is 0.270749…, 0.271."""
    values = {"Visual (F)": {"total": [0.72814999, 0.67574999, None]}}
    (tmp_path / "t.json").write_text(json.dumps({"methods": values}))
    table = PaperTable(title="Table 3", split="test", tracks=("expr",), scores={"expr": ("total",)})
    track_part = part(track_of("expr"), paper_figures.test_figures(tmp_path / "t.json"))
    write_paper_table(table, [track_part], INTERVAL, "mine", "affwild2", tmp_path / "t.csv", tmp_path / "t.md")
    face = rows_of(tmp_path / "t.csv")[1]
    assert [face[name] for name in ("total", "low_total", "high_total")] == ["0.7281", "0.6757", ""]
