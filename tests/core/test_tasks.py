"""Several tracks learnt by one network (Kollias and Zafeiriou, section VI-A)."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from artifact_factory import Person, make_corpus
from training_lab import CPU, branch, rows_of

from affectflow.artifacts.schemas import MANIFEST, labels_schema, predictions_schema
from affectflow.artifacts.tables import read_parquet, write_parquet
from affectflow.config.system.execution import Loader
from affectflow.config.system.systems import System
from affectflow.config.training.trained import Loss
from affectflow.config.validate import validated
from affectflow.core.errors import InputError
from affectflow.core.tasks import Tasks, tasks_of
from affectflow.core.tracks import TrackName, track_of
from affectflow.dataloading.index import Labelled, read_indices
from affectflow.inference.predict import predict_split
from affectflow.metrics.measures import ccc
from affectflow.models.folder import load_model
from affectflow.models.readout import Readout
from affectflow.training.objective import Objective
from affectflow.training.paths import Paths
from affectflow.training.task_module import validation_scores
from affectflow.training.train import train_branch

THREE = tasks_of("va+expr+au", "abaw1")
NAMES: tuple[TrackName, ...] = ("va", "expr", "au")
PEOPLE = [
    *(Person(f"train {k}", "train", 40) for k in range(5)),
    *(Person(f"val-{k}", "validation", 37) for k in range(3)),
    Person("test", "test", 21),
]


def test_tasks_lay_tracks_side_by_side() -> None:
    assert THREE.name == "va+expr+au" and THREE.edition == "abaw1"
    assert len(THREE.outputs) == 2 + 7 + 8 and len(THREE.targets) == 2 + 1 + 8
    assert [(track.name, outputs, targets) for track, outputs, targets in THREE.parts()] == [
        ("va", slice(0, 2), slice(0, 2)),
        ("expr", slice(2, 9), slice(2, 3)),
        ("au", slice(9, 17), slice(3, 11)),
    ]
    assert THREE.outputs_of("expr") == slice(2, 9)
    assert THREE.scores[:4] == ("va_ccc_valence", "va_ccc_arousal", "va_total", "expr_f1")
    assert THREE.scores[-1] == "total"
    assert Tasks((track_of("expr"),)).scores == track_of("expr").scores


def numbers(rows: int) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
    """Raw outputs, targets of which some are missing, and a mask, in double precision."""
    draw = np.random.default_rng(0)
    target = np.concatenate(
        [draw.uniform(-1, 1, (rows, 2)), draw.integers(0, 7, (rows, 1)), draw.integers(0, 2, (rows, 8))], axis=1
    ).astype(np.float64)
    target[draw.random((rows, 1))[:, 0] < 0.3, :2] = np.nan
    target[draw.random(rows) < 0.3, 2] = np.nan
    target[:, 3:][draw.random((rows, 8)) < 0.3] = np.nan
    return (torch.from_numpy(draw.normal(size=(rows, 17))), torch.from_numpy(target), torch.arange(rows) < rows - 2)


def by_hand(raw: np.ndarray, target: np.ndarray) -> float:
    """Equations 4 + 5 + 6 in plain numpy, each over what is annotated."""
    annotated = ~np.isnan(target[:, :2]).any(axis=1)
    agreement = [ccc(raw[annotated, k], target[annotated, k]) for k in (0, 1)]
    surprises = []
    for row, label in zip(raw[:, 2:9], target[:, 2], strict=True):
        if not np.isnan(label):
            surprises.append(-np.log(np.exp(row[int(label)]) / np.exp(row).sum()))
    sums = []
    for row, labels in zip(raw[:, 9:], target[:, 3:], strict=True):
        p = 1 / (1 + np.exp(-row))
        terms = [t * np.log(q) + (1 - t) * np.log(1 - q) for q, t in zip(p, labels, strict=True) if not np.isnan(t)]
        if terms:
            sums.append(-sum(terms))
    return float(np.mean(surprises) + np.mean(sums) + 1 - 0.5 * sum(agreement))


EQUATIONS = Loss(mse=0, ccc=1, cross_entropy=1, bce=1, bce_reduction="sum")


def test_the_loss_is_the_sum_of_equations_4_to_6() -> None:
    raw, target, mask = numbers(60)
    loss = Objective(Readout(THREE), EQUATIONS, np.zeros((1, 11), np.float32)).double()(raw, target, mask)
    assert float(loss) == pytest.approx(by_hand(raw[mask].numpy(), target[mask].numpy()), abs=1e-6)


def test_equation_5_by_hand() -> None:
    """Two units of one frame, probabilities 0.8 and 0.4, both present: -log 0.8 - log 0.4."""
    raw = torch.full((1, 1, 17), 0.0, dtype=torch.float64)
    raw[..., 9:11] = torch.logit(torch.tensor([0.8, 0.4], dtype=torch.float64))
    target = torch.full((1, 1, 11), float("nan"), dtype=torch.float64)
    target[..., 3:5] = 1.0
    objective = Objective(Readout(THREE), EQUATIONS, np.zeros((1, 11), np.float32)).double()
    assert float(objective(raw, target, torch.ones(1, 1, dtype=torch.bool))) == pytest.approx(1.1394342831883648)


def test_gradients_are_those_of_finite_differences() -> None:
    raw, target, mask = numbers(12)
    objective = Objective(Readout(THREE), EQUATIONS, np.zeros((1, 11), np.float32)).double()
    assert torch.autograd.gradcheck(lambda x: objective(x, target, mask), raw.requires_grad_(), atol=1e-6)


def test_what_is_not_annotated_has_no_gradient() -> None:
    raw, target, mask = numbers(30)
    target[:, 3:] = float("nan")
    raw.requires_grad_()
    Objective(Readout(THREE), EQUATIONS, np.zeros((1, 11), np.float32)).double()(raw, target, mask).backward()
    assert raw.grad is not None
    assert (raw.grad[:, 9:] == 0).all() and (raw.grad[~mask] == 0).all()
    assert (raw.grad[:, 2:9][target[:, 2].isnan()] == 0).all() and (raw.grad[:, :2] != 0).any()


def test_predictions_and_scores_are_those_of_each_track() -> None:
    raw, target, _ = (part.float() if part.is_floating_point() else part for part in numbers(80))
    values = Readout(THREE).predicted(raw)
    scores = validation_scores(THREE, values, target)
    totals = []
    for track, outputs, targets in THREE.parts():
        alone = Tasks((track,))
        assert torch.equal(values[:, outputs], Readout(alone).predicted(raw[:, outputs]))
        track_scores = validation_scores(alone, values[:, outputs], target[:, targets])
        assert {f"{track.name}_{name}": value for name, value in track_scores.items()}.items() <= scores.items()
        totals.append(track_scores["total"])
    assert scores["total"] == pytest.approx(np.mean(totals))
    assert set(scores) == set(THREE.scores)


@pytest.fixture(scope="module")
def corpus(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Three tracks whose labels follow from the same curves."""
    root = tmp_path_factory.mktemp("corpus")
    manifest, labels, work = make_corpus(root, PEOPLE)
    table = read_parquet(labels, labels_schema(track_of("va"))).to_pylist()
    for name in NAMES:
        track = track_of(name, "abaw1")
        (work / name).mkdir()
        write_parquet(work / name / "manifest.parquet", read_parquet(manifest, MANIFEST).to_pylist(), MANIFEST)
        rows = [{"subject": row["subject"], "frame": row["frame"], **label(name, row)} for row in table]
        write_parquet(work / name / "labels.parquet", rows, labels_schema(track))
    return work


