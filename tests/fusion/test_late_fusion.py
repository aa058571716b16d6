"""Late fusion from files to files: weights stored, applied, and every mismatch named."""

import json
import subprocess
from pathlib import Path

import fusion_tables
import numpy as np
import pytest
import warm
from fusion_tables import VA, noisy_branches

from affectflow.artifacts.predictions import check_complete, read_branches, read_predictions
from affectflow.artifacts.schemas import labels_schema, predictions_schema
from affectflow.artifacts.tables import read_parquet, write_parquet
from affectflow.config.evaluation.fusion import Fusion, Method
from affectflow.core.errors import InputError
from affectflow.core.tracks import track_of
from affectflow.fusion.late_fusion import apply_fusion, fuse, fused, read_weights
from affectflow.fusion.weighted import simplex_grid
from affectflow.metrics.measures import ccc


def tables(folder: Path, names: str = "FBA", counts: tuple[int, ...] = (30, 25)) -> dict[str, Path]:
    """Predictions by branch and, under `labels`, labels: a row short, a row long, some not annotated."""
    paths: dict[str, Path] = {}
    for column, name in enumerate(names):
        values = {}
        for number, frames in enumerate(counts):
            valence, arousal = (
                noisy_branches(number, len(names), frames),
                noisy_branches(number + 50, len(names), frames),
            )
            values[f"video {number}"] = list(zip(valence[column].tolist(), arousal[column].tolist(), strict=True))
        paths[name] = fusion_tables.predictions(folder / f"{name}.parquet", values)
    labelled = {}
    for number, frames in enumerate(counts):
        rows = list(
            zip(
                noisy_branches(number, len(names), frames)[-1],
                noisy_branches(number + 50, len(names), frames)[-1],
                strict=True,
            )
        )
        labelled[f"video {number}"] = [(float(v), float(a)) for v, a in rows]
    labelled["video 0"] = [*labelled["video 0"], (0.9, -0.9)]
    labelled["video 1"] = [(None, None) if n % 5 == 0 else row for n, row in enumerate(labelled["video 1"][:-1])]
    paths["labels"] = fusion_tables.labels(folder / "labels.parquet", labelled)
    return paths


METHODS = {
    "B": Method(branches=("B",)),
    "A + F": Method(branches=("A", "F")),
    "all": Method(branches=("F", "B", "A")),
}


def frames_by_hand(paths: dict[str, Path]) -> tuple[dict[str, np.ndarray], np.ndarray]:
    """Annotated frames joined row by row: (frames, 2) by branch, clipped, and the labels."""
    rows = read_parquet(paths["labels"], labels_schema(VA)).to_pylist()
    truth = {(r["subject"], r["frame"]): (r["valence"], r["arousal"]) for r in rows if r["valence"] is not None}
    scores = {}
    for name in "FBA":
        values = read_parquet(paths[name], predictions_schema(VA)).to_pylist()
        scores[name] = {(r["subject"], r["frame"]): (r["valence"], r["arousal"]) for r in values}
    keys = [key for key in scores["F"] if key in truth]
    joined = {name: np.clip([scores[name][key] for key in keys], -1, 1) for name in scores}
    return joined, np.array([truth[key] for key in keys])


@pytest.mark.parametrize("how", ["search", "score", "equal"])
def test_stored_weights_and_scores(tmp_path: Path, how: str) -> None:
    paths = tables(tmp_path)
    labels = paths["labels"]
    branches = {name: paths[name] for name in "FBA"}
    fuse(branches, VA, labels, METHODS, Fusion(weights=how, step=0.1), tmp_path / "weights.json")
    joined, truth = frames_by_hand(paths)
    assert len(truth) == 30 + 19
    stored = read_weights(tmp_path / "weights.json")
    assert list(stored) == list(METHODS)
    for title, method in stored.items():
        assert (method.found_by, method.frames, method.subjects) == (how, 49, 2)
        for column, target in enumerate(("valence", "arousal")):
            branch_scores = np.array([joined[name][:, column] for name in method.branches])
            weights = np.array([method.weights[target][name] for name in method.branches])
            score = ccc(weights @ branch_scores, truth[:, column])
            single_precision = (weights @ branch_scores).astype(np.float32)  # as tables of scores are
            assert method.scores[f"ccc_{target}"] == pytest.approx(ccc(single_precision, truth[:, column]), abs=1e-8)
            single = [ccc(row, truth[:, column]) for row in branch_scores]
            if how == "search":
                grid = simplex_grid(len(branch_scores), 10) / 10
                assert score == pytest.approx(max(ccc(w @ branch_scores, truth[:, column]) for w in grid), abs=1e-12)
            elif how == "score":
                shares = np.maximum(single, 0) / np.maximum(single, 0).sum()
                assert weights == pytest.approx(shares, abs=1e-9)
            else:
                assert weights == pytest.approx(np.full(len(branch_scores), 1 / len(branch_scores))), title


