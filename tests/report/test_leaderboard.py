"""The leaderboard: what is compared with what, in which order, what is stale, and every cell traced."""

import csv
import json
import math
import shutil
from pathlib import Path

import pytest
from board_lab import make_labels, make_system, make_systems
from hypothesis import given
from hypothesis import strategies as st
from miniature import rows_of
from record_factory import source, write_record

from affectflow.artifacts.digest import file_digest
from affectflow.artifacts.layout import Layout
from affectflow.artifacts.record import record_path
from affectflow.core.errors import InputError
from affectflow.core.tracks import track_of
from affectflow.lineage.chain import Chain
from affectflow.report.leaderboard.board import RankedRow, main_score, ranked, read_board, split_key, stale
from affectflow.report.leaderboard.entry import Figure, LeaderboardEntry
from affectflow.report.leaderboard.write import write_leaderboard
from affectflow.report.trace.cell_trace import CellTrace, cell_lines, trace_cell
from affectflow.report.trace.remade import Remade
from affectflow.report.trace.table_trace import Tables
from affectflow.report.trace.traced import describe_cell, traced_cell

VA = track_of("va")
TABLE = "results/leaderboard.csv"
MODEL = "models/people/two/va/F/official-1/model.safetensors"


@pytest.fixture(scope="module")
def several_runs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder in which several systems were run; not to be changed."""
    folder = tmp_path_factory.mktemp("several")
    make_systems(folder)
    return folder


@pytest.fixture
def folder(several_runs: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A copy of it, with a leaderboard."""
    shutil.copytree(several_runs, tmp_path / "project", copy_function=shutil.copy2)
    monkeypatch.chdir(tmp_path / "project")
    write_board(Path())
    return Path()


def entries(folder: Path) -> list[Path]:
    files = folder.glob("leaderboard_entries/*/*/*.json")
    return sorted(path.relative_to(folder) for path in files if not path.name.endswith(".record.json"))


def write_board(folder: Path) -> list[dict[str, str]]:
    """The rows of a leaderboard that is made anew, with its record."""
    files = [folder / f"results/leaderboard.{suffix}" for suffix in ("csv", "md", "html")]
    write_leaderboard(Chain(folder), entries(folder), *files)
    names = [path.as_posix() for path in entries(folder)]
    write_record(folder, TABLE, "leaderboard", names, entries=names, out=TABLE)
    return rows_of(files[0])


def test_what_cannot_be_compared_stands_apart_and_synthetic_corpora_come_last(folder: Path) -> None:
    groups = read_board(Chain(folder), entries(folder))
    assert [(group.track.name, group.corpus, group.synthetic, len(group.ranked_rows)) for group in groups] == [
        ("va", "people", False, 6),
        ("au", "people", False, 3),
        ("va", "demo", True, 3),
    ]
    for group in groups:
        totals = [main_score(entry) for entry in group.ranked_rows]
        assert totals == sorted(totals, key=lambda total: -(total or 0.0))
        assert [entry.rank for entry in group.ranked_rows] == list(range(1, len(group.ranked_rows) + 1))


def test_editions_of_one_corpus_are_not_ranked_together(tmp_path: Path) -> None:
    for edition in ("abaw2", "abaw3"):
        track = track_of("au", edition)  # type: ignore[arg-type]
        make_labels(tmp_path, "people", track)
        make_system(tmp_path, "people", edition, track)
    groups = read_board(Chain(tmp_path), entries(tmp_path))
    assert [(group.track.edition, len(group.ranked_rows)) for group in groups] == [("abaw2", 3), ("abaw3", 3)]


def test_the_same_entries_give_the_same_bytes_in_whatever_order(folder: Path, tmp_path: Path) -> None:
    outs = [[tmp_path / f"{n}.{suffix}" for suffix in ("csv", "md", "html")] for n in (0, 1)]
    write_leaderboard(Chain(folder), entries(folder), *outs[0])
    write_leaderboard(Chain(folder), entries(folder)[::-1], *outs[1])
    for one, other in zip(*outs, strict=True):
        assert one.read_text().replace("/0.csv", "/1.csv") == other.read_text()


def ranked_row_of(total: float | None, system: str) -> RankedRow:
    """An entry of which the total alone is known."""
    figure = Figure(value=total, low=None, high=None)
    row = _ROW.model_copy(update={"scores": {"total": figure}})
    return RankedRow(_ENTRY.model_copy(update={"system": system}), row, None, None)


@given(st.lists(st.none() | st.sampled_from([-0.5, 0.0, 0.1, 0.1 + 1e-9, 0.7]) | st.floats(-1, 1), max_size=8))
def test_a_rank_is_one_more_than_there_are_better_ones(totals: list[float | None]) -> None:
    ranking = ranked([ranked_row_of(total, f"s{n}") for n, total in enumerate(totals)])
    values = [-math.inf if total is None else total for total in totals]
    assert sorted(entry.entry.system for entry in ranking) == sorted(f"s{n}" for n in range(len(totals)))
    for entry in ranking:
        value = values[int(entry.entry.system[1:])]
        assert entry.rank == 1 + sum(other > value for other in values)
    assert [entry.rank for entry in ranking] == sorted(entry.rank or 0 for entry in ranking)


