"""The page of a video, in a real browser: it plays, the curves follow, a click seeks, boxes come and go."""

from collections.abc import Iterator
from pathlib import Path

import cv2
import numpy as np
import pytest
from browser import NARROW, WIDE, Page, browser
from numpy.typing import NDArray
from selenium.webdriver import Keys
from selenium.webdriver.common.by import By
from viewer_lab import (
    VARIABLE,
    ViewerPage,
    click,
    count_pixels,
    cursor,
    extent,
    frame,
    listen,
    now,
    open_page,
    shown_number,
    values,
    wait_for_seek,
    wait_until,
)

from affectflow.core.errors import InputError
from affectflow.report.viewer.page import Panel, Person, Scene, Series, write_viewer

HOSTILE = "<img src=x onerror=window.harmed=1>"
ENDING = "</script><script>window.harmed=1</script>"


@pytest.fixture(scope="module")
def page() -> Iterator[Page]:
    with browser() as tab:
        tab.resize(WIDE)
        yield tab


@pytest.fixture(scope="module")
def viewer(tmp_path_factory: pytest.TempPathFactory) -> ViewerPage:
    return ViewerPage(tmp_path_factory.mktemp("viewer"), "clip", *VARIABLE, sound="sine=frequency=440:duration=4")


def test_the_video_plays_and_the_curves_follow(page: Page, viewer: ViewerPage) -> None:
    open_page(page, viewer.html)
    assert frame(page) == 0 and shown_number(page) == 0
    before = cursor(page)
    page.driver.find_element(By.CSS_SELECTOR, "button.play").click()
    wait_until(lambda: frame(page) >= 10)
    page.driver.find_element(By.CSS_SELECTOR, "button.play").click()
    wait_until(lambda: page.driver.execute_script("return document.querySelector('video').paused"))
    wait_for_seek(page)
    at = frame(page)
    assert now(page) == pytest.approx(viewer.times[at], abs=0.0015)
    wait_until(lambda: shown_number(page) == at, 5)
    length = viewer.times[-1] + viewer.times[-1] / (len(viewer.times) - 1)
    assert before < 0.01
    assert cursor(page) == pytest.approx(viewer.times[at] / length, abs=0.005)
    assert values(page, 0)["fused"] == pytest.approx(-1 + 2 * at / (len(viewer.times) - 1), abs=6e-4)
    assert values(page, 1)["F"] == pytest.approx((1 - 2 * at / (len(viewer.times) - 1)) / 2, abs=6e-4)
    assert page.complaints() == []


@pytest.mark.parametrize("share", [0.031, 0.2, 0.47, 0.8, 0.99])
@pytest.mark.parametrize("panel", [0, 2])
def test_a_click_on_a_curve_seeks_to_the_frame_nearest_in_time(
    page: Page, viewer: ViewerPage, share: float, panel: int
) -> None:
    open_page(page, viewer.html)
    listen(page)
    clicked = click(page, panel, share)
    length = viewer.times[-1] + viewer.times[-1] / (len(viewer.times) - 1)
    expected = int(np.abs(viewer.times - clicked * length).argmin())
    wait_until(lambda: frame(page) == expected, 3)
    wait_for_seek(page)
    assert now(page) == pytest.approx(viewer.times[expected], abs=0.0015)
    wait_until(lambda: shown_number(page) == expected, 3)
    assert frame(page) == expected
    assert page.complaints() == []


def test_arrow_keys_step_one_frame(page: Page, viewer: ViewerPage) -> None:
    open_page(page, viewer.html)
    body = page.driver.find_element(By.TAG_NAME, "body")
    for keys, expected in ((Keys.ARROW_RIGHT * 3, 3), (Keys.ARROW_LEFT, 2), (Keys.END, 49), (Keys.ARROW_RIGHT, 49)):
        body.send_keys(keys)
        wait_until(lambda expected=expected: frame(page) == expected and shown_number(page) == expected, 5)  # type: ignore[misc]
        assert now(page) == pytest.approx(viewer.times[expected], abs=0.0015)
    body.send_keys(Keys.HOME)
    wait_until(lambda: frame(page) == 0 and shown_number(page) == 0, 5)


