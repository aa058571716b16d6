"""What the report gathers of a run, before any browser."""

import base64
import dataclasses
import json
import re
import zlib
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from report_factory import SUBMITTED, Someone, make_run

from affectflow.artifacts.predictions import read_predictions
from affectflow.core.errors import InputError
from affectflow.fusion.late_fusion import fused, read_method
from affectflow.lineage.chain import Chain
from affectflow.metrics.measures import ccc
from affectflow.report.drawing.packing import MISSING, pack, whole
from affectflow.report.drawing.result_tables import as_html, read_table
from affectflow.report.run_page import quality
from affectflow.report.run_page.quality import conditions, members_of, summary, uneven
from affectflow.report.run_page.series import kept
from affectflow.report.run_page.streams import seen_subjects
from affectflow.report.run_page.track import read_track, track_data
from affectflow.report.run_page.write import BUDGET, ReportFiles, write_report

NASTY = "</script><script>alert('x')</script> \"ü\" & 😀"
ODD = ("picture track 2 of 2 was taken",)
PEOPLE = [
    Someone("calm", unannotated=frozenset(range(10, 30))),
    Someone(NASTY, 90, no_face=frozenset(range(45)), sound=False, damaged=2, container_rate=30.0, notes=ODD),
]


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> ReportFiles:
    return make_run(tmp_path_factory.mktemp("run"), PEOPLE)


def write_page(run: ReportFiles, out: Path, budget: int = BUDGET) -> str:
    write_report(run, "made", "ntua", Chain(out.parent), out, budget)
    return out.read_text(encoding="utf-8")


def embedded(page: str) -> list[dict]:
    match = re.search(r'<script type="application/json" id="data">(.*?)</script>', page)
    assert match
    tracks: list[dict] = json.loads(match[1])["tracks"]
    return tracks


def unpack(text: str, kind: str, rows: int) -> np.ndarray:
    """Written anew from the description of `pack`: shape (columns, rows)."""
    size = np.dtype(kind).itemsize
    planes = np.frombuffer(zlib.decompress(base64.b64decode(text)), np.uint8).reshape(size, -1)
    steps = np.ascontiguousarray(planes.T).view(f"<u{size}").reshape(-1, rows)
    return np.cumsum(steps, axis=1, dtype=steps.dtype).view(f"<i{size}")


@given(arrays(np.int16, st.tuples(st.integers(1, 30), st.integers(1, 4))))
def test_packed_columns_come_back_whatever_they_hold(columns: np.ndarray) -> None:
    np.testing.assert_array_equal(unpack(pack(columns, "int16"), "i2", len(columns)), columns.T)


def test_what_is_not_annotated_stays_missing_and_other_values_keep_their_decimals() -> None:
    assert whole(np.array([0.1234, -1.0, np.nan, 0.0006]), 3).tolist() == [123, -1000, MISSING, 1]


def test_every_frame_stays_where_there_is_room() -> None:
    assert kept(np.zeros((7, 2), np.float32), 1).tolist() == list(range(7))


