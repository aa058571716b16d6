"""A track of clips on the report's page: figures without time, and the clips that are furthest off."""

import json
import re
from pathlib import Path

import numpy as np
import pytest
from browser import NARROW, WIDE, browser
from report_factory import METHODS, SUBMITTED, Someone, make_run
from selenium.webdriver.common.by import By
from selenium.webdriver.support.ui import WebDriverWait

from affectflow.artifacts.predictions import read_predictions
from affectflow.artifacts.schemas import labels_schema
from affectflow.artifacts.tables import read_parquet
from affectflow.core.tracks import track_of
from affectflow.fusion.late_fusion import fused, read_method
from affectflow.lineage.chain import Chain
from affectflow.report.run_page import clips
from affectflow.report.run_page.write import ReportFiles, write_report

ERI = track_of("eri")
NASTY = "<b>10</b> & 11"
PEOPLE = [
    *(Someone(f"{number:05d}", 6) for number in range(11)),
    Someone(NASTY, 6),
    Someone("99999", 6, unannotated=frozenset({0})),
]
INTERVALS = f"method,score,value,low,high,kind,note\n{SUBMITTED},total,0.9,0.8,1.0,method,\n"


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> ReportFiles:
    folder = tmp_path_factory.mktemp("run")
    run_files = make_run(folder, PEOPLE, ("eri",))
    intervals = folder / "results/intervals_track4.csv"
    intervals.write_text(INTERVALS, encoding="utf-8")
    return ReportFiles(run_files.work, run_files.manifests, run_files.tracks, [*run_files.tables, intervals])


@pytest.fixture(scope="module")
def page(run: ReportFiles) -> Path:
    out = run.work.parents[1] / "results/report.html"
    write_report(run, "made", "li", Chain(out.parent), out)
    return out


def annotated(run: ReportFiles) -> tuple[list[str], np.ndarray, dict[str, np.ndarray]]:
    """Names of the annotated clips, their labels, and what each method says of them, shape (clips, emotions)."""
    files = run.tracks["eri"]
    table = read_parquet(files.labels, labels_schema(ERI))
    labels = np.array([table[name].to_numpy(zero_copy_only=False) for name in ERI.targets], float).T
    mask = ~np.isnan(labels).any(axis=1)
    tables = {branch: read_predictions(path, ERI) for branch, path in files.predictions.items()}
    scores = {title: fused(tables, read_method(files.weights, title))[mask].astype(float) for title in METHODS}
    return (
        [name for name, is_annotated in zip(table["subject"].to_pylist(), mask, strict=True) if is_annotated],
        labels[mask],
        scores,
    )


def embedded(page: Path) -> dict:
    match = re.search(r'<script type="application/json" id="data">(.*?)</script>', page.read_text(encoding="utf-8"))
    assert match
    track: dict = json.loads(match[1])["tracks"][0]
    return track


def rows_of(page: Path) -> list[list[str]]:
    """Cells of the table of clips, as HTML."""
    table = page.read_text(encoding="utf-8").split('aria-label="Clips, furthest off first"')[1].split("</table>")[0]
    return [re.findall(r"<td[^>]*>(.*?)</td>", row) for row in table.split("<tbody>")[1].split("</tr>")[:-1]]


def test_the_figures_hold_every_annotated_clip_and_the_correlations_of_every_method(
    run: ReportFiles, page: Path
) -> None:
    data, (names, labels, scores) = embedded(page), annotated(run)
    assert data["points"]["clips"] == names == [person.name for person in PEOPLE[:-1]]
    np.testing.assert_allclose(data["points"]["annotated"], labels.T, atol=5e-4)
    np.testing.assert_allclose(data["points"]["predicted"], scores[SUBMITTED].T, atol=5.1e-4)
    assert data["correlation"]["methods"] == list(METHODS)
    for title, values in zip(METHODS, data["correlation"]["values"], strict=True):
        expected = [np.corrcoef(one, other)[0, 1] for one, other in zip(scores[title].T, labels.T, strict=True)]
        np.testing.assert_allclose(values, expected, atol=1e-6)  # rounded where they are shown, and nowhere before
    assert data["points"]["correlation"] == data["correlation"]["values"][list(METHODS).index(SUBMITTED)]
    assert data["subjects"] == []


def test_the_clips_furthest_off_come_first_and_no_more_than_there_is_room_for(
    run: ReportFiles, page: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    names, labels, scores = annotated(run)
    errors = dict(zip(names, np.abs(scores[SUBMITTED] - labels).mean(axis=1), strict=True))
    worst = sorted(names, key=lambda name: -errors[name])
    rows = rows_of(page)
    assert [row[0] for row in rows] == [
        name.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;") for name in worst
    ]
    assert [row[1] for row in rows] == [f"{errors[name]:.3f}" for name in worst]
    place = names.index(worst[0])
    both = zip(scores[SUBMITTED][place], labels[place], strict=True)
    assert rows[0][2:] == [f'{value:.2f} <span class="dim">{label:.2f}</span>' for value, label in both]
    assert "of 12 are shown" not in page.read_text(encoding="utf-8")
    monkeypatch.setattr(clips, "MOST", 5)
    write_report(run, "made", "li", Chain(tmp_path), tmp_path / "few.html")
    assert rows_of(tmp_path / "few.html") == rows[:5]
    assert "The first 5 of 12 are shown." in (tmp_path / "few.html").read_text(encoding="utf-8")


def test_words_are_of_clips(page: Path) -> None:
    text = page.read_text(encoding="utf-8")
    section = text.split('<section id="eri"')[1].split("</section>")[0]
    assert "Reaction intensity" in section
    assert "</strong>, 12 clips." in section
    assert "clips 12 · weights search" in section
    assert "bootstrap over clips" in section
    assert not re.findall(r"frames?\b|subjects?\b|timeline", section)


def test_a_browser_draws_a_panel_an_emotion(page: Path) -> None:
    with browser() as tab:
        for size in (WIDE, NARROW):
            tab.resize(size)
            tab.open(page)
            for kind in ("intervals", "points", "correlation", "curves"):
                place = tab.driver.find_element(By.CSS_SELECTOR, f"#eri .figure[data-figure={kind}]")
                tab.driver.execute_script("arguments[0].scrollIntoView({block: 'center'})", place)
                WebDriverWait(tab.driver, 60).until(
                    lambda _, place=place: place.find_elements(By.CSS_SELECTOR, ".main-svg")
                )
                if kind == "points":
                    panels = place.find_elements(By.CSS_SELECTOR, ".cartesianlayer .subplot")
                    assert len(panels) == len(ERI.targets)
                    assert len(place.find_elements(By.CSS_SELECTOR, ".points path")) == 12 * len(ERI.targets)
                    texts = [element.text for element in place.find_elements(By.CSS_SELECTOR, ".annotation-text")]
                    assert [text.rsplit(" ", 1)[0] for text in texts] == list(ERI.header)
                if kind == "correlation":
                    cells = {element.text for element in place.find_elements(By.CSS_SELECTOR, ".heatmap-label")}
                    values = embedded(page)["correlation"]["values"]
                    assert cells == {f"{value:.2f}" for row in values for value in row}
            assert tab.overflow() <= 0
            assert tab.complaints() == []