def test_same_bytes(tmp_path: Path) -> None:
    paths = tables(tmp_path)
    branches = {name: paths[name] for name in "FBA"}
    texts = []
    for name in ("one.json", "two.json"):
        fuse(branches, VA, paths["labels"], METHODS, Fusion(), tmp_path / name)
        texts.append((tmp_path / name).read_bytes())
    assert texts[0] == texts[1]
    assert texts[0].endswith(b"}\n")


def test_applied_to_every_frame(tmp_path: Path) -> None:
    paths = tables(tmp_path)
    branches = {name: paths[name] for name in "FBA"}
    fuse(branches, VA, paths["labels"], METHODS, Fusion(step=0.1), tmp_path / "weights.json")
    apply_fusion(tmp_path / "weights.json", "A + F", branches, tmp_path / "fused.parquet")
    rows = read_parquet(tmp_path / "fused.parquet", predictions_schema(VA))
    face = read_parquet(paths["F"], predictions_schema(VA))
    assert rows["subject"].equals(face["subject"])
    assert rows["frame"].equals(face["frame"])
    weights = read_weights(tmp_path / "weights.json")["A + F"].weights
    audio = read_parquet(paths["A"], predictions_schema(VA))
    for target in ("valence", "arousal"):
        scores = {n: np.clip(t[target].to_numpy().astype(float), -1, 1) for n, t in (("A", audio), ("F", face))}
        expected = sum(weights[target][name] * scores[name] for name in "AF")
        assert rows[target].to_numpy() == pytest.approx(expected, abs=1e-6)
        assert np.abs(rows[target].to_numpy()).max() <= 1


def test_wild_branch_is_clipped_before_the_average(tmp_path: Path) -> None:
    wild = fusion_tables.predictions(tmp_path / "wild.parquet", {"s": [(7.0, -3.0), (0.5, 0.5)]})
    tame = fusion_tables.predictions(tmp_path / "tame.parquet", {"s": [(0.0, 0.0), (0.0, 0.0)]})
    predictions = read_branches({"W": wild, "T": tame}, VA)
    labels = fusion_tables.labels(tmp_path / "labels.parquet", {"s": [(0.5, -0.5), (0.25, 0.25)]})
    methods = {"both": Method(branches=("W", "T"))}
    weights = fuse({"W": wild, "T": tame}, VA, labels, methods, Fusion(weights="equal"), tmp_path / "w.json")
    assert fused(predictions, weights["both"]).tolist() == [[0.5, -0.5], [0.25, 0.25]]
    perfect = dict.fromkeys(("ccc_valence", "ccc_arousal", "total"), 1.0)
    assert weights["both"].scores == perfect | dict.fromkeys(("mse_valence", "mse_arousal", "mse"), 0.0)


@pytest.mark.parametrize(
    ("other", "message"),
    [
        ({"a": [(0, 0)] * 3, "c": [(0, 0)] * 2}, "subject b in the one stands where c"),
        ({"b": [(0, 0)] * 2, "a": [(0, 0)] * 3}, "subject a in the one stands where b"),
        ({"a": [(0, 0)] * 3, "b": [(0, 0)] * 1}, "subject b has 2 frames in the one and 1"),
        ({"a": [(0, 0)] * 3}, "subject b is only in .*one.parquet"),
        ({"a": [(0, 0)] * 3, "b": [(0, 0)] * 2, "c": [(0, 0)]}, "subject c is only in .*other.parquet"),
    ],
)
def test_branches_that_do_not_match(tmp_path: Path, other: dict[str, fusion_tables.Pairs], message: str) -> None:
    one = fusion_tables.predictions(tmp_path / "one.parquet", {"a": [(0, 0)] * 3, "b": [(0, 0)] * 2})
    paths = {"one": one, "other": fusion_tables.predictions(tmp_path / "other.parquet", other)}
    with pytest.raises(InputError, match=message):
        read_branches(paths, VA)