def label(name: TrackName, row: dict[str, Any]) -> dict[str, Any]:
    valence = row["valence"]
    if name == "va":
        return {"valence": valence, "arousal": row["arousal"]}
    if name == "expr":
        return {"expression": 4 if valence > 0.3 else 5 if valence < -0.3 else 0}
    return {unit: int(valence > 0) for unit in track_of("au", "abaw1").targets}


def sources(work: Path) -> dict[TrackName, Labelled]:
    return {name: Labelled(work / name / "manifest.parquet", work / name / "labels.parquet") for name in NAMES}


def with_splits(work: Path, folder: Path, splits: dict[TrackName, dict[str, str]]) -> dict[TrackName, Labelled]:
    """The corpus with some subjects of a track in another split, or in none."""
    labelled = sources(work)
    for name, changes in splits.items():
        rows = read_parquet(labelled[name].manifest, MANIFEST).to_pylist()
        rows = [row | {"split": changes.get(row["subject"], row["split"])} for row in rows]
        path = folder / f"{name}.parquet"
        write_parquet(path, [row for row in rows if row["split"] != "none"], MANIFEST)
        labelled[name] = replace(labelled[name], manifest=path)
    return labelled


def test_a_frame_counts_with_any_of_the_labels(corpus: Path, tmp_path: Path) -> None:
    labelled = with_splits(corpus, tmp_path, {"va": {"train 0": "none"}, "au": {"train 0": "none", "train 1": "none"}})
    index = read_indices(list(labelled.values()), "train", THREE, "leave_out")
    assert [subject.subject for subject in index.subjects] == [f"train {k}" for k in range(5)]
    assert [subject.offset for subject in index.subjects] == [0, 40, 80, 120, 160]
    annotated = ~np.isnan(index.targets)
    assert not annotated[:40, :2].any() and annotated[:40, 2].all() and not annotated[:80, 3:].any()
    assert annotated[40:, :2].all() and annotated[80:, 3:].all()
    single_track = [
        read_indices([labelled[name]], "train", Tasks((track_of(name, "abaw1"),)), "keep") for name in NAMES
    ]
    assert np.array_equal(index.targets[160:, 2:3], single_track[1].targets[160:])