def test_every_frame_of_a_variable_rate_is_reached(page: Page, viewer: ViewerPage) -> None:
    open_page(page, viewer.html)
    body = page.driver.find_element(By.TAG_NAME, "body")
    for expected in range(1, len(viewer.times)):
        body.send_keys(Keys.ARROW_RIGHT)
        wait_until(lambda expected=expected: frame(page) == expected and shown_number(page) == expected, 5)  # type: ignore[misc]


def test_a_picture_that_starts_after_the_sound_keeps_its_time(page: Page, tmp_path: Path) -> None:
    late = ViewerPage(tmp_path, "late", "-vf", "setpts=PTS+0.6/TB", sound="sine=frequency=440:duration=3")
    assert late.times[0] == pytest.approx(0.6, abs=0.005)
    open_page(page, late.html)
    body = page.driver.find_element(By.TAG_NAME, "body")
    body.send_keys(Keys.ARROW_RIGHT * 7)
    wait_until(lambda: frame(page) == 7 and shown_number(page) == 7, 5)
    assert now(page) == pytest.approx(late.times[7], abs=0.0015)
    assert page.complaints() == []


def test_a_picture_alone_that_starts_late_keeps_its_time(page: Page, tmp_path: Path) -> None:
    """Without sound nothing holds the begin of the timeline."""
    late = ViewerPage(tmp_path, "late", "-vf", "setpts=PTS+0.6/TB")
    open_page(page, late.html)
    page.driver.find_element(By.TAG_NAME, "body").send_keys(Keys.ARROW_RIGHT * 7)
    wait_until(lambda: frame(page) == 7 and shown_number(page) == 7, 5)


def test_boxes_can_be_shown_and_hidden(page: Page, viewer: ViewerPage) -> None:
    open_page(page, viewer.html)
    face, body = page.driver.find_elements(By.CSS_SELECTOR, ".choices input")[:2]
    both = count_pixels(page, ".screen canvas")[0]
    face.click()
    only_body = count_pixels(page, ".screen canvas")[0]
    body.click()
    assert count_pixels(page, ".screen canvas") == [0]
    face.click()
    only_face = count_pixels(page, ".screen canvas")[0]
    assert 0 < only_face < only_body < both
    body.click()
    assert count_pixels(page, ".screen canvas")[0] == both
    page.driver.find_element(By.TAG_NAME, "body").send_keys(Keys.END)
    wait_until(lambda: frame(page) == 49)
    assert count_pixels(page, ".screen canvas")[0] == only_body  # no face in the second half


def test_boxes_lie_where_they_are_in_the_picture(page: Page, viewer: ViewerPage) -> None:
    open_page(page, viewer.html)
    page.driver.find_elements(By.CSS_SELECTOR, ".choices input")[1].click()
    left, top, right, bottom = extent(page)
    assert [left, right, bottom] == pytest.approx([40, 80, 60], abs=0.8)
    assert top < 20  # the label stands on the box


def test_a_curve_can_be_hidden(page: Page, viewer: ViewerPage) -> None:
    open_page(page, viewer.html)
    before = count_pixels(page, ".plot canvas")[0]
    key = page.driver.find_elements(By.CSS_SELECTOR, ".legend button")[1]
    key.click()
    assert key.get_attribute("aria-pressed") == "false" and count_pixels(page, ".plot canvas")[0] < before
    key.click()
    assert count_pixels(page, ".plot canvas")[0] == before


def test_the_dominant_class_is_named(page: Page, viewer: ViewerPage) -> None:
    open_page(page, viewer.html)
    highest = page.driver.find_element(By.CSS_SELECTOR, ".highest")
    assert highest.text == "Neutral 0.700"
    page.driver.find_element(By.TAG_NAME, "body").send_keys(Keys.ARROW_RIGHT * 22)
    wait_until(lambda: frame(page) == 22)
    assert highest.text == "Fear 0.700"


