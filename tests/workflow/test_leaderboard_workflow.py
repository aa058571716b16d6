"""The real workflow with two systems, one after the other in one folder: the leaderboard has both, and stays true."""

import shutil
from pathlib import Path

import pytest
import yaml
from miniature import BRANCH, SETTINGS, Miniature, rows_of

from affectflow.artifacts.record import read_record, record_path
from affectflow.artifacts.schemas import predictions_schema
from affectflow.artifacts.tables import read_parquet
from affectflow.core.tracks import track_of

pytestmark = pytest.mark.slow

TABLE, PAGE = "results/leaderboard.csv", "results/leaderboard.html"
SECOND = ("--configfile", "config/second.yaml")
SYSTEM = {
    "name": "second",
    "tracks": {
        "va": {
            "branches": {"F": {"streams": ["face"], **BRANCH, "epochs": 1}},
            "methods": {"Visual (F)": {"branches": ["F"], "paper": {"total": 0.4321}}},
            "submit": "Visual (F)",
        }
    },
}
MODEL = "models/demo/ntua/va/BCF/official-123/model.safetensors"
FIRST = {"Audio", "Visual (F)", "Visual (BCF)", "Visual (F + BCF)", "Audio + Visual (F)", "Audio + Visual (BCF)",
         "Audio + Visual (F + BCF)"}  # fmt: skip


@pytest.fixture(scope="module")
def project(finished: Miniature, tmp_path_factory: pytest.TempPathFactory) -> Miniature:
    """A copy of the finished run, with a leaderboard of it, in which another system was run after it."""
    project = Miniature(shutil.copytree(finished.folder, tmp_path_factory.mktemp("board") / "project"))
    project.settings()
    project.snakemake(TABLE)
    (project.folder / "config/second.yaml").write_text(yaml.safe_dump({**SETTINGS, "system": SYSTEM}))
    assert {row["method"] for row in rows_of(project.folder / TABLE)} == FIRST
    project.snakemake(TABLE, *SECOND)
    return project


def rows(project: Miniature) -> dict[str, dict[str, str]]:
    return {row["row"]: row for row in rows_of(project.folder / TABLE)}


def test_both_systems_are_ranked_together_and_marked_as_synthetic(project: Miniature) -> None:
    entries = rows(project)
    assert set(entries) == {f"demo/ntua/va/{method}" for method in FIRST} | {"demo/second/va/Visual (F)"}
    totals = [float(row["total"]) for row in entries.values()]
    assert totals == sorted(totals, reverse=True)
    assert {row["synthetic"] for row in entries.values()} == {"synthetic: no evidence about people"}
    assert {row["stale"] for row in entries.values()} == {""}
    assert entries["demo/second/va/Visual (F)"]["paper_total"] == "0.4321"
    assert "Synthetic corpora: no evidence about people" in (project.folder / PAGE).read_text()


def test_scores_are_those_of_the_first_system_s_table_which_the_second_would_replace(project: Miniature) -> None:
    entries = rows(project)
    table = rows_of(project.folder / "results/validation_track1.csv")
    assert table
    for row in table:
        entry = entries[f"demo/ntua/va/{row['method']}"]
        names = ("total", "ccc_valence", "ccc_arousal", "paper_total", "frames", "subjects")
        assert [entry[name] for name in names] == [row[name] for name in names]


def test_frames_a_second_are_those_that_the_predictions_measured(project: Miniature) -> None:
    seconds = 0.0
    for branch in ("F", "A"):
        path = project.folder / f"predictions/demo/ntua/va/{branch}/official-123/validation.parquet"
        measured = read_record(record_path(path)).measured
        assert measured["frames"] == read_parquet(path, predictions_schema(track_of("va"))).num_rows
        seconds += measured["seconds"]
    row = rows(project)["demo/ntua/va/Audio + Visual (F)"]
    assert row["frames_per_second"] == f"{measured['frames'] / seconds:.1f}"


def test_nothing_is_to_be_done_whichever_settings_ask(project: Miniature) -> None:
    assert project.planned(TABLE) == set()
    assert project.planned(TABLE, *SECOND) == set()


@pytest.mark.parametrize(
    ("row", "column"), [("demo/ntua/va/Audio + Visual (F)", "total"), ("demo/second/va/Visual (F)", "training_minutes")]
)
def test_a_cell_of_either_system_is_traced_to_its_models(project: Miniature, row: str, column: str) -> None:
    output = project.affectflow("trace", TABLE, "--row", row, "--column", column).stdout
    assert f"{column} = {rows(project)[row][column]}" in output and ", the same" in output
    assert f"by models/demo/{row.split('/')[1]}/va/F/official-123/model.safetensors" in output


def test_a_frame_of_the_first_system_is_traced_after_the_second_has_run(project: Miniature) -> None:
    manifest = project.folder / "predictions/demo/ntua/va/F/official-123/validation.parquet"
    subject = read_parquet(manifest, predictions_schema(track_of("va")))["subject"][0].as_py()
    row = "demo/ntua/va/Audio + Visual (F)"
    output = project.affectflow("trace", TABLE, "--row", row, "--subject", subject, "--frame", 3).stdout
    assert "models/demo/ntua/va/A/official-123/model.safetensors" in output and "BCF" not in output


def test_all_holds_and_an_altered_standing_is_found_and_not_built_on(project: Miniature) -> None:
    assert "all holds" in project.affectflow("verify", TABLE).stdout
    path = project.folder / "leaderboard_entries/demo/ntua/va.json"
    before = path.read_bytes()
    path.write_bytes(before.replace(b'"level": 0.95', b'"level": 0.99'))
    try:
        assert (
            "altered: leaderboard_entries/demo/ntua/va.json" in project.affectflow("verify", TABLE, check=False).stdout
        )
        result = project.snakemake("-n", TABLE, check=False)
        assert "leaderboard_entries/demo/ntua/va.json: changed after its job ended" in result.stdout + result.stderr
    finally:
        path.write_bytes(before)


def test_a_removed_model_makes_the_rows_of_its_system_stale_until_it_is_back(
    project: Miniature, tmp_path: Path
) -> None:
    before = rows(project)
    shutil.move(project.folder / MODEL, tmp_path / "kept")
    try:
        assert {"train", "leaderboard_entry", "leaderboard"} <= {rule for rule, _ in project.planned(TABLE)}, (
            "its own run makes it"
        )
        project.snakemake(TABLE, *SECOND)
        entries = rows(project)
        assert project.planned(TABLE, *SECOND) == set()
    finally:
        shutil.move(tmp_path / "kept", project.folder / MODEL)
    stale = {key for key, row in entries.items() if row["stale"] == f"{MODEL} is gone" and not row["rank"]}
    assert stale == {f"demo/ntua/va/{method}" for method in FIRST}
    assert entries["demo/second/va/Visual (F)"]["rank"] == "1"
    project.snakemake(TABLE, *SECOND)
    assert rows(project) == before