@pytest.mark.parametrize(
    ("rows", "message"),
    [
        ([("a", 0, 0.0), ("a", 2, 0.0)], "frame 2, expected frame 1"),
        ([("a", 1, 0.0)], "frame 1, expected frame 0"),
        ([("a", 0, 0.0), ("a", 0, 0.0)], "frame 0, expected frame 1"),
        ([("a", 0, 0.0), ("b", 0, 0.0), ("a", 1, 0.0)], "subject a are in two places, the second from row 2"),
        ([("a", 0, 0.0), ("a", 1, float("nan"))], "subject a, frame 1 is nan"),
        ([("a", 0, float("inf"))], "frame 0 is inf"),
        ([("a", 0, None)], "frame 0 is nan"),
        ([("a", None, 0.0)], "without subject or frame"),
    ],
)
def test_broken_predictions(tmp_path: Path, rows: list[tuple[str, int, float]], message: str) -> None:
    path = tmp_path / "p.parquet"
    write_parquet(
        path, [{"subject": s, "frame": f, "valence": 0.0, "arousal": a} for s, f, a in rows], predictions_schema(VA)
    )
    with pytest.raises(InputError, match=message):
        read_predictions(path, VA)


def test_predictions_against_the_manifest(tmp_path: Path) -> None:
    predictions = read_predictions(fusion_tables.predictions(tmp_path / "p.parquet", {"a": [(0, 0)] * 3}), VA)
    check_complete(predictions, fusion_tables.manifest(tmp_path / "same.parquet", {"a": 3}), "test", VA)
    for name, frames, message in (
        ("more", {"a": 4}, "3 frames of subject a, but .* has 4"),
        ("another", {"a": 3, "b": 2}, "no frames of subject b, but .* has 2"),
        ("none", {}, "3 frames of subject a, but .* has no"),
        ("undecoded", {"a": 0}, "3 frames of subject a, but .* has no"),
    ):
        with pytest.raises(InputError, match=message):
            check_complete(predictions, fusion_tables.manifest(tmp_path / f"{name}.parquet", frames), "test", VA)


def test_predictions_of_clips_against_the_manifest(tmp_path: Path) -> None:
    eri, path = track_of("eri"), tmp_path / "p.parquet"
    rows = [{"subject": name, "frame": 0, **dict.fromkeys(eri.outputs, 0.5)} for name in ("a", "b")]
    write_parquet(path, rows, predictions_schema(eri))
    predictions = read_predictions(path, eri)
    check_complete(
        predictions, fusion_tables.manifest(tmp_path / "m.parquet", {"a": 40, "b": 1, "undecoded": 0}), "test", eri
    )
    with pytest.raises(InputError, match=r"no frames of subject c, but .* has 1 of it in the test split"):
        check_complete(
            predictions, fusion_tables.manifest(tmp_path / "m.parquet", {"a": 40, "b": 1, "c": 9}), "test", eri
        )
    with pytest.raises(InputError, match=r"1 frames of subject b, but .* has no"):
        check_complete(predictions, fusion_tables.manifest(tmp_path / "m.parquet", {"a": 40, "b": 0}), "test", eri)


@pytest.mark.parametrize(
    ("labelled", "message"),
    [
        ({"b": [(0.1, 0.1)]}, r"1 subject\(s\) of .*F.parquet have no labels: a"),
        ({}, r"1 subject\(s\) of .*F.parquet have no labels: a"),
        ({"a": [(None, None)] * 2}, "no frame of .* is annotated"),
        ({"a": [(0.1, None), (None, 0.1)]}, "no frame of .* is annotated"),
    ],
)
def test_labels_that_do_not_match(tmp_path: Path, labelled: dict[str, fusion_tables.Pairs], message: str) -> None:
    paths = {"F": fusion_tables.predictions(tmp_path / "F.parquet", {"a": [(0, 0)] * 3})}
    labels = fusion_tables.labels(tmp_path / "labels.parquet", labelled)
    with pytest.raises(InputError, match=message):
        fuse(paths, VA, labels, {"F": Method(branches=("F",))}, Fusion(), tmp_path / "weights.json")