def test_nobody_is_trained_on_whom_another_track_validates(corpus: Path, tmp_path: Path) -> None:
    labelled = list(
        with_splits(corpus, tmp_path, {"expr": {"train 3": "validation"}, "au": {"train 4": "test"}}).values()
    )
    train = read_indices(labelled, "train", THREE, "leave_out")
    assert [subject.subject for subject in train.subjects] == ["train 0", "train 1", "train 2"]
    assert train.left_out == ("train 3", "train 4")
    with_overlap = read_indices(labelled, "train", THREE, "keep")
    assert len(with_overlap.subjects) == 5 and with_overlap.left_out == ()
    assert np.isnan(with_overlap.targets[120:160, 2]).all() and np.isnan(with_overlap.targets[160:, 3:]).all()
    validation = read_indices(labelled, "validation", THREE, "leave_out")
    place = {subject.subject: subject for subject in validation.subjects}["train 3"].offset
    assert np.isnan(validation.targets[place : place + 40, [0, 1, 3]]).all()
    assert not np.isnan(validation.targets[place : place + 40, 2]).any()
    with pytest.raises(InputError, match="every subject of split 'train' is in another split of another track"):
        everyone = {f"train {k}": "validation" for k in range(4)} | {"val-0": "train"}
        others = with_splits(corpus, tmp_path, {"expr": everyone, "au": {"train 4": "test", "val-0": "train"}})
        read_indices(list(others.values()), "train", THREE, "leave_out")