@given(st.text(min_size=1), st.sampled_from(["ntua", "a.b-c"]))
def test_the_key_of_a_row_leads_back_to_its_entry_whatever_the_method_is_called(method: str, system: str) -> None:
    entry = ranked_row_of(0.5, system)
    key = RankedRow(entry.entry, entry.row.model_copy(update={"method": method}), None, None).key
    assert split_key(key) == (Layout("people", system).leaderboard_entry("va"), method)


def test_the_table_has_every_score_and_leaves_out_what_a_track_has_not(folder: Path) -> None:
    rows = rows_of(folder / TABLE)
    by_track = {row["track"]: row for row in rows if row["corpus"] == "people"}
    assert [column for column in rows[0] if column.startswith("low_")] == [
        "low_total", "low_ccc_valence", "low_ccc_arousal", "low_f1", "low_accuracy",
    ]  # fmt: skip
    assert by_track["va"]["f1"] == by_track["au"]["ccc_valence"] == "" != by_track["au"]["f1"]
    assert {row["synthetic"] for row in rows if row["corpus"] == "demo"} == {"synthetic: no evidence about people"}
    assert {row["synthetic"] for row in rows if row["corpus"] == "people"} == {""}
    both = next(row for row in rows if row["row"] == "people/two/va/Both")
    costs = ("parameters", "training_minutes", "frames_per_second", "paper_total", "level", "submitted")
    assert [both[name] for name in costs] == ["20500", "3.00", "50.0", "0.5021", "0.9", ""]


def test_markdown_tells_real_from_synthetic_and_what_is_marked(folder: Path) -> None:
    text = (folder / "results/leaderboard.md").read_text()
    real, synthetic = text.split("## Synthetic corpora: no evidence about people")
    assert "(people, abaw2, validation)" in real and "demo" not in real
    assert "(demo, abaw2, validation)" in synthetic and "people, abaw2" not in synthetic
    assert real.count("| 1. ") == 2 and synthetic.count("| 1. ") == 1


def stale_of(folder: Path, system: str = "two") -> set[tuple[str, str]]:
    """Rank and reason of a system's rows on track va of the corpus of people."""
    rows = [
        row for row in write_board(folder) if (row["corpus"], row["track"], row["system"]) == ("people", "va", system)
    ]
    assert len(rows) == 3
    return {(row["rank"] if row["stale"] else "ranked", row["stale"]) for row in rows}


def test_a_removed_model_makes_the_rows_of_its_system_stale_and_puts_them_last(folder: Path) -> None:
    (folder / MODEL).unlink()
    assert stale_of(folder) == {("", f"{MODEL} is gone")}
    assert stale_of(folder, "one") == {("ranked", "")}
    group = read_board(Chain(folder), entries(folder))[0]
    assert [entry.entry.system for entry in group.ranked_rows] == ["one"] * 3 + ["two"] * 3
    assert [entry.rank for entry in group.ranked_rows] == [1, 2, 3, None, None, None]
    markdown = (folder / "results/leaderboard.md").read_text()
    assert "stale. Both (two)" in markdown and markdown.count(f"Stale: two, since {MODEL} is gone.") == 1


@pytest.mark.parametrize(
    "path",
    [
        "fusion/people/two/va/official-1/weights.json",
        "predictions/people/two/va/A/official-1/validation.parquet",
        "models/people/two/va/A/official-1/branch.json",
        "models/images/two/enc/1/model.safetensors",
    ],
)
def test_what_holds_other_bytes_now_makes_rows_stale(folder: Path, path: str) -> None:
    with (folder / path).open("ab") as out:
        out.write(b"\n")
    assert stale_of(folder) == {("", f"{path} is not what its record says")}
    write_record(folder, path, "again")  # as its job would
    assert stale_of(folder) == {("", f"{path} is another file now")}


def test_what_was_made_again_with_the_same_bytes_is_not_stale(folder: Path) -> None:
    path = "fusion/people/two/va/official-1/weights.json"
    before = record_path(folder / path).read_text()
    (folder / path).write_bytes((folder / path).read_bytes())
    write_record(folder, path, "fuse", end="2031-01-01T00:00:00.000+00:00")
    assert record_path(folder / path).read_text() != before
    assert stale_of(folder) == {("ranked", "")}


def test_other_labels_make_every_system_of_the_corpus_stale_and_artifacts_of_preprocessing_none(folder: Path) -> None:
    labels = "work/people/va/labels.parquet"
    (folder / "data/people/va.txt").unlink()
    assert stale_of(folder) == {("ranked", "")}, "what labels were made from is none of the entry's business"
    shutil.copy(folder / "work/demo/va/labels.parquet", folder / labels)
    with (folder / labels).open("ab") as out:
        out.write(b"x")
    for system in ("one", "two"):
        assert stale_of(folder, system) == {("", f"{labels} is not what its record says")}


def test_an_entry_without_a_record_is_not_believed(folder: Path) -> None:
    path = Layout("people", "two").leaderboard_entry("va")
    record_path(folder / path).unlink()
    assert stale_of(folder) == {("", f"{path} has no record: nothing is known of it")}


