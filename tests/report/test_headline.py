"""The report's first screen: what it says of a run, and where it stands on the page."""

import csv
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace as Space

import pytest
from browser import NARROW, WIDE, Page, browser
from report_factory import SUBMITTED, Someone, make_run

from affectflow.lineage.chain import Chain
from affectflow.report.drawing.result_tables import ResultTable
from affectflow.report.run_page.headline import Headline, headline_of, sources_of, warning
from affectflow.report.run_page.write import ReportFiles, write_report

OTHER = Headline("Expressions", SUBMITTED, 0.5, (0.4, 0.6), ("Shuffled", 0.1), True)


def intervals(total: float, control: float) -> str:
    rows = [
        ["method", "score", "value", "low", "high", "kind", "note"],
        [SUBMITTED, "total", total, total - 0.1, total + 0.1, "method", ""],
        ["Constant", "total", 0.0, 0.0, 0.0, "baseline", ""],
        ["Shuffled", "total", control, control - 0.1, control + 0.1, "baseline", ""],
    ]
    return "".join(",".join(map(str, row)) + "\n" for row in rows)


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> ReportFiles:
    folder = tmp_path_factory.mktemp("run")
    run_files = make_run(folder, [Someone("one", 120), Someone("two", 80)], ("va",))
    table, pairs = folder / "results/intervals_track1.csv", folder / "results/differences_track1.csv"
    table.write_text(intervals(0.8, 0.05))
    pairs.write_text(f"one,other,score,difference,low,high\n{SUBMITTED},Shuffled,total,0.75,0.5,0.9\n")
    paper = folder / "results/table1.csv"
    paper.write_text(f"method,total,paper_total,difference_total,note,title\n{SUBMITTED},0.8,0.5,0.3,,Table 1\n")
    return ReportFiles(run_files.work, run_files.manifests, run_files.tracks, [*run_files.tables, table, pairs, paper])


@pytest.fixture(scope="module")
def report(run: ReportFiles) -> Path:
    out = run.work.parents[1] / "results/report.html"
    write_report(run, "made", "ntua", Chain(out.parent), out)
    return out


def test_it_comes_first_then_the_tracks_then_the_paper_s_tables(report: Path) -> None:
    text = report.read_text()
    places = [text.index(f'<section id="{name}"') for name in ("headline", "va", "paper", "quality", "run")]
    assert places == sorted(places)
    track = text[places[1] : places[2]]
    parts = ('data-figure="intervals"', 'class="timeline"', "Scores of every method", "<summary>Paired differences")
    assert [track.index(part) for part in parts] == sorted(track.index(part) for part in parts)
    head = text[places[0] : places[1]]
    assert head.count('class="note"') == 1
    assert "95 % interval 0.700 to 0.900" in head and "floor: 0.050 (Shuffled, which has seen no video)" in head
    assert "A, F, BCF: scored on 200 frames of 2 subjects" in head


def test_the_better_control_counts_and_the_pair_is_read_either_way_round() -> None:
    def headline_for(pair: str) -> Headline:
        tables = {
            "intervals_track1": table_of(intervals(0.3, 0.2)),
            "differences_track1": table_of(f"one,other,score,difference,low,high\n{pair}\n"),
        }
        track = Space(title="VA", files=Space(method=SUBMITTED), scores={SUBMITTED: Space(values={"total": 0.3})})
        track.validation = Space(track=Space(number=1))
        return headline_of(track, tables)  # type: ignore[arg-type]

    assert headline_for(f"{SUBMITTED},Shuffled,total,0.1,-0.2,0.4").apart is False
    assert headline_for(f"Shuffled,{SUBMITTED},total,-0.1,-0.4,-0.2").apart is True
    assert headline_for(f"{SUBMITTED},Constant,total,0.3,0.2,0.4").apart is None
    assert headline_for(f"{SUBMITTED},Constant,total,0.3,0.2,0.4").control == ("Shuffled", 0.2)


def table_of(text: str) -> ResultTable:
    columns, *rows = csv.reader(text.splitlines())
    return ResultTable(tuple(columns), tuple(map(tuple, rows)))


@pytest.mark.parametrize(
    ("apart", "synthetic", "notes", "message"),
    [
        (False, True, {"va": {"F": "random weights"}}, "A synthetic corpus."),
        (False, False, {"va": {"F": "random <weights>", "A": "random <weights>"}}, "random &lt;weights&gt;."),
        (False, False, {}, "Expressions (Shuffled)"),
        (True, False, {}, "Scores of these subjects."),
        (None, False, {"va": {}}, "Scores of these subjects."),
    ],
)
def test_the_warning_is_the_gravest_that_holds(
    apart: bool | None, synthetic: bool, notes: dict[str, dict[str, str]], message: str
) -> None:
    text = warning([replace(OTHER, apart=apart), OTHER], synthetic, notes)
    assert message in text and text.count("<strong>") == 1 and "<weights>" not in text


def test_a_branch_that_learns_from_sets_is_not_said_to_have_learnt_from_the_corpus() -> None:
    options = {"branch-name": "FBN", "branch": {"sources": {"raf": {}, "au": {}}}}
    other = {"branch-name": "F", "branch": {"sources": None}}
    records = [Space(rule="train", options=options), Space(rule="train", options=other), Space(rule="fuse", options={})]
    assert sources_of(records) == {"FBN": ["raf", "au"], "F": []}


@pytest.fixture(scope="module")
def page() -> Iterator[Page]:
    with browser() as tab:
        yield tab


@pytest.mark.parametrize("size", [WIDE, NARROW])
def test_the_headline_is_in_sight_when_the_page_opens(page: Page, report: Path, size: tuple[int, int]) -> None:
    page.resize(size)
    page.open(report)
    script = "return document.querySelector('#headline .value').getBoundingClientRect().bottom"
    assert 0 < page.driver.execute_script(script) < size[1]
    assert page.overflow() <= 0 and page.complaints() == []
