"""Tables over several seeds: mean and deviation, the paper's figures beside, in CSV and Markdown."""

import csv
import json
from pathlib import Path

import pytest

from affectflow.config.evaluation.fusion import Method
from affectflow.config.evaluation.paper_tables import PaperTable
from affectflow.config.validate import validated
from affectflow.core.errors import InputError
from affectflow.core.tracks import track_of
from affectflow.report.tables.figure_cells import deviation
from affectflow.report.tables.paper_figures import seed_figures, trainings_of
from affectflow.report.tables.paper_table import Part, write_paper_table
from affectflow.report.tables.spread import write_spread

VA = track_of("va")
CCC = {"123": 0.25, "124": 0.5, "125": 0.6}
"""By seed. Mean 0.45; sample deviation: the root of (0.04 + 0.0025 + 0.0225) / 2, 0.1803."""
METHODS = {
    "Visual (F)": Method(branches=("F",), paper={"total": 0.435, "mse": 0.2}),
    "Audio": Method(branches=("A",), paper={}),
}
TABLE = {"title": "Table 2", "split": "validation", "tracks": ("va",), "over": "seeds"}


def write_fusion(folder: Path, seed: str, *without: str) -> Path:
    """What the fusion stores of a training, `without` some of its scores."""
    values = dict.fromkeys(VA.scores, CCC[seed]) | dict.fromkeys(VA.errors, 1 - CCC[seed])
    method = {
        "track": "va", "edition": "abaw2", "found_by": "equal", "step": None, "weights": {}, "thresholds": {},
        "scores": {name: value for name, value in values.items() if name not in without}, "frames": 9, "subjects": 2,
    }  # fmt: skip
    path = folder / f"{seed}.json"
    path.write_text(
        json.dumps({title: method | {"branches": definition.branches} for title, definition in METHODS.items()})
    )
    return path


def spread(folder: Path, *seeds: str) -> Path:
    out = folder / "seeds.csv"
    write_spread({seed: write_fusion(folder, seed) for seed in seeds}, out)
    return out.with_suffix(".json")


def write_table(folder: Path, *seeds: str, **changes: object) -> tuple[dict[str, dict[str, str]], list[str]]:
    """Rows of the table by method, and the lines of its Markdown."""
    path = spread(folder, *seeds)
    part = Part(VA, METHODS, {"Baseline": {"total": 0.14}}, seed_figures(path), {})
    table = PaperTable.model_validate({**TABLE, **changes})
    out, text = folder / "t.csv", folder / "t.md"
    write_paper_table(table, [part], deviation(trainings_of([path])), "aff", "affwild2", out, text)
    with out.open(encoding="utf-8", newline="") as lines:
        return {row["method"]: row for row in csv.DictReader(lines)}, text.read_text(encoding="utf-8").splitlines()


def test_ours_are_means_over_seeds_with_their_deviation(tmp_path: Path) -> None:
    rows, lines = write_table(tmp_path, "123", "124", "125", scores={"va": ("total", "mse")})
    assert list(rows) == ["Baseline", "Visual (F)", "Audio"]
    assert rows["Visual (F)"] == {
        "method": "Visual (F)",
        "total": "0.4500", "deviation_total": "0.1803", "paper_total": "0.435", "difference_total": "+0.015",
        "mse": "0.5500", "deviation_mse": "0.1803", "paper_mse": "0.200", "difference_mse": "+0.350",
        "seeds": "3", "note": "", "title": "Table 2",
    }  # fmt: skip
    audio, baseline = rows["Audio"], rows["Baseline"]
    assert (audio["total"], audio["paper_total"], audio["difference_total"]) == ("0.4500", "", "")
    assert (baseline["total"], baseline["deviation_total"], baseline["paper_total"], baseline["seeds"]) == (
        "", "", "0.140", ""
    )  # fmt: skip
    assert "| Visual (F) | 0.4500 ± 0.1803 | 0.435 | +0.015 | 0.5500 ± 0.1803 | 0.200 | +0.350 |" in lines
    assert "Mean and sample deviation over 3 seeds." in lines and not any("interval" in line for line in lines)


def test_one_seed_has_no_deviation(tmp_path: Path) -> None:
    rows, lines = write_table(tmp_path, "124", scores={"va": ("total",)})
    row = rows["Visual (F)"]
    columns = ("total", "deviation_total", "difference_total", "seeds")
    assert [row[column] for column in columns] == ["0.5000", "", "+0.065", "1"]
    assert "| Visual (F) | 0.5000 | 0.435 | +0.065 |" in lines
    assert "Of one seed: there is no deviation." in lines


def test_tables_of_unlike_numbers_of_seeds_are_refused(tmp_path: Path) -> None:
    paths = [tmp_path / "one.csv", tmp_path / "two.csv"]
    for path, seeds in zip(paths, (["123"], ["123", "124"]), strict=True):
        spread(tmp_path, *seeds).rename(path)
    with pytest.raises(InputError, match=r"one\.csv has 1, .*two\.csv has 2: make them anew"):
        trainings_of(paths)


def test_what_was_fused_without_errors_is_named(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"method 'Visual \(F\)' was fused without mse_arousal, mse: fuse again"):
        write_spread({"123": write_fusion(tmp_path, "123", "mse", "mse_arousal")}, tmp_path / "out.csv")


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"split": "test"}, "over is seeds, and the test split is scored for the training with `seed` alone"),
        ({"over": "folds"}, "over is folds, whose table is of one method; name it in methods, found none"),
        ({"over": "runs"}, "over: Input should be 'subjects', 'seeds' or 'folds'"),
    ],
)
def test_settings_that_do_not_fit(changes: dict[str, object], message: str) -> None:
    with pytest.raises(InputError, match=message):
        validated(PaperTable, TABLE | changes, "settings.yaml")


@pytest.mark.parametrize(
    ("score", "ours", "difference"),
    [(0.43549, "0.4355", "+0.000"), (0.43550001, "0.4355", "+0.001"), (0.72804999, "0.7280", "+0.293")],
)
def test_a_figure_is_rounded_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, score: float, ours: str, difference: str
) -> None:
    """0.43549 - 0.435 = 0.00049 is 0.000; of 0.4355, which was rounded before, 0.0005 would be 0.001."""
    monkeypatch.setitem(CCC, "123", score)
    rows, lines = write_table(tmp_path, "123", scores={"va": ("total",)})
    row = rows["Visual (F)"]
    assert (row["total"], row["difference_total"]) == (ours, difference)
    assert f"| Visual (F) | {ours} | 0.435 | {difference} |" in lines
