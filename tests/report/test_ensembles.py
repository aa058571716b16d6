"""Ensembles by target, over folds and of branches that have learnt from the validation split (Meng et al., sections 4.4
and 4.6): their settings, their weights, and that no score of validation is told of them."""

import json
from pathlib import Path
from typing import Any

import fusion_tables
import numpy as np
import pytest
from fusion_tables import VA, noisy_branches

from affectflow.artifacts.predictions import read_branches, read_predictions
from affectflow.config.evaluation.fusion import Fusion, Method, member_name, member_of
from affectflow.config.system.settings import Run
from affectflow.config.validate import validated
from affectflow.core.errors import InputError
from affectflow.fusion.late_fusion import apply_fusion, fuse, fused, read_weights
from affectflow.fusion.weighted import simplex_grid
from affectflow.metrics.measures import ccc
from affectflow.report.tables.held_out import score_held_out
from affectflow.report.tables.scores import read_validation
from affectflow.report.tables.spread import write_spread

BRANCH: dict[str, Any] = {"streams": ["mel"], "epochs": 2}
MIXED = BRANCH | {"fit_on": "train_and_validation", "epoch_ensemble": [1, 2]}
TRACK: dict[str, Any] = {
    "branches": {"A": BRANCH, "B": BRANCH, "C": BRANCH, "M": MIXED},
    "fusion": {"weights": "equal"},
    "methods": {
        "A": {"branches": ["A"]},
        "two": {"targets": {"valence": ["A", "B"], "arousal": ["B", "C"]}},
        "Mix": {"branches": ["M"]},
        "5-Fold": {"branches": ["A", "B"], "folds": True},
    },
    "folded": ["A"],
    "submit": "Mix",
}
TABLE = {"title": "Table 2", "split": "validation", "tracks": ["va"], "over": "folds", "methods": ["A"]}


def run_of(track: dict[str, Any] | None = None, table: dict[str, Any] | None = None, **changes: Any) -> Run:
    system = {"name": "s", "tracks": {"va": TRACK | (track or {})}, "tables": {"table2": TABLE | (table or {})}}
    values = {"corpus": {"kind": "demo"}, "system": system, "folds": 5}
    return validated(Run, values | changes, "settings.yaml")


def methods(**extra: Any) -> dict[str, Any]:
    return {"methods": TRACK["methods"] | extra}


def test_members_by_target_and_fold() -> None:
    track = run_of().used["va"]
    assert track.methods["two"].branches == ("A", "B", "C")
    assert track.methods["two"].members("arousal", 5) == ("B", "C")
    assert track.methods["5-Fold"].members("valence", 2) == ("A:fold1", "A:fold2", "B:fold1", "B:fold2")
    assert [member_of(member) for member in ("A", "A:fold2")] == [("A", None), ("A", "fold2")]
    assert all(member_name(*member_of(member)) == member for member in ("A", "A:fold2"))
    assert list(track.validated) == ["A", "two"] and list(track.in_folds) == ["A"]
    assert track.shown == "two", "the submitted one has no validation score"
    assert list(run_of({"folded": []}).used["va"].in_folds) == ["A", "two"]
    assert run_of({"submit": "A"}).used["va"].shown == "A"


@pytest.mark.parametrize(
    ("track", "message"),
    [
        (methods(two={"targets": {"valence": ["A"]}}), r"two.targets has valence, expected all targets of the track"),
        (methods(two={"targets": {"valence": ["A"], "arousal": ["X"]}}), r"'two' names branch X, known are A, B"),
        (methods(two={"targets": {"valence": ["A", "A"], "arousal": ["B"]}}), r"targets.valence names A twice"),
        ({"fusion": {}}, r"weights is search, and for 'Mix', '5-Fold' no validation .*: set fusion.weights: equal"),
        (methods(fold={"branches": ["M"], "folds": True}), r"fold.folds: M learns from all folds"),
        (methods(Mix={"branches": ["M"], "paper": {"total": 0.6}}), r"methods.Mix.paper has validation scores"),
        ({"folded": ["A", "Mix"]}, r"folded names Mix, which nobody can validate"),
        ({"methods": {"Mix": {"branches": ["M"]}}, "folded": []}, r"tables.table2.methods names A, known are Mix"),
    ],
)  # fmt: skip
def test_methods_that_cannot_be_fused_are_named(track: dict[str, Any], message: str) -> None:
    with pytest.raises(InputError, match=message):
        run_of(track)