@given(
    arrays(np.float32, st.tuples(st.integers(1, 200), st.just(2)), elements=st.floats(-1, 1, width=32)),
    st.integers(2, 9),
)
def test_thinning_keeps_the_extremes_of_every_column(guide: np.ndarray, step: int) -> None:
    frames = kept(guide, step)
    assert frames.tolist() == sorted(set(frames.tolist()))
    assert len(frames) <= 4 * -(-len(guide) // (4 * step)) + 2
    np.testing.assert_array_equal(guide[frames].max(axis=0), guide.max(axis=0))
    np.testing.assert_array_equal(guide[frames].min(axis=0), guide.min(axis=0))


def test_the_page_carries_the_predictions_times_and_annotations_of_every_frame(
    run: ReportFiles, tmp_path: Path
) -> None:
    assert run.manifests
    for data, track in zip(embedded(write_page(run, tmp_path / "report.html")), run.manifests, strict=True):
        files = run.tracks[track.name]
        tables = {branch: read_predictions(path, track) for branch, path in files.predictions.items()}
        values = fused(tables, read_method(files.weights, SUBMITTED))
        for place, (subject, person) in enumerate(zip(data["subjects"], PEOPLE, strict=True)):
            assert (subject["name"], subject["count"], subject["kept"]) == (person.name, person.frames, person.frames)
            columns = unpack(subject["values"], "i2", person.frames)
            assert np.flatnonzero(columns[0] == 0).tolist() == sorted(person.no_face)
            assert columns[1].all()
            times = unpack(subject["times"], "i4", person.frames)[0]
            np.testing.assert_array_equal(times, np.arange(person.frames) * 40)
            begin = next(iter(tables.values())).starts[place]
            targets = columns[2 : 2 + len(track.targets)]
            assert np.flatnonzero((targets == MISSING).all(axis=0)).tolist() == sorted(person.unannotated)
            layer_values = columns[2 + len(track.targets) :].reshape(-1, len(track.outputs), person.frames)
            expected = np.rint(values[begin : begin + person.frames].T.astype(float) * 1000)
            np.testing.assert_array_equal(layer_values[0], expected)
            assert [layer["name"] for layer in data["layers"]] == [SUBMITTED, *tables]
            for layer, table, about in zip(layer_values[1:], tables.values(), data["layers"][1:], strict=True):
                part = table.values[begin : begin + person.frames].T.astype(float)
                np.testing.assert_array_equal(layer, np.rint(part * 10 ** about["decimals"]))


def test_subjects_are_scored_by_themselves_and_the_worst_comes_first(run: ReportFiles) -> None:
    presence = seen_subjects(run.work, members_of(run.manifests.values()))
    assert run.manifests
    for track in run.manifests:
        report = read_track(run.tracks[track.name], presence)
        totals = [subject.scores["total"] for subject in report.subjects]
        assert totals == sorted(totals)
        by_name = {subject.name: subject for subject in report.subjects}
        assert (by_name["calm"].annotated, by_name["calm"].frames) == (100, 120)
        if track.name == "va":
            annotated = [frame for frame in range(120) if not 10 <= frame < 30]
            values, targets = (
                report.validation.fused(SUBMITTED)[annotated],
                report.validation.annotated.targets[annotated],
            )
            assert by_name["calm"].scores["ccc_valence"] == pytest.approx(float(ccc(values[:, 0], targets[:, 0])))
            assert np.isnan(by_name["calm"].errors[5:15]).all()  # Two frames a stretch.
            expected = np.hypot(*(values[:2] - targets[:2]).T.astype(float)).mean()
            assert by_name["calm"].errors[0] == pytest.approx(expected)


def test_figures_hold_every_annotated_frame_once(run: ReportFiles) -> None:
    presence = seen_subjects(run.work, members_of(run.manifests.values()))
    data = {track.name: track_data(read_track(run.tracks[track.name], presence), 1) for track in run.manifests}
    assert {np.sum(data["va"]["plane"][which]) for which in ("annotated", "predicted")} == {190}
    assert np.sum(data["expr"]["confusion"]) == 190
    assert np.shape(data["au"]["f1"]["values"]) == (3, 12)
    assert [curve["branch"] for curve in data["au"]["curves"]] == ["A", "F", "BCF"]
    assert data["au"]["curves"][0]["validation_loss"][:2] == pytest.approx([1.1, 0.55])


def test_names_of_the_data_are_text_wherever_they_stand(run: ReportFiles, tmp_path: Path) -> None:
    odd = dataclasses.replace(run, left_out=[f"left out: {NASTY}"], notes={"va": {NASTY: NASTY}})
    page = write_page(odd, tmp_path / "report.html")
    assert NASTY not in page
    assert page.count("alert(") == page.count("alert(&#x27;x&#x27;)") + page.count("\\u003cscript>alert('x')")
    assert [subject["name"] for subject in embedded(page)[0]["subjects"]] == ["calm", NASTY]


def test_the_page_loads_nothing_and_may_send_nothing(run: ReportFiles, tmp_path: Path) -> None:
    page = write_page(run, tmp_path / "report.html")
    markup = re.sub(r"(?s)<script>.*?</script>", "", page)
    assert "http://" not in markup and "https://" not in markup
    assert "default-src 'none'" in markup
    assert {match[:11] for match in re.findall(r' src="([^"]*)', markup)} == {"data:image/"}


def test_the_same_run_gives_the_same_bytes(run: ReportFiles, tmp_path: Path) -> None:
    assert write_page(run, tmp_path / "one.html") == write_page(run, tmp_path / "two.html")


def test_frames_are_thinned_to_a_budget_and_the_page_says_so(run: ReportFiles, tmp_path: Path) -> None:
    full, thin = write_page(run, tmp_path / "full.html"), write_page(run, tmp_path / "thin.html", budget=12_000)
    sizes = [
        sum(
            len(subject[part])
            for track in embedded(page)
            for subject in track["subjects"]
            for part in ("values", "times", "frames")
        )
        for page in (full, thin)
    ]
    assert sizes[0] > 12_000 >= sizes[1]
    assert "one frame in" in thin and "one frame in" not in full


def test_quality_names_what_is_odd(run: ReportFiles) -> None:
    members = members_of(run.manifests.values())
    labels = {track: run.tracks[track.name].labels for track in run.manifests}
    result = conditions(run.work, members, seen_subjects(run.work, members), run.manifests, labels)
    assert [condition.member.subject for condition in result] == [NASTY, "calm"]
    assert result[0].oddities == ["no sound", "container says 30.00 frames/s", "2 of 90 frames damaged", *ODD]
    assert result[1].oddities == []
    assert {entry.unannotated for entry in result[1].tracks.values()} == {20}
    figures = dict(summary(result))
    assert figures["decoded frames"] == "210"
    assert figures["frames with a face"] == "78.6 %"  # 165 of 210
    assert figures["unannotated rows"] == "60"
    assert (figures["damaged frames"], figures["videos with damaged frames"]) == ("2", "1")
    assert (figures["videos without sound"], figures["videos of variable rate"]) == ("1", "0")


def test_of_very_many_subjects_the_oddest_are_in_the_table(run: ReportFiles) -> None:
    members = members_of(run.manifests.values())
    result = conditions(run.work, members, seen_subjects(run.work, members), run.manifests, {})
    few, all_of_them = quality.as_html(result, ["va"], most=1), quality.as_html(result, ["va"])
    assert few.count("2 of 90 frames damaged") == 1
    assert ">calm<" not in few and "1 of 2 subjects are in the table" in few
    assert ">calm<" in all_of_them and "are in the table" not in all_of_them


def test_a_rate_is_variable_where_intervals_differ_by_more_than_rounding() -> None:
    steady = np.round(np.arange(100) / 30, 3)
    assert not uneven(steady)
    assert uneven(np.delete(steady, 50))
    assert not uneven(np.array([0.0, 0.1]))


def test_a_result_table_takes_title_and_notes_from_its_markdown(tmp_path: Path) -> None:
    path = tmp_path / "table2.csv"
    path.write_text("method,total,corpus\n<b>F</b>,0.1,demo\nA,0.2,demo\n", encoding="utf-8")
    path.with_suffix(".md").write_text(
        "## Table 2, on demo\n\n| method |\n|---|\n| F |\n\n*Not people.*\n", encoding="utf-8"
    )
    table = read_table(path)
    assert (table.title, table.notes) == ("Table 2, on demo", ("Not people.",))
    html = as_html(table, "x")
    assert "&lt;b&gt;F" in html and "<b>" not in html
    assert "corpus demo" in html and html.count("demo") == 1


def test_folds_and_the_papers_tables_are_shown(run: ReportFiles, tmp_path: Path) -> None:
    folds, paper = tmp_path / "folds_track1.csv", tmp_path / "table2.csv"
    folds.write_text("method,run,ccc_valence,ccc_arousal,total\nF,fold1,0.1,0.2,0.15\nF,official,0.3,0.4,0.35\n")
    paper.write_text(
        "method,total,low_total,high_total,paper_total,difference_total,note,title\n"
        "<i>Theirs</i>,,,,0.22,,,Table 2\nF,0.35,0.1,0.6,0.435,-0.085,,Table 2\n"
    )
    over_seeds = tmp_path / "table3.csv"
    over_seeds.write_text(
        "method,total,deviation_total,paper_total,difference_total,seeds,note,title\n"
        "F,0.4000,0.0126,0.435,-0.035,3,,Table 3\nA,0.2000,,0.300,-0.100,1,,Table 3\n"
    )
    tables = [*run.tables, folds, paper, over_seeds]
    page = write_page(dataclasses.replace(run, tables=tables), tmp_path / "report.html")
    assert '0.4000 <span class="dim">± 0.0126</span></td><td class="number">0.435</td>' in page
    assert '<td class="number">0.2000</td><td class="number">0.300</td>' in page
    assert "<td>fold1</td>" in page and "<td>official</td>" in page
    row = "<tr><td>F</td>" + "".join(
        f'<td class="number">{cell}</td>' for cell in ('0.35 <span class="dim">[0.1, 0.6]</span>', "0.435", "-0.085")
    )
    assert row in page
    assert "&lt;i&gt;Theirs&lt;/i&gt;" in page and "<i>" not in page


def test_a_subject_that_lacks_rows_of_its_bodies_is_named(run: ReportFiles, tmp_path: Path) -> None:
    short = make_run(tmp_path, [Someone("calm", 50)], ("va",))
    make_run(tmp_path / "other", [Someone("calm", 40)], ("va",))
    (tmp_path / "other/work/demo/body/shard0.parquet").replace(tmp_path / "work/demo/body/shard0.parquet")
    with pytest.raises(InputError, match="holds 40 rows of 'calm', expected frames 0 to 49"):
        seen_subjects(short.work, members_of(short.manifests.values()))


def test_a_corpus_without_labels_gets_its_data_quality(run: ReportFiles, tmp_path: Path) -> None:
    page = write_page(dataclasses.replace(run, tracks={}, tables=[]), tmp_path / "report.html")
    assert embedded(page) == []
    assert "Data quality" in page and 'class="timeline"' not in page