def test_branches_of_classes_open_when_asked_for(page: Page, viewer: ViewerPage) -> None:
    open_page(page, viewer.html)
    folded = page.driver.find_elements(By.CSS_SELECTOR, "details.panel")[3]
    assert folded.get_attribute("open") is None
    assert folded.find_element(By.TAG_NAME, "h2").text == "Expression, branch F"
    folded.find_element(By.TAG_NAME, "summary").click()
    wait_until(lambda: count_pixels(page, "details.panel:nth-of-type(4) canvas")[0] > 1000)


def test_zoom_keeps_the_frame_and_a_click_there_is_finer(page: Page, viewer: ViewerPage) -> None:
    open_page(page, viewer.html)
    listen(page)
    click(page, 0, 0.5)
    middle = frame(page)
    page.driver.find_element(By.TAG_NAME, "body").send_keys("+")
    assert frame(page) == middle
    assert cursor(page) == pytest.approx(0.5, abs=0.03)
    click(page, 0, 0.99)
    length = viewer.times[-1] + viewer.times[-1] / (len(viewer.times) - 1)
    assert viewer.times[frame(page)] == pytest.approx(length * 0.75, abs=0.12)
    page.driver.find_element(By.TAG_NAME, "body").send_keys("0")
    assert cursor(page) == pytest.approx(viewer.times[frame(page)] / length, abs=0.005)


@pytest.mark.parametrize("size", [WIDE, NARROW])
@pytest.mark.parametrize("dark", [False, True])
def test_it_fits_wide_and_narrow_windows(
    page: Page, viewer: ViewerPage, tmp_path: Path, size: tuple[int, int], dark: bool
) -> None:
    page.resize(size)
    page.dark(dark)
    try:
        open_page(page, viewer.html)
        assert page.overflow() <= 0
        controls = page.driver.find_elements(
            By.CSS_SELECTOR, ".stage button, .stage select, .stage input, .zoom button"
        )
        assert len(controls) == 10 and all(control.is_displayed() for control in controls)
        assert count_pixels(page, "details[open] .plot canvas:first-child") != [0] * 5
        page.picture(tmp_path / "viewer.png")
        picture = cv2.imread(str(tmp_path / "viewer.png"))
        assert picture is not None and picture.shape == (size[1], size[0], 3)
        assert (picture[-1, 1].mean() < 64) == dark
        assert page.complaints() == []
    finally:
        page.resize(WIDE)
        page.dark(False)


@pytest.mark.parametrize("people", [[HOSTILE], [ENDING, HOSTILE]])
def test_names_from_data_are_text_alone(page: Page, tmp_path: Path, people: list[str]) -> None:
    viewer = ViewerPage(tmp_path, f"{HOSTILE} %41 #1?", count=5)
    ramp = np.linspace(0, 1, 5)
    series = tuple(Series(name, ramp) for name in (HOSTILE, ENDING, "<!--"))
    panels = [Panel(ENDING, 0, 1, series), Panel(HOSTILE, 0, 1, series, "rows", True)]
    boxes = {HOSTILE: viewer.scene.people[0].boxes["Body"]}
    everybody = [Person(name, boxes, panels, first=ENDING) for name in people]
    scene = Scene(ENDING + HOSTILE, viewer.video.name, (160, 120), viewer.times, everybody, [ENDING], ENDING)
    write_viewer(viewer.html, scene)
    open_page(page, viewer.html)
    assert page.driver.title == page.driver.find_element(By.TAG_NAME, "h1").text == ENDING + HOSTILE
    names = [e.text for e in page.driver.find_elements(By.CSS_SELECTOR, ".name")]
    assert names == [HOSTILE, ENDING, "<!--"] * 2
    assert [e.text for e in page.driver.find_elements(By.CSS_SELECTOR, ".who")] == people
    assert [e.text for e in page.driver.find_elements(By.CSS_SELECTOR, ".whose")] == people[:-1]  # none of one person
    assert page.driver.find_elements(By.TAG_NAME, "img") == []
    assert page.driver.execute_script("return window.harmed") is None
    assert len(page.driver.find_elements(By.TAG_NAME, "script")) == 2
    assert page.complaints() == []