def test_somebody_must_be_validated() -> None:
    system = {"name": "s", "tracks": {"va": TRACK | {"methods": {"Mix": {"branches": ["M"]}}, "folded": []}}}
    with pytest.raises(
        InputError, match=r"of 'Mix' no validation subject is new .*; add a method that can be validated"
    ):
        validated(Run, {"corpus": {"kind": "demo"}, "system": system}, "settings.yaml")


@pytest.mark.parametrize(
    ("table", "changes", "message"),
    [
        ({}, {"folds": 0}, "methods.5-Fold is the mean over trainings of folds, and folds is 0; set folds: 5"),
        ({"methods": ["A", "two"]}, {}, "over is folds, whose table is of one method; .* found A, two"),
        ({"methods": ["two"]}, {}, "table2.methods names two, which tracks.va.folded leaves out; add it"),
        ({"methods": ["Mix"]}, {}, "table2.methods names Mix, which has no validation score on track va"),
        ({"over": "subjects", "runs": {"mean": {}}}, {}, "runs are the paper's figures of folds, and over is subjects"),
        ({"runs": {"mean": {"f1": 0.1}}}, {}, "table2.runs names f1, which none of its tracks has as a score"),
        ({"runs": {"fold0": {}}}, {}, "runs.fold0"),
        ({"split": "test"}, {}, "over is folds, which are parts of train and validation; set split: validation"),
    ],
)
def test_tables_that_cannot_be_made_are_named(table: dict[str, Any], changes: dict[str, Any], message: str) -> None:
    with pytest.raises(InputError, match=message):
        run_of(table=table, **changes)


def test_without_folds_there_is_no_table_of_them() -> None:
    with pytest.raises(InputError, match=r"table2\.over is folds, and folds is 0; set folds: 5, or leave out"):
        run_of({"methods": {"A": {"branches": ["A"]}}, "submit": "A"}, folds=0)


def test_windows_stand_where_they_can_be_applied() -> None:
    windows = BRANCH | {"postprocess": {"mean": {"valence": 20}, "smoothing": [3]}}
    run = run_of({"branches": TRACK["branches"] | {"A": windows}})
    assert run.smooths("va", "A") and not run.smooths("va", "B")
    assert run.notes == ["postprocess of va/A is for corpora that are annotated by utterance, and is not applied here"]
    track = TRACK | {"branches": {"A": windows}, "methods": {"A": {"branches": ["A"]}}, "submit": "A"}
    values = {"corpus": {"kind": "omg", "root": "x"}, "system": {"name": "s", "tracks": {"va": track}}}
    by_utterance = validated(Run, values, "settings.yaml")
    assert not by_utterance.smooths("va", "A")
    note = "postprocess.mean of va/A is for corpora that are annotated by frame, and is not applied here"
    assert by_utterance.notes == [note]
    system = {"name": "s", "tracks": {"au": track | {"branches": {"A": windows | {"select": "total"}}}}}
    with pytest.raises(InputError, match=r"A.postprocess.mean is of valence and arousal, which track au has not"):
        validated(Run, {"corpus": {"kind": "demo"}, "system": system}, "settings.yaml")
    with pytest.raises(
        InputError, match="fit_on: train_and_validation leaves nobody to try windows on; set one window by target"
    ):
        run_of({"branches": TRACK["branches"] | {"M": MIXED | {"postprocess": {"mean": {"valence": [10, 20]}}}}})


def tables(folder: Path) -> tuple[dict[str, Path], Path]:
    """Validation predictions of three branches, and labels."""
    valence, arousal = noisy_branches(1, 3, 50), noisy_branches(2, 3, 50)
    rows = {name: [*zip(valence[n].tolist(), arousal[n].tolist(), strict=True)] for n, name in enumerate("ABC")}
    truth = [*zip(valence[3].tolist(), arousal[3].tolist(), strict=True)]
    paths = {name: fusion_tables.predictions(folder / f"{name}.parquet", {"s": pairs}) for name, pairs in rows.items()}
    return paths, fusion_tables.labels(folder / "labels.parquet", {"s": truth})