def test_a_branch_learns_three_tracks_and_predicts_each(corpus: Path, tmp_path: Path) -> None:
    settings = branch(
        network={
            "name": "multi_rnn",
            "components": {"face": {"backbone": "resnet18", "width": 4, "levels": ["last_pool"], "hidden": 8}},
        },
        tracks=["va", "expr", "au"],
        loss={"mse": 0, "bce_reduction": "sum"},
        epochs=8,
    )
    paths = Paths(sources(corpus), corpus, tmp_path / "c", tmp_path / "out", tmp_path / "w.yaml", tmp_path / "w")
    train_branch(
        "MT", settings, THREE, paths, seed=1, loader=Loader(), device=CPU, tracking=None, experiment="corpus/system"
    )
    rows = rows_of(tmp_path / "out")
    assert float(rows[-1]["train_loss"]) < 0.9 * float(rows[0]["train_loss"])
    last = {name: max(float(row[name]) for row in rows) for name in THREE.scores}
    # Valence shows in the face and decides expression and units; arousal does not.
    assert last["va_ccc_valence"] > 0.7 and last["expr_f1"] > 0.35 and last["au_f1"] > 0.6
    trained = load_model(tmp_path / "out")
    assert trained.tasks == THREE
    for name in NAMES:
        out = tmp_path / f"{name}.parquet"
        predict_split(
            tmp_path / "out", corpus / name / "manifest.parquet", corpus, "test", out, track=name, device=CPU,
            loader=Loader(),
        )  # fmt: skip
        table = read_parquet(out, predictions_schema(track_of(name, "abaw1")))
        assert table.num_rows == 21 and table.column_names[2:] == list(track_of(name, "abaw1").outputs)
    sums = np.sum([table_of(tmp_path / "expr.parquet", "expr")[output] for output in track_of("expr").outputs], axis=0)
    assert sums == pytest.approx(np.ones(21), abs=1e-5)
    with pytest.raises(InputError, match=r"has learnt va, expr, au; asked for is none of them by name"):
        predict_split(
            tmp_path / "out", corpus / "va/manifest.parquet", corpus, "test", out, device=CPU, loader=Loader()
        )


def table_of(path: Path, name: TrackName) -> dict[str, list[float]]:
    columns: dict[str, list[float]] = read_parquet(path, predictions_schema(track_of(name, "abaw1"))).to_pydict()
    return columns


def system(**branches: dict[str, Any]) -> System:
    """A system whose tracks have the branches given as `<track>_<branch>`."""
    tracks: dict[str, Any] = {}
    for key, branch_settings in branches.items():
        track, _, name = key.partition("_")
        tracks.setdefault(track, {"branches": {}})["branches"][name] = {"streams": ["face"], **branch_settings}
    for track_settings in tracks.values():
        first = next(iter(track_settings["branches"]))
        track_settings |= {"methods": {"X": {"branches": [first]}}, "submit": "X"}
    return validated(System, {"name": "s", "tracks": tracks}, "s.yaml")


BOTH = {"tracks": ["va", "expr"]}


def test_a_branch_of_several_tracks_stands_in_each() -> None:
    configuration = system(va_M=BOTH, expr_M=BOTH)
    assert (
        configuration.tracks["va"].branches["M"].task("va")
        == configuration.tracks["expr"].branches["M"].task("expr")
        == "va+expr"
    )
    for wrong, message in (
        ({"va_M": BOTH}, "give tracks.expr.branches.M the same settings"),
        ({"va_M": BOTH, "expr_M": BOTH | {"batch": 3}}, "give tracks.expr.branches.M the same settings"),
        ({"va_M": {"tracks": ["expr"]}, "expr_M": {}}, "expected va among them"),
        ({"va_M": {"tracks": ["va", "va"]}}, "each once"),
        ({"va_M": BOTH | {"select": "f1"}, "expr_M": BOTH | {"select": "f1"}}, "expected one of va_ccc_valence"),
        ({"va_M": BOTH | {"sampling": "balanced"}, "expr_M": BOTH | {"sampling": "balanced"}}, "of one track"),
    ):
        with pytest.raises(InputError, match=message):
            system(**wrong)


def test_a_branch_may_start_from_another_but_not_from_itself() -> None:
    system(va_A={}, va_B={"init": {"face": "A"}}, va_C={"init": {"face": "demo/other/va/F"}})
    system(va_A={}, va_M=BOTH | {"init": {"face": "A"}}, expr_M=BOTH | {"init": {"face": "A"}})
    with pytest.raises(InputError, match="is made from itself, by way of"):
        system(va_A={"init": {"face": "B"}}, va_B={"init": {"face": "C"}}, va_C={"init": {"face": "A"}})
