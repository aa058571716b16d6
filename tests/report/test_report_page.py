"""The report's page in a real browser."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from browser import NARROW, WIDE, Page, browser
from report_factory import SUBMITTED, Someone, make_run
from selenium.webdriver.common.action_chains import ActionChains
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys
from selenium.webdriver.remote.webelement import WebElement
from selenium.webdriver.support.ui import Select, WebDriverWait

from affectflow.artifacts.predictions import read_predictions
from affectflow.core.tracks import track_of
from affectflow.fusion.late_fusion import fused, read_method
from affectflow.lineage.chain import Chain
from affectflow.report.run_page.write import ReportFiles, write_report

NASTY = "</script><script>alert('x')</script> \"ü\" & 😀"
PEOPLE = [Someone("calm", 300), Someone(NASTY, 400, no_face=frozenset(range(40)))]
INTERVALS = (
    "method,score,value,low,high,kind,note\n{0},total,0.9,0.8,1.0,method,\nshuffled,total,0.0,-0.1,0.1,baseline,\n"
)


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> ReportFiles:
    folder = tmp_path_factory.mktemp("run")
    run = make_run(folder, PEOPLE)
    intervals = folder / "results/intervals_track1.csv"
    intervals.write_text(INTERVALS.format(SUBMITTED), encoding="utf-8")
    return ReportFiles(run.work, run.manifests, run.tracks, [*run.tables, intervals], left_out=[f"left out: {NASTY}"])


@pytest.fixture(scope="module")
def report(run: ReportFiles) -> Path:
    out = run.work.parents[1] / "results/report.html"
    write_report(run, "made", "ntua", Chain(out.parent), out)
    return out


@pytest.fixture(scope="module")
def pages() -> Iterator[Page]:
    with browser() as page:
        yield page


@pytest.fixture(params=[WIDE, NARROW], ids=["wide", "narrow"])
def page(request: pytest.FixtureRequest, pages: Page, report: Path) -> Iterator[Page]:
    """The report, opened; its console must stay silent."""
    pages.resize(request.param)
    pages.open(report)
    yield pages
    assert pages.complaints() == []


def wait(page: Page, condition: str, *arguments: object) -> None:
    WebDriverWait(page.driver, 60).until(
        lambda driver: driver.execute_script(f"return {condition}", *arguments), condition
    )


def timeline(page: Page, track: str) -> WebElement:
    """The drawn timeline of a track."""
    place = page.driver.find_element(By.CSS_SELECTOR, f"#{track} .timeline")
    page.driver.execute_script("arguments[0].scrollIntoView({block: 'center'})", place)
    wait(page, "arguments[0].querySelectorAll('.xtick').length > 1", place)
    return place


def read_values(place: WebElement) -> dict[str, list[str]]:
    """The values beside the timeline, by row."""
    rows = place.find_elements(By.CSS_SELECTOR, ".values tbody tr")
    return {
        row.find_element(By.TAG_NAME, "th").text: [cell.text for cell in row.find_elements(By.TAG_NAME, "td")]
        for row in rows
    }


def frame(place: WebElement) -> int:
    match = re.search(r"frame (\d+) of", place.find_element(By.CLASS_NAME, "values").text)
    assert match
    return int(match[1])


def spans(page: Page, place: WebElement) -> list[float]:
    axis_range: list[float] = page.driver.execute_script(
        "return arguments[0].querySelector('.plot').layout.xaxis.range", place
    )
    return axis_range


def expected(run: ReportFiles, name: str, subject: int, at: int) -> list[float]:
    """Outputs of the submitted method, from the predictions themselves."""
    track = track_of(name)  # type: ignore[arg-type]
    tables = {branch: read_predictions(path, track) for branch, path in run.tracks[track.name].predictions.items()}
    values = fused(tables, read_method(run.tracks[track.name].weights, SUBMITTED))
    return [float(value) for value in values[next(iter(tables.values())).starts[subject] + at]]


@pytest.mark.parametrize("track", ["va", "expr", "au"])
def test_the_value_under_the_pointer_is_the_prediction(page: Page, run: ReportFiles, track: str) -> None:
    place = timeline(page, track)
    screen = place.find_element(By.CLASS_NAME, "screen")
    ActionChains(page.driver).move_to_element_with_offset(screen, 40, -20).perform()
    at = frame(place)
    assert 0 < at < 299
    labels = track_of(track).header  # type: ignore[arg-type]
    scores = dict(zip(labels, expected(run, track, 0, at), strict=True))
    assert {name: cells[1] for name, cells in read_values(place).items()} == {
        name: f"{value:.3f}" for name, value in scores.items()
    }


def test_another_subject_is_chosen_by_list_buttons_and_table(page: Page, run: ReportFiles) -> None:
    place = timeline(page, "va")
    choice = Select(place.find_element(By.TAG_NAME, "select"))
    screen = place.find_element(By.CLASS_NAME, "screen")
    assert [option.text for option in choice.options] == ["calm", NASTY]

    def shows(name: str, count: int) -> None:
        wait(page, "arguments[0].dataset.subject === arguments[1]", screen, name)
        wait(page, "arguments[0].querySelector('.values').textContent.includes(arguments[1])", place, f"of {count}")

    choice.select_by_visible_text(NASTY)
    shows(NASTY, 400)
    assert read_values(place)["valence"][1] == f"{expected(run, 'va', 1, 0)[0]:.3f}"
    assert "face not found" in place.find_element(By.CLASS_NAME, "values").text
    place.find_element(By.CSS_SELECTOR, "button[aria-label='Next subject']").click()
    shows("calm", 300)
    place.find_element(By.CSS_SELECTOR, "button[aria-label='Previous subject']").click()
    shows(NASTY, 400)
    button = next(b for b in page.driver.find_elements(By.CSS_SELECTOR, "#va button.pick") if b.text == "calm")
    page.driver.execute_script("arguments[0].scrollIntoView({block: 'center'})", button)
    button.click()
    shows("calm", 300)


def test_dragging_zooms_and_a_double_click_shows_all(page: Page) -> None:
    place = timeline(page, "va")
    drag = place.find_element(By.CSS_SELECTOR, ".nsewdrag")
    full_range = spans(page, place)
    actions = ActionChains(page.driver)
    actions.move_to_element_with_offset(drag, -60, 0).click_and_hold().move_by_offset(60, 0).move_by_offset(
        30, 0
    ).release()
    actions.perform()
    wait(page, "arguments[0].querySelector('.plot').layout.xaxis.range[0] > arguments[1] + 1", place, full_range[0])
    begin, end = spans(page, place)
    assert full_range[0] < begin < end < full_range[1]
    ActionChains(page.driver).move_to_element(drag).double_click().perform()
    wait(page, "arguments[0].querySelector('.plot').layout.xaxis.range[0] === arguments[1]", place, full_range[0])


def test_keys_move_the_frame_and_zoom(page: Page) -> None:
    place = timeline(page, "va")
    screen = place.find_element(By.CLASS_NAME, "screen")
    page.driver.execute_script("arguments[0].focus()", screen)
    keys = ActionChains(page.driver)
    keys.send_keys(Keys.ARROW_RIGHT, Keys.ARROW_RIGHT, Keys.ARROW_LEFT).perform()
    assert frame(place) == 1
    ActionChains(page.driver).key_down(Keys.SHIFT).send_keys(Keys.ARROW_RIGHT).key_up(Keys.SHIFT).perform()
    assert frame(place) == 11
    full_range = spans(page, place)
    screen.send_keys("+")
    wait(page, "arguments[0].querySelector('.plot').layout.xaxis.range[1] < arguments[1]", place, full_range[1])
    begin, end = spans(page, place)
    assert end - begin == pytest.approx((full_range[1] - full_range[0]) / 2)
    screen.send_keys("0")
    wait(page, "arguments[0].querySelector('.plot').layout.xaxis.range[1] === arguments[1]", place, full_range[1])
    screen.send_keys(Keys.END)
    assert frame(place) == 299


@pytest.mark.parametrize(("track", "more"), [("va", 2), ("expr", 8), ("au", 2)])
def test_a_branch_is_added_when_asked_for(page: Page, track: str, more: int) -> None:
    place = timeline(page, track)
    traces = "arguments[0].querySelector('.plot').data.length"
    before = page.driver.execute_script(f"return {traces}", place)
    label = next(each for each in place.find_elements(By.TAG_NAME, "label") if each.text.strip() == "BCF")
    label.click()
    wait(page, f"{traces} === arguments[1]", place, before + more)
    rows = read_values(place)
    assert rows and all(len(cells) == 3 for cells in rows.values())
    label.click()
    wait(page, f"{traces} === arguments[1]", place, before)


def test_every_figure_is_drawn_and_nothing_is_wider_than_the_page(page: Page) -> None:
    for place in page.driver.find_elements(By.CSS_SELECTOR, ".timeline, .figure"):
        page.driver.execute_script("arguments[0].scrollIntoView()", place)
        wait(page, "arguments[0].querySelector('.main-svg') !== null", place)
    for folded in page.driver.find_elements(By.TAG_NAME, "details"):
        page.driver.execute_script("arguments[0].open = true", folded)
    assert page.overflow() == 0
    wait(page, "[...document.images].every((image) => image.complete && image.naturalWidth === 900)")


def test_colours_follow_light_and_dark(page: Page) -> None:
    place = timeline(page, "va")
    colour = "getComputedStyle(arguments[0].querySelector('.xtick text')).fill"
    light = page.driver.execute_script(f"return {colour}", place)
    page.dark(True)
    wait(page, f"{colour} !== arguments[1]", place, light)
    assert page.overflow() == 0
    page.dark(False)
    wait(page, f"{colour} === arguments[1]", place, light)


def test_the_annotation_has_the_colour_of_the_text_by_day_and_by_night(page: Page) -> None:
    place = timeline(page, "va")
    assert "Line in the colour of the text: annotated." in page.driver.page_source
    assert "dark line" not in page.driver.page_source.lower()
    line = "getComputedStyle(arguments[0].querySelector('.scatterlayer .trace path.js-line')).stroke"
    try:
        for night in (False, True):
            page.dark(night)
            wait(page, f"{line} === getComputedStyle(document.body).color", place)
    finally:
        page.dark(False)


def test_names_of_the_data_stay_text(page: Page) -> None:
    timeline(page, "expr")
    assert page.driver.execute_script("return document.querySelectorAll('body script').length") == 3
    quality = page.driver.find_element(By.CSS_SELECTOR, "#quality table")
    assert NASTY in page.driver.execute_script("return arguments[0].textContent", quality)


def test_no_button_sends_the_figure_away(page: Page) -> None:
    place = timeline(page, "va")
    titles = [button.get_attribute("data-title") for button in place.find_elements(By.CLASS_NAME, "modebar-btn")]
    width = page.driver.execute_script("return arguments[0].querySelector('.plot').clientWidth", place)
    assert bool(titles) == (width >= 620), "a narrow figure has no buttons at all"
    assert not any(re.search("cloud|share|edit|link", title or "", re.IGNORECASE) for title in titles)
    blocked = page.driver.execute_async_script(
        "const done = arguments[0]; fetch('https://example.org/').then(() => done(false), () => done(true))"
    )
    assert blocked
    # The console hears of it a little later, and would tell the next test.
    WebDriverWait(page.driver, 60).until(lambda _: "Content Security Policy" in " ".join(page.complaints()))