def test_damaged_records_are_named(folder: Path) -> None:
    record_path(folder / MODEL).write_text("{")
    assert stale_of(folder) == {("", f"{MODEL} is not what its record says")}
    path = Layout("people", "two").leaderboard_entry("va")
    record_path(folder / path).write_text("{")
    change = stale(Chain(folder), path)
    assert str(change) == f"{path} has a record that is damaged" and change is not None and not change.gone


def test_every_cell_of_ours_follows_from_the_files_below_it(folder: Path) -> None:
    rows = rows_of(folder / TABLE)
    assert {row["track"] for row in rows} == {"va", "au"}
    with Remade(Chain(folder)) as remade:
        tables = Tables(remade)
        for row in rows:
            others = ("f1", "accuracy") if row["track"] == "va" else ("ccc_valence", "ccc_arousal")
            empty = {column for column in row if column.endswith(others)}
            for column, written_cell in row.items():
                cell = traced_cell(tables, TABLE, row["row"], column)
                assert isinstance(cell, CellTrace) and cell.written == written_cell and cell.agrees
                assert cell.kind == "empty" if column in empty else cell.computed == written_cell, column


def test_a_row_that_is_stale_is_what_its_standing_says(folder: Path) -> None:
    (folder / MODEL).unlink()
    row = next(row for row in write_board(folder) if row["stale"])
    with Remade(Chain(folder)) as remade:
        tables = Tables(remade)
        for column, cell in row.items():
            trace = traced_cell(tables, TABLE, row["row"], column)
            assert trace.agrees and trace.written == cell and not isinstance(trace, CellTrace)
        lines = describe_cell(tables, trace)
        assert any("which is stale: " in line and MODEL in line for line in lines), lines


def test_a_cell_leads_to_its_models_and_its_system_s_own_file(folder: Path) -> None:
    cell = trace_cell(Chain(folder), TABLE, "people/two/va/Both", "total")
    assert cell.method == "Both" and cell.labels == "work/people/va/labels.parquet"
    assert set(cell.predictions.values()) == {
        f"predictions/people/two/va/{b}/official-1/validation.parquet" for b in "FA"
    }
    lines = "\n".join(cell_lines(Chain(folder), cell))
    assert f"by {MODEL} ({file_digest(folder / MODEL)[:12]})" in lines and "the same" in lines
    direct = trace_cell(Chain(folder), Layout("people", "two").leaderboard_entry("va"), "Both", "total")
    assert (direct.written, direct.computed, direct.weights) == (cell.written, cell.computed, cell.weights)


@pytest.mark.parametrize("column", ["total", "high_ccc_arousal", "parameters", "training_minutes", "frames_per_second"])
def test_an_altered_cell_is_found(folder: Path, column: str) -> None:
    rows = rows_of(folder / TABLE)
    row = next(row for row in rows if row["row"] == "people/two/va/Both")
    row[column] = "0.1234"
    with (folder / TABLE).open("w", newline="") as out:
        table = csv.DictWriter(out, list(row), lineterminator="\n")
        table.writeheader()
        table.writerows(rows)
    assert not trace_cell(Chain(folder), TABLE, row["row"], column).agrees
    assert trace_cell(Chain(folder), TABLE, row["row"], "subjects").agrees


@pytest.mark.parametrize(
    ("row", "column", "message"),
    [
        ("people/three/va/Both", "total", "expected <corpus>/<system>/<track>/<method>"),
        (
            "Both",
            "total",
            "it was made from leaderboard_entries/demo/one/va.json, leaderboard_entries/people/one/au.json",
        ),
        ("people/two/va/Neither", "total", "--row 'Neither': expected one of 'Visual"),
        ("people/two/va/Both", "totl", "no row 'people/two/va/Both' with a column 'totl'"),
    ],
)
def test_what_is_not_in_the_leaderboard_is_named(folder: Path, row: str, column: str, message: str) -> None:
    with pytest.raises(InputError) as error:
        trace_cell(Chain(folder), TABLE, row, column)
    assert message in str(error.value)


def test_a_file_of_another_form_is_named(folder: Path) -> None:
    values = json.loads((folder / Layout("people", "two").leaderboard_entry("va")).read_text())
    source(folder, "leaderboard_entries/people/old/va.json", json.dumps(values | {"level": "high"}))
    with pytest.raises(InputError, match=r"leaderboard_entries/people/old/va\.json: not a file of a leaderboard entry"):
        write_board(folder)


_ENTRY = LeaderboardEntry.model_validate(
    {
        "corpus": "people", "kind": "affwild2", "synthetic": False, "system": "x", "track": "va", "edition": "abaw2",
        "seed": 1, "level": 0.95, "weights": {"path": "w", "sha256": "0", "record": "0"},
        "labels": {"path": "l", "sha256": "0", "record": "0"}, "branches": {},
        "rows": [{"method": "m", "submitted": True, "members": [], "scores": {}, "paper": {}, "note": "", "frames": 1,
                  "subjects": 1}],
    }
)  # fmt: skip
_ROW = _ENTRY.rows[0]
