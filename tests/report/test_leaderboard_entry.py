"""How a system stands on a track: scores as in the run's tables, and costs as the records have them."""

import json
from pathlib import Path

import pytest
from board_lab import METHODS, SCORING, make_labels, make_system
from miniature import rows_of

from affectflow.artifacts.layout import Layout
from affectflow.artifacts.record import record_path
from affectflow.config.evaluation.scoring import Scoring
from affectflow.core.errors import InputError
from affectflow.core.tracks import Track, track_of
from affectflow.lineage.chain import Chain
from affectflow.report.leaderboard.entry import LeaderboardEntry, Row, read_entry
from affectflow.report.leaderboard.make import asked_of, make_entry
from affectflow.report.tables.csv_table import score_cell
from affectflow.report.tables.scores import read_validation
from affectflow.report.tables.uncertainty import write_uncertainty

TRACKS = [track_of("va"), track_of("expr"), track_of("au", "abaw3")]
VA = track_of("va")


def row_of(entry: LeaderboardEntry, method: str) -> Row:
    row = entry.row(method)
    assert row is not None
    return row


@pytest.fixture
def entry(tmp_path: Path) -> LeaderboardEntry:
    """Of a system of two branches that start from one encoder."""
    make_labels(tmp_path, "people", VA)
    return read_entry(tmp_path / make_system(tmp_path, "people", "one", VA))


@pytest.mark.parametrize("track", TRACKS, ids=lambda track: track.name)
def test_scores_and_intervals_are_those_of_the_tables_of_the_run(tmp_path: Path, track: Track) -> None:
    labels = make_labels(tmp_path, "people", track)
    result = read_entry(tmp_path / make_system(tmp_path, "people", "one", track))
    predictions = {b: tmp_path / f"predictions/people/one/{track.name}/{b}/official-1/validation.parquet" for b in "FA"}
    weights = tmp_path / f"fusion/people/one/{track.name}/official-1/weights.json"
    validation = read_validation(weights, predictions, tmp_path / labels)
    table = tmp_path / "intervals.csv"
    write_uncertainty(validation, "Both", {}, Scoring(**SCORING), 1, table, tmp_path / "differences.csv")
    expected = {
        (row["method"], row["score"]): [row["value"], row["low"], row["high"]]
        for row in rows_of(table)
        if row["kind"] == "method"
    }
    cells = {
        (row.method, name): [
            score_cell(float("nan") if end is None else end) for end in (figure.value, figure.low, figure.high)
        ]
        for row in result.rows
        for name, figure in row.scores.items()
    }
    assert cells == expected
    assert result.scored == track and result.level == 0.9
    assert [row.method for row in result.rows] == list(METHODS)


def test_a_method_costs_what_its_members_cost_and_the_encoder_of_both_counts_once(entry: LeaderboardEntry) -> None:
    one, both = row_of(entry, "Visual (F)"), row_of(entry, "Both")
    assert (entry.parameters(one), entry.parameters(both)) == (20_000, 20_500)
    assert entry.training_seconds(one) == 60 + 90
    assert entry.training_seconds(both) == 60 + 90 + 30
    assert entry.frames_per_second(one) == 180 / 3.0
    assert entry.frames_per_second(both) == pytest.approx(180 / 3.6)  # one member after the other
    assert (entry.trained_on(both), entry.predicted_on(both)) == ("cpu", "a card")
    assert entry.hosts(both) == "here, there"


def test_speed_is_unknown_where_one_member_was_predicted_before_it_was_measured(tmp_path: Path) -> None:
    make_labels(tmp_path, "people", VA)
    measured = {"F": {"frames": 180, "seconds": 3.0}}
    result = read_entry(tmp_path / make_system(tmp_path, "people", "one", VA, measured=measured))
    speeds = {row.method: result.frames_per_second(row) for row in result.rows}
    assert speeds == {"Visual (F)": 60.0, "Audio": None, "Both": None}


def test_what_the_paper_says_and_what_must_be_said_stand_beside(tmp_path: Path) -> None:
    make_labels(tmp_path, "people", VA)
    notes = {"A": "word embeddings are random", "F": "word embeddings are random; so is the face"}
    result = read_entry(tmp_path / make_system(tmp_path, "people", "one", VA, notes=notes))
    assert [row.paper for row in result.rows] == [{"total": 0.435}, {}, {"total": 0.5021}]
    assert row_of(result, "Both").note == "word embeddings are random; so is the face"
    assert [row.submitted for row in result.rows] == [True, False, False]


@pytest.mark.parametrize(
    ("kind", "rule", "synthetic"), [("affwild2", None, False), ("demo", None, True), ("affwild2", "demo", True)]
)
def test_a_corpus_is_synthetic_by_its_kind_or_by_the_rule_that_made_it(
    tmp_path: Path, kind: str, rule: str | None, synthetic: bool
) -> None:
    make_labels(tmp_path, "x", VA, rule)
    assert read_entry(tmp_path / make_system(tmp_path, "x", "one", VA, kind=kind)).synthetic is synthetic


def test_files_are_named_with_digest_and_seal(entry: LeaderboardEntry, tmp_path: Path) -> None:
    member = entry.branches["F"]
    for file in (entry.weights, entry.labels, member.model, member.predictions):
        record = json.loads(record_path(tmp_path / file.path).read_text())
        assert (file.record, file.sha256) == (record["seal"], record["artifact"]["sha256"])
    assert member.model.path == "models/people/one/va/F/official-1/model.safetensors"
    assert member.mlflow == "0123abc"


def test_predictions_without_a_record_are_refused_by_name(tmp_path: Path) -> None:
    make_labels(tmp_path, "people", VA)
    make_system(tmp_path, "people", "one", VA)
    name = "predictions/people/one/va/A/official-1/validation.parquet"
    record_path(tmp_path / name).unlink()
    with pytest.raises(InputError, match=rf"{name}: has no record"):
        remake(tmp_path)


def remake(folder: Path) -> LeaderboardEntry:
    """An entry from what its record says that it was made of."""
    chain = Chain(folder)
    record = chain.record(Layout("people", "one").leaderboard_entry("va"))
    assert record is not None
    return make_entry(chain, asked_of(record.options), METHODS)


def test_an_entry_can_be_made_again_from_its_record(entry: LeaderboardEntry, tmp_path: Path) -> None:
    assert remake(tmp_path) == entry


def test_what_is_no_standing_is_refused_by_name(tmp_path: Path) -> None:
    (tmp_path / "va.json").write_text('{"corpus": "people"}')
    with pytest.raises(InputError, match=r"va\.json: not a file of a leaderboard entry"):
        read_entry(tmp_path / "va.json")