def test_without_its_video_the_page_says_so_and_the_curves_work(page: Page, tmp_path: Path) -> None:
    viewer = ViewerPage(tmp_path, "gone", count=9)
    viewer.video.unlink()
    page.open(viewer.html)
    wait_until(lambda: page.driver.find_elements(By.CSS_SELECTOR, ".lost"))
    assert "gone.mp4" in page.driver.find_element(By.CSS_SELECTOR, ".lost").text
    page.driver.find_element(By.TAG_NAME, "body").send_keys(Keys.ARROW_RIGHT * 4)
    assert frame(page) == 4 and values(page, 0)["fused"] == pytest.approx(0, abs=6e-4)


def test_the_same_scores_give_the_same_bytes(viewer: ViewerPage, tmp_path: Path) -> None:
    write_viewer(tmp_path / "again.html", viewer.scene)
    assert (tmp_path / "again.html").read_bytes() == viewer.html.read_bytes()


def test_ten_minutes_of_25_curves_stay_small(tmp_path: Path) -> None:
    times = np.arange(18_000) / 30
    values = np.random.default_rng(0).random((18_000, 25))
    boxes = {"Face": np.full((18_000, 4), 100.0), "Body": np.full((18_000, 4), np.nan)}
    panel = Panel("Many", 0, 1, tuple(Series(str(i), values[:, i]) for i in range(25)))
    scene = Scene("long", "long.mp4", (640, 360), times, [Person("Anna", boxes, [panel])])
    write_viewer(tmp_path / "long.html", scene)
    assert (tmp_path / "long.html").stat().st_size < 2_000_000


def person_of(name: str = "Anna", *panels: Panel, **boxes: NDArray[np.float64]) -> Person:
    return Person(name, boxes, panels)


def panel_of(name: str, values: int, marks: int | None = None) -> Panel:
    seen = None if marks is None else np.ones(marks, np.bool_)
    return Panel(name, -1, 1, (Series("fused", np.zeros(values), seen),))


@pytest.mark.parametrize(
    ("people", "message"),
    [
        ([person_of("Anna", panel_of("Valence", 4))], "Anna, Valence, fused has 4 frames, the video 5"),
        ([person_of(Face=np.zeros((3, 4)))], "Anna, Face has 3 frames, the video 5"),
        ([person_of("Anna", panel_of("Valence", 5, 4))], "Anna, Valence, fused, seen, has 4 frames, the video 5"),
        ([Person("Anna", {}, [], np.ones(6, np.bool_))], "Anna, head only has 6 frames, the video 5"),
        ([], "no person to show; expected at least one"),
        ([person_of(), person_of("Ben", Face=np.zeros((5, 4)))], "Ben has other boxes or panels than Anna"),
        ([person_of("Anna", panel_of("Valence", 5)), person_of("Ben", panel_of("Arousal", 5))], "Ben has other boxes"),
    ],
)
def test_what_does_not_fit_is_named(tmp_path: Path, people: list[Person], message: str) -> None:
    with pytest.raises(InputError, match=message):
        write_viewer(tmp_path / "a.html", Scene("a", "a.mp4", (16, 16), np.arange(5) / 10, people))
    assert not list(tmp_path.iterdir())


def test_times_that_do_not_ascend_are_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="5 frames whose times do not ascend"):
        write_viewer(tmp_path / "a.html", Scene("a", "a.mp4", (16, 16), -np.arange(5.0), [person_of()]))
    assert not list(tmp_path.iterdir())
