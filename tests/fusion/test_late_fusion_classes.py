"""Late fusion of expressions and action units, from files to files."""

from pathlib import Path

import numpy as np
import pytest
from sklearn.metrics import accuracy_score, f1_score

from affectflow.artifacts.schemas import labels_schema, predictions_schema
from affectflow.artifacts.tables import read_parquet, write_parquet
from affectflow.config.evaluation.fusion import Fusion, Method
from affectflow.core.tracks import Track, track_of
from affectflow.fusion.late_fusion import apply_fusion, fuse


def make_tables(folder: Path, track: Track) -> tuple[dict[str, Path], Path, np.ndarray, np.ndarray]:
    """Probabilities of two branches, a label table, the probabilities (branch, frame, output), and the labels with NaN
    where not annotated."""
    random = np.random.default_rng(7)
    raw = random.uniform(0.05, 1, (2, 60, len(track.outputs))).astype(np.float32)
    values = raw / raw.sum(axis=2, keepdims=True) if track.name == "expr" else raw
    many = random.integers(0, 7 if track.name == "expr" else 2, (60, len(track.targets)))
    predicted = values[0] if track.name == "au" else values[0].argmax(axis=1, keepdims=True)
    truth = np.where(
        random.random(many.shape) < 0.4, predicted > 0.5 if track.name == "au" else predicted, many
    ).astype(float)
    truth[random.random(truth.shape) < 0.1] = np.nan
    paths = {}
    for name, branch_values in zip("FA", values, strict=True):
        paths[name] = folder / f"{name}.parquet"
        rows = [
            {"subject": "s", "frame": f, **dict(zip(track.outputs, map(float, row), strict=True))}
            for f, row in enumerate(branch_values)
        ]
        write_parquet(paths[name], rows, predictions_schema(track))
    labels = [
        {"subject": "s", "frame": f}
        | {t: None if np.isnan(v) else int(v) for t, v in zip(track.targets, row, strict=True)}
        for f, row in enumerate(truth)
    ]
    write_parquet(folder / "labels.parquet", labels, labels_schema(track))
    return paths, folder / "labels.parquet", values.astype(float), truth


BOTH = {"both": Method(branches=("F", "A"))}


def test_expressions_are_fused_by_one_weighting_of_all_classes(tmp_path: Path) -> None:
    track = track_of("expr")
    paths, labels, values, truth = make_tables(tmp_path, track)
    result = fuse(paths, track, labels, BOTH, Fusion(step=0.1), tmp_path / "w.json")["both"]
    assert list(result.weights) == ["expression"] and result.thresholds == {}
    annotated = ~np.isnan(truth[:, 0])

    def total(weight: float) -> float:
        predicted = (weight * values[0] + (1 - weight) * values[1]).argmax(axis=1)[annotated]
        f1 = f1_score(truth[annotated, 0], predicted, average="macro", labels=range(7), zero_division=0)
        return float(0.67 * f1 + 0.33 * accuracy_score(truth[annotated, 0], predicted))

    assert result.scores["total"] == pytest.approx(total(result.weights["expression"]["F"]), abs=1e-6)
    assert result.scores["total"] == pytest.approx(max(total(n / 10) for n in range(11)), abs=1e-6)
    assert (result.frames, result.subjects) == (annotated.sum(), 1)
    apply_fusion(tmp_path / "w.json", "both", paths, tmp_path / "f.parquet")
    rows = read_parquet(tmp_path / "f.parquet", predictions_schema(track))
    assert sum(rows[name].to_numpy() for name in track.outputs) == pytest.approx(np.ones(60), abs=1e-6)


@pytest.mark.parametrize("thresholds", ["half", "fitted"])
def test_every_action_unit_has_its_own_weights_and_threshold(tmp_path: Path, thresholds: str) -> None:
    track = track_of("au")
    paths, labels, values, truth = make_tables(tmp_path, track)
    settings = Fusion(step=0.1, thresholds=thresholds)
    result = fuse(paths, track, labels, BOTH, settings, tmp_path / "w.json")["both"]
    assert list(result.weights) == list(result.thresholds) == list(track.targets)
    assert len({weights["F"] for weights in result.weights.values()}) > 1, "each unit its own"
    f1, right, decisions = [], 0, 0
    for column, unit in enumerate(track.targets):
        annotated = ~np.isnan(truth[:, column])
        present = truth[annotated, column] == 1
        chances = sum(w * v[annotated, column] for w, v in zip(result.weights[unit].values(), values, strict=True))
        predicted = np.float32(chances) >= np.float32(result.thresholds[unit])
        f1.append(f1_score(present, predicted))
        right, decisions = right + int((present == predicted).sum()), decisions + len(present)
        if thresholds == "half":
            assert result.thresholds[unit] == 0.5
    assert result.scores["f1"] == pytest.approx(np.mean(f1), abs=1e-6)
    assert result.scores["accuracy"] == pytest.approx(right / decisions, abs=1e-6)
    if thresholds == "fitted":
        half = fuse(paths, track, labels, BOTH, Fusion(step=0.1), tmp_path / "half.json")["both"]
        assert result.scores["total"] > half.scores["total"]