@pytest.mark.parametrize("how", ["search", "score", "equal"])
def test_each_target_is_fused_from_its_own_branches(tmp_path: Path, how: str) -> None:
    paths, labels = tables(tmp_path)
    both = {"two": Method.model_validate({"targets": {"valence": ("A", "B"), "arousal": ("B", "C")}})}
    method = fuse(paths, VA, labels, both, Fusion(weights=how, step=0.1), tmp_path / "w.json")["two"]
    assert {target: list(weights) for target, weights in method.weights.items()} == {
        "valence": ["A", "B"],
        "arousal": ["B", "C"],
    }
    predictions = read_branches(paths, VA)
    truth = np.stack([noisy_branches(1, 3, 50)[3], noisy_branches(2, 3, 50)[3]], axis=1)
    for place, (target, weights) in enumerate(method.weights.items()):
        assert sum(weights.values()) == pytest.approx(1)
        columns = np.array([predictions[name].values[:, place] for name in weights])
        by_hand = np.array(list(weights.values())) @ columns
        assert fused(predictions, method)[:, place] == pytest.approx(by_hand, abs=1e-6)
        score = method.scores[f"ccc_{target}"]
        assert score == pytest.approx(ccc(by_hand, truth[:, place]), abs=1e-6)
        if how == "search":
            best = max(ccc(w @ columns, truth[:, place]) for w in simplex_grid(2, 10) / 10)
            assert score == pytest.approx(best, abs=1e-6)


def stored(folder: Path) -> tuple[dict[str, Path], Path, Path]:
    """Weights of a validated method and of one over folds."""
    paths, labels = tables(folder)
    members = ["A:fold1", "A:fold2", "B:fold1", "B:fold2"]
    folds = {"Fold": dict.fromkeys(VA.targets, members)}
    fuse(paths, VA, labels, {"A": Method(branches=("A",))}, Fusion(weights="equal"), folder / "w.json", None, folds)
    return paths, labels, folder / "w.json"


def test_members_of_folds_are_equal_and_marked(tmp_path: Path) -> None:
    paths, labels, weights = stored(tmp_path)
    method = read_weights(weights)["Fold"]
    assert method.branches == ("A:fold1", "A:fold2", "B:fold1", "B:fold2")
    assert all(shares == dict.fromkeys(method.branches, 0.25) for shares in method.weights.values())
    raw = json.loads(weights.read_text())
    assert (raw["Fold"]["validated"], raw["Fold"]["scores"], raw["A"]["validated"]) == (False, {}, True)
    each = dict(zip(method.branches, (paths["A"], paths["B"], paths["C"], paths["A"]), strict=True))
    apply_fusion(weights, "Fold", each, tmp_path / "fused.parquet")
    values = [read_predictions(path, VA).values for path in each.values()]
    assert read_predictions(tmp_path / "fused.parquet", VA).values == pytest.approx(np.mean(values, axis=0), abs=1e-6)
    with pytest.raises(InputError, match="needs predictions of branch A:fold2"):
        apply_fusion(weights, "Fold", {n: p for n, p in each.items() if n != "A:fold2"}, tmp_path / "no.parquet")
    with pytest.raises(InputError, match="'Fold' has members for valence; expected some for each of valence, arousal"):
        fuse(paths, VA, labels, {}, Fusion(), weights, None, {"Fold": {"valence": ["A"]}})


def test_validation_leaves_them_out_and_the_test_split_does_not(tmp_path: Path) -> None:
    paths, labels, weights = stored(tmp_path)
    assert list(read_validation(weights, paths, labels).methods) == ["A"]
    write_spread({"123": weights, "124": weights}, tmp_path / "seeds.csv")
    assert {line.split(",")[0] for line in (tmp_path / "seeds.csv").read_text().splitlines()[1:]} == {"A"}
    held_out = tmp_path / "held_out"
    held_out.mkdir()
    truth = np.clip(np.stack([noisy_branches(1, 3, 50)[3], noisy_branches(2, 3, 50)[3]], axis=1), -1, 1)
    lines = ["valence,arousal", *(f"{v:.6f},{a:.6f}" for v, a in truth)]
    (held_out / "s.txt").write_text("\n".join(lines) + "\n")
    each = {f"{branch}:fold{n}": paths[branch] for branch in "AB" for n in (1, 2)}
    run = run_of()
    score_held_out(each, held_out, weights, "Fold", "demo", 1, run.scoring, 1, tmp_path / "out.json")
    scores = json.loads((tmp_path / "out.json").read_text())
    mean = np.mean([read_predictions(paths[branch], VA).values for branch in "AB"], axis=0)
    assert list(scores["methods"]) == ["Fold"] and scores["weights"] == "equal"
    assert scores["methods"]["Fold"]["ccc_valence"][0] == pytest.approx(ccc(mean[:, 0], truth[:, 0]), abs=1e-5)
