"""How predicted action units go together with the predicted expression: by hand, and as a score on still pictures."""

import csv
from pathlib import Path

import numpy as np
import pytest
from relatedness_lab import CLASSES, RELATED, STUDY, TABLES
from sources_lab import HOLISTIC, write_stills

from affectflow.artifacts.schemas import image_predictions_schema
from affectflow.artifacts.tables import write_parquet
from affectflow.config.data.images import ImageSource
from affectflow.config.evaluation.scoring import Scoring
from affectflow.config.evaluation.still_scores import ZeroShot
from affectflow.config.validate import validated
from affectflow.core.tasks import Tasks
from affectflow.relatedness.matrices import UNITS
from affectflow.report.tables.image_scores import Predicted, write_image_scores
from affectflow.report.tables.still_scores import agreement_score, agreement_tallies, unit_agreement

ZERO_SHOT = ZeroShot(relatedness=TABLES / "du2014.yaml", compounds=TABLES / "du2014_compound.yaml")


def probabilities(*names: str) -> np.ndarray:
    return np.array([[0.7 if name == class_name else 0.05 for class_name in CLASSES] for name in names], np.float32)


def test_it_is_the_mean_of_the_expression_s_units_less_that_of_the_others_that_the_table_names() -> None:
    units = np.full((1, 17), 0.2, np.float32)
    for unit, value in {12: 0.9, 25: 0.6, 6: 0.3, 1: 0.8, 14: 1.0}.items():
        units[0, UNITS.index(unit)] = value
    # Happiness names 12, 25 and 6. The six emotions name all of the 17 units but 14, which so counts as neither.
    expected = (0.9 + 0.6 + 0.3) / 3 - (0.8 + 12 * 0.2) / 13
    agreement = unit_agreement(units, probabilities("happiness"), RELATED.numpy())
    assert agreement == pytest.approx([expected], abs=1e-6)


def test_it_is_1_where_just_these_are_predicted_and_less_than_0_where_just_the_others_are() -> None:
    for name in CLASSES[1:]:
        units = np.array([[float(unit in STUDY.emotions[name].weights) for unit in UNITS]], np.float32)
        assert unit_agreement(units, probabilities(name), RELATED.numpy()) == pytest.approx([1.0])
        assert unit_agreement(1 - units, probabilities(name), RELATED.numpy()) == pytest.approx([-1.0])
        assert unit_agreement(0 * units + 0.4, probabilities(name), RELATED.numpy()) == pytest.approx([0.0], abs=1e-6)


def test_neutral_names_no_unit_and_is_left_out_of_the_mean() -> None:
    units = np.zeros((3, 17), np.float32)
    units[0, [UNITS.index(unit) for unit in (12, 25, 6)]] = 1
    agreement = unit_agreement(units, probabilities("happiness", "neutral", "fear"), RELATED.numpy())
    assert agreement[0] == 1 and np.isnan(agreement[1]) and agreement[2] == 0
    tallies = agreement_tallies(agreement)
    assert agreement_score(tallies.sum(axis=0)) == [0.5]
    assert np.isnan(agreement_score(tallies[1])).all()


def score_images(folder: Path, tasks: Tasks, values: np.ndarray) -> dict[tuple[str, str], dict[str, str]]:
    rows = [{"expression": number % 7} for number in range(len(values))]
    pictures = write_stills(folder / "c", {"validation": rows}) / "validation.arrow"
    columns = {"image": [f"validation {number}" for number in range(len(values))]}
    columns |= {name: values[:, HOLISTIC.outputs.index(name)] for name in tasks.outputs}
    write_parquet(folder / "p.parquet", columns, image_predictions_schema(tasks.outputs))
    prediction = Predicted("X", tasks, "c", folder / "p.parquet")
    corpus = validated(ImageSource, {"images": {"kind": "rafdb", "root": "x"}}, "test").images
    out = folder / "images.csv"
    write_image_scores([prediction], {"c": pictures}, {"c": corpus}, ZERO_SHOT, Scoring(resamples=200), 5, out)
    with out.open(newline="") as lines:
        return {(row["track"], row["score"]): row for row in csv.DictReader(lines)}


def test_it_is_a_score_on_still_pictures_with_an_interval(tmp_path: Path) -> None:
    random = np.random.default_rng(4)
    values = np.zeros((70, 26), np.float32)
    values[:, 2:9] = random.dirichlet(np.ones(7), 70)
    values[:, 9:] = random.uniform(0, 1, (70, 17))
    each = unit_agreement(values[:, 9:], values[:, 2:9], RELATED.numpy())
    row = score_images(tmp_path, HOLISTIC, values)["coupling", "agreement"]
    assert float(row["value"]) == pytest.approx(np.nanmean(each), abs=6e-5)
    assert row["pictures"] == str((values[:, 2:9].argmax(axis=1) != 0).sum())
    # The interval of a mean over pictures: about two standard errors to both sides.
    half, error = (float(row["high"]) - float(row["low"])) / 2, np.nanstd(each) / np.sqrt(int(row["pictures"]))
    assert 1.7 < half / error < 2.6
    # A branch that learns expressions and units alone has it, too; one without units has not.
    two, one = Tasks(HOLISTIC.tracks[1:]), Tasks(HOLISTIC.tracks[1:2])
    assert score_images(tmp_path, two, values)["coupling", "agreement"] == row | {"learnt": "expr+au"}
    assert ("coupling", "agreement") not in score_images(tmp_path, one, values)