def test_labels_of_other_splits_play_no_part_and_a_subject_without_predictions_is_missed(tmp_path: Path) -> None:
    paths = {"F": fusion_tables.predictions(tmp_path / "F.parquet", {"a": [(0.1, 0.2), (0.3, 0.1)]})}
    annotations = {"a": [(0.2, 0.2), (0.3, 0.0)]}
    methods = {"F": Method(branches=("F",))}
    texts = []
    for name, labelled in (("own", annotations), ("more", annotations | {"b": [(0.9, 0.9)]})):
        labels = fusion_tables.labels(tmp_path / f"{name}.parquet", labelled)
        fuse(paths, VA, labels, methods, Fusion(), tmp_path / f"{name}.json")
        texts.append((tmp_path / f"{name}.json").read_bytes())
    assert texts[0] == texts[1]
    both = fusion_tables.manifest(tmp_path / "m.parquet", {"a": 2, "b": 1}, "validation")
    with pytest.raises(InputError, match=r"no frames of subject b, but .* has 1 of it in the validation split"):
        fuse(paths, VA, labels, methods, Fusion(), tmp_path / "w.json", both)


def test_methods_that_do_not_fit(tmp_path: Path) -> None:
    paths = tables(tmp_path)
    labels = paths.pop("labels")
    for branches, message in ((("F", "X"), "needs branch X"), (("F", "F"), "names a branch twice")):
        with pytest.raises(InputError, match=message):
            fuse(paths, VA, labels, {"m": Method(branches=branches)}, Fusion(), tmp_path / "weights.json")
    fuse(paths, VA, labels, METHODS, Fusion(step=0.1), tmp_path / "weights.json")
    with pytest.raises(InputError, match="no method 'none'; it has 'B', 'A \\+ F', 'all'"):
        apply_fusion(tmp_path / "weights.json", "none", paths, tmp_path / "f.parquet")
    with pytest.raises(InputError, match="needs predictions of branch A"):
        apply_fusion(tmp_path / "weights.json", "all", {n: paths[n] for n in "FB"}, tmp_path / "f.parquet")
    (tmp_path / "cut.json").write_text((tmp_path / "weights.json").read_text()[:-30])
    with pytest.raises(InputError, match="not a file of fusion weights"):
        read_weights(tmp_path / "cut.json")
    with pytest.raises(InputError, match="no such file"):
        read_weights(tmp_path / "absent.json")


def test_scripts(tmp_path: Path, root: Path) -> None:
    paths = tables(tmp_path)
    options = [option for name in "FBA" for option in ("--prediction", f"{name}={paths[name]}")]
    methods = json.dumps({title: method.model_dump() for title, method in METHODS.items()})
    scripts, weights, out = root / "workflow/scripts", tmp_path / "weights.json", tmp_path / "fused.parquet"
    manifest = fusion_tables.manifest(tmp_path / "m.parquet", {"video 0": 30, "video 1": 25}, "validation")
    command = [
        warm.python(), scripts / "fuse.py", *options, "--labels", paths["labels"], "--manifest", manifest,
        "--track", "va", "--edition", "abaw2", "--methods", methods, "--out", weights, "--fusion",
    ]  # fmt: skip
    subprocess.run([*command, '{"weights": "score"}'], check=True)
    assert read_weights(weights)["all"].found_by == "score"
    apply = [warm.python(), scripts / "apply_fusion.py", "--weights", weights, "--method", "all", *options]
    subprocess.run([*apply, "--out", out], check=True)
    assert read_parquet(out, predictions_schema(VA)).num_rows == 55
    failed = subprocess.run([*command, '{"step": 0.3}'], capture_output=True, text=True)
    assert failed.returncode == 2
    assert failed.stderr.startswith("error: --fusion: ") and "step 0.3 does not divide 1" in failed.stderr
