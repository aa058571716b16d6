"""The page of a video with several people, in a real browser: one colour each, and whose curves are shown."""

from collections.abc import Iterator
from dataclasses import replace

import cv2
import numpy as np
import pytest
from browser import NARROW, WIDE, Page, browser
from numpy.typing import NDArray
from selenium.webdriver import ActionChains, Keys
from selenium.webdriver.common.by import By
from selenium.webdriver.remote.webelement import WebElement
from viewer_lab import (
    BODIES,
    COPIED,
    FACES,
    NAMES,
    ViewerPage,
    count_pixels,
    frame,
    open_page,
    values,
    wait_until,
)

from affectflow.report.viewer.colours import PALETTE
from affectflow.report.viewer.page import FACE, write_viewer

ANNA, BEN = NAMES


@pytest.fixture(scope="module")
def page() -> Iterator[Page]:
    with browser() as tab:
        tab.resize(WIDE)
        yield tab


@pytest.fixture(scope="module")
def one(tmp_path_factory: pytest.TempPathFactory) -> ViewerPage:
    return ViewerPage(tmp_path_factory.mktemp("one"))


@pytest.fixture(scope="module")
def two(tmp_path_factory: pytest.TempPathFactory) -> ViewerPage:
    return ViewerPage(tmp_path_factory.mktemp("two"), people=NAMES)


@pytest.fixture(scope="module")
def crowd(tmp_path_factory: pytest.TempPathFactory) -> ViewerPage:
    return ViewerPage(tmp_path_factory.mktemp("crowd"), people=[f"Person {n}" for n in range(1, 41)])


def press(page: Page, keys: str) -> None:
    page.driver.find_element(By.TAG_NAME, "body").send_keys(keys)


def go_to_end(page: Page) -> None:
    press(page, Keys.END)
    wait_until(lambda: frame(page) == 49)


def chosen(page: Page) -> str:
    """Whose curves are shown, as all that tells of it agrees."""
    pressed = page.driver.find_elements(By.CSS_SELECTOR, '.person[aria-pressed="true"]')
    heading = page.driver.find_element(By.CSS_SELECTOR, ".whose").text
    assert [key.text for key in pressed] == [heading]
    return heading


def click_picture(page: Page, x: float, y: float) -> None:
    """Click the picture at a point in pixels of its frame."""
    screen = page.driver.find_element(By.CSS_SELECTOR, ".screen")
    scale = screen.size["width"] / 160
    at = round((x - 80) * scale), round((y - 60) * scale)
    ActionChains(page.driver, duration=0).move_to_element_with_offset(screen, *at).click().perform()


def is_paused(page: Page) -> bool:
    return bool(page.driver.execute_script("return document.querySelector('video').paused"))


def pixels(page: Page, selector: str, left: float, top: float, right: float, bottom: float) -> NDArray[np.int64]:
    """Red, green, blue and opacity of a part of a canvas, whose edges are shares of its size; at least one pixel."""
    data = page.driver.execute_script(
        f"{COPIED} const c = document.querySelector(arguments[0]), [l, t, r, b] = arguments[1];"
        "const w = Math.max(Math.round((r - l) * c.width), 1), h = Math.max(Math.round((b - t) * c.height), 1);"
        "return [w, h, ...copied(c)(Math.round(l * c.width), Math.round(t * c.height), w, h)]",
        selector,
        [left, top, right, bottom],
    )
    return np.array(data[2:]).reshape(data[1], data[0], 4)


def hexadecimal(pixel: NDArray[np.int64]) -> str:
    return "#" + "".join(f"{value:02x}" for value in pixel[:3])


def drawn_share(page: Page, x: float, top: float, bottom: float) -> float:
    """The share of a vertical line in the picture, in pixels of its frame, that is drawn on."""
    line = pixels(page, ".screen canvas", x / 160 - 0.003, top / 120, x / 160 + 0.003, bottom / 120)
    return float((line[:, :, 3].max(axis=1) == 255).mean())


def listen_to_labels(page: Page) -> None:
    page.driver.execute_script(
        "const pen = CanvasRenderingContext2D.prototype, write = pen.fillText; window.labels = [];"
        "pen.fillText = function (text, ...at) {"
        " if (this.canvas.closest('.screen')) window.labels.push(text); return write.call(this, text, ...at); }"
    )


def labels(page: Page) -> list[str]:
    """Words in the picture since this was last asked for."""
    said: list[str] = page.driver.execute_script("const said = window.labels; window.labels = []; return said.sort()")
    return said


def test_a_lane_of_one_person_chooses_nothing(page: Page, one: ViewerPage) -> None:
    open_page(page, one.html)
    (name,) = page.driver.find_elements(By.CSS_SELECTOR, ".person")
    assert name.text == ANNA and name.tag_name == "div"
    assert page.driver.find_elements(By.CSS_SELECTOR, ".whose, .panels .caution") == []
    assert "another person" not in page.driver.find_element(By.CSS_SELECTOR, ".keys").text
    press(page, "]2")
    assert values(page, 0)["fused"] == pytest.approx(-1, abs=6e-4)
    listen_to_labels(page)
    press(page, Keys.ARROW_RIGHT)
    assert labels(page) == ["Body", "Face"]
    assert page.complaints() == []


def test_the_first_person_comes_first(page: Page, two: ViewerPage) -> None:
    open_page(page, two.html)
    assert chosen(page) == ANNA
    assert [e.text for e in page.driver.find_elements(By.CSS_SELECTOR, ".who")] == [ANNA, BEN]
    assert page.driver.find_element(By.CSS_SELECTOR, ".panels .caution").text == "A face in half of the frames."
    assert page.driver.find_elements(By.CSS_SELECTOR, "header .caution.first") == []
    assert "another person" in page.driver.find_element(By.CSS_SELECTOR, ".keys").text


@pytest.mark.parametrize("by_keyboard", [False, True])
def test_a_name_chooses_whose_curves_are_shown(page: Page, two: ViewerPage, by_keyboard: bool) -> None:
    open_page(page, two.html)
    ben = page.driver.find_elements(By.CSS_SELECTOR, "button.person")[1]
    if by_keyboard:
        ben.send_keys(Keys.ENTER)
    else:
        ben.click()
    assert chosen(page) == BEN
    assert page.driver.find_element(By.CSS_SELECTOR, ".panels .caution").text == "Ben shows a head alone."
    assert values(page, 0)["fused"] == pytest.approx(1, abs=6e-4)
    assert page.driver.find_element(By.CSS_SELECTOR, ".highest").text == "no face"
    go_to_end(page)
    assert values(page, 0)["fused"] == pytest.approx(-1, abs=6e-4)
    assert page.driver.find_element(By.CSS_SELECTOR, ".highest").text == "Neutral 0.700"
    assert page.complaints() == []


def test_keys_choose_the_next_one_and_a_number(page: Page, two: ViewerPage) -> None:
    open_page(page, two.html)
    for key, expected in (("]", BEN), ("]", ANNA), ("[", BEN), ("1", ANNA), ("2", BEN), ("3", BEN), ("[", ANNA)):
        press(page, key)
        assert chosen(page) == expected
    assert frame(page) == 0 and is_paused(page)


def test_a_box_in_the_picture_chooses_its_person(page: Page, two: ViewerPage) -> None:
    open_page(page, two.html)
    click_picture(page, 140, 100)  # Ben's body
    assert chosen(page) == BEN and is_paused(page) and frame(page) == 0
    click_picture(page, 60, 40)  # Anna's face
    assert chosen(page) == ANNA and is_paused(page)
    click_picture(page, 60, 40)  # she is chosen already
    wait_until(lambda: not is_paused(page))
    press(page, Keys.HOME)
    wait_until(lambda: is_paused(page))
    click_picture(page, 5, 5)  # nobody
    wait_until(lambda: not is_paused(page))
    assert chosen(page) == ANNA


def test_hidden_boxes_are_no_places_to_click(page: Page, two: ViewerPage) -> None:
    open_page(page, two.html)
    page.driver.find_elements(By.CSS_SELECTOR, ".choices input")[1].click()
    click_picture(page, 140, 100)
    wait_until(lambda: not is_paused(page))
    assert chosen(page) == ANNA


def test_of_boxes_over_each_other_the_smallest_is_meant(page: Page, two: ViewerPage) -> None:
    anna, ben = two.scene.people
    inside = np.tile([50.0, 30, 70, 50], (len(two.times), 1))  # within Anna's face and body
    scene = replace(two.scene, people=[anna, replace(ben, boxes=dict(ben.boxes) | {FACE: inside})])
    write_viewer(two.html.with_name("over.html"), scene)
    open_page(page, two.html.with_name("over.html"))
    click_picture(page, 60, 40)
    assert chosen(page) == BEN
    click_picture(page, 45, 25)
    assert chosen(page) == ANNA


def test_time_zoom_and_what_is_hidden_stay(page: Page, two: ViewerPage) -> None:
    open_page(page, two.html)
    page.driver.find_elements(By.CSS_SELECTOR, "details.panel")[3].find_element(By.TAG_NAME, "summary").click()
    key = page.driver.find_elements(By.CSS_SELECTOR, ".legend button")[1]
    key.click()
    press(page, Keys.ARROW_RIGHT * 30)
    press(page, "+")
    wait_until(lambda: frame(page) == 30)
    shown_part = page.driver.find_element(By.CSS_SELECTOR, ".zoom .dim").text
    press(page, "]")
    assert chosen(page) == BEN and frame(page) == 30
    assert page.driver.find_element(By.CSS_SELECTOR, ".zoom .dim").text == shown_part != "the whole video"
    assert page.driver.find_elements(By.CSS_SELECTOR, "details.panel")[3].get_attribute("open") is not None
    assert key.get_attribute("aria-pressed") == "false"
    without = count_pixels(page, ".plot canvas")[0]
    key.click()
    assert count_pixels(page, ".plot canvas")[0] > without
    assert values(page, 0)["F"] == pytest.approx(-(-1 + 60 / 49) / 2, abs=6e-4)


def test_a_click_on_any_lane_seeks(page: Page, two: ViewerPage) -> None:
    open_page(page, two.html)
    timeline = page.driver.find_element(By.CSS_SELECTOR, ".timeline")
    for lane, share in ((0, 0.8), (1, 0.3)):
        right, down = round((share - 0.5) * timeline.size["width"]), round((lane - 0.5) * timeline.size["height"] / 2)
        ActionChains(page.driver, duration=0).move_to_element_with_offset(timeline, right, down).click().perform()
        seconds = (right / timeline.size["width"] + 0.5) * (two.times[-1] * 50 / 49)
        assert abs(frame(page) - int(np.abs(two.times - seconds).argmin())) <= 1  # a pixel is a tenth of a frame
    assert chosen(page) == ANNA


def test_a_person_has_one_colour_throughout(page: Page, two: ViewerPage) -> None:
    open_page(page, two.html)
    for place in (0, 1):
        left, top, _, bottom = FACES[place]
        box = pixels(page, ".screen canvas", left / 160, (top + bottom) / 240, left / 160, (top + bottom) / 240)
        lane = pixels(page, ".timeline canvas", *[0.25 + 0.5 * place, 0.15 + 0.5 * place] * 2)
        chip = page.driver.find_elements(By.CSS_SELECTOR, ".person .chip")[place].value_of_css_property(
            "background-color"
        )
        fill = PALETTE[place].fill
        assert hexadecimal(box[0, 0]) == hexadecimal(lane[0, 0]) == fill and box[0, 0, 3] == lane[0, 0, 3] == 255
        assert chip == "rgba({}, {}, {}, 1)".format(*bytes.fromhex(fill[1:]))
        assert (
            page.driver.find_element(By.CSS_SELECTOR, ".whose .chip").value_of_css_property("background-color") == chip
        )
        go_to_end(page)  # Ben's face is in the second half
        press(page, "2")


def test_a_lane_shows_where_face_and_body_were_found(page: Page, two: ViewerPage) -> None:
    """Ben's face in the second half; a body everywhere, of which only the head in the last quarter."""
    open_page(page, two.html)

    def opacity(time_share: float, lane_share: float) -> int:
        at = (time_share, 0.5 + lane_share / 2)
        return int(pixels(page, ".timeline canvas", *at, *at)[0, 0, 3])

    face, body = 0.35, 0.77
    frames = [two.times[n] / (two.times[-1] * 50 / 49) for n in (10, 30, 45)]
    assert opacity(frames[0], face) < 60 and opacity(frames[1], face) == opacity(frames[2], face) == 255
    assert opacity(frames[0], body) == opacity(frames[1], body) == 255
    assert 60 < opacity(frames[2], body) < 200


def test_lines_tell_faces_bodies_and_heads_apart(page: Page, two: ViewerPage) -> None:
    open_page(page, two.html)
    left, _, right, bottom = BODIES[1]
    dashed = drawn_share(page, right, 44, bottom - 6)
    go_to_end(page)
    dotted, solid = drawn_share(page, right, 44, bottom - 6), drawn_share(page, FACES[1][0], 32, 58)
    assert solid == 1 and 0.5 < dashed < 0.8 and 0.2 < dotted < dashed
    assert left < FACES[1][0] < right


def test_boxes_bear_names_and_say_where_there_is_a_head_only(page: Page, two: ViewerPage) -> None:
    open_page(page, two.html)
    listen_to_labels(page)
    press(page, Keys.ARROW_RIGHT)
    assert labels(page) == [ANNA, ANNA, BEN]
    go_to_end(page)
    assert labels(page) == [ANNA, BEN, f"{BEN} · Head only"]


def test_a_head_only_of_the_one_person_is_said(page: Page, two: ViewerPage) -> None:
    write_viewer(two.html.with_name("head.html"), replace(two.scene, people=two.scene.people[1:]))
    open_page(page, two.html.with_name("head.html"))
    listen_to_labels(page)
    go_to_end(page)
    assert labels(page) == ["Face", "Head only"]


def test_labels_stay_in_the_picture(page: Page, two: ViewerPage) -> None:
    """Boxes in corners, and a name that is longer than the picture is wide."""
    corners = ([0.0, 0, 10, 8], [150.0, 112, 160, 120])
    people = [
        replace(person, name=name, boxes=dict(person.boxes) | {FACE: np.tile(corner, (len(two.times), 1))})
        for person, name, corner in zip(two.scene.people, ("Anna", "Ben" * 80), corners, strict=True)
    ]
    write_viewer(two.html.with_name("corners.html"), replace(two.scene, people=people))
    open_page(page, two.html.with_name("corners.html"))
    page.driver.execute_script(
        "const pen = CanvasRenderingContext2D.prototype, fill = pen.fillRect; window.tiles = [];"
        "pen.fillRect = function (x, y, w, h) { if (this.canvas.closest('.screen'))"
        " window.tiles.push([x, y, x + w - this.canvas.clientWidth, y + h - this.canvas.clientHeight]);"
        " return fill.call(this, x, y, w, h); }"
    )
    press(page, Keys.ARROW_RIGHT)
    tiles = np.array(page.driver.execute_script("return window.tiles"))
    assert len(tiles) == 4 and (tiles[:, :2] >= 0).all() and (tiles[:, 2:] <= 1e-6).all()


def test_the_picture_of_a_face_stands_beside_the_name(page: Page, two: ViewerPage) -> None:
    jpeg = cv2.imencode(".jpg", np.full((32, 24, 3), 90, np.uint8))[1].tobytes()
    anna, ben = two.scene.people
    write_viewer(two.html.with_name("face.html"), replace(two.scene, people=[anna, replace(ben, picture=jpeg)]))
    open_page(page, two.html.with_name("face.html"))
    (image,) = page.driver.find_elements(By.CSS_SELECTOR, ".person img")
    wait_until(lambda: image.get_property("naturalWidth") == 24)
    image.click()
    assert chosen(page) == BEN
    assert page.complaints() == []


@pytest.mark.parametrize("size", [WIDE, NARROW])
@pytest.mark.parametrize("dark", [False, True])
def test_two_people_fit_wide_and_narrow_windows(page: Page, two: ViewerPage, size: tuple[int, int], dark: bool) -> None:
    page.resize(size)
    page.dark(dark)
    try:
        open_page(page, two.html)
        assert page.overflow() <= 0
        names = page.driver.find_elements(By.CSS_SELECTOR, "button.person")
        assert all(name.is_displayed() and name.size["height"] >= 24 for name in names)
        assert all(who.get_property("scrollWidth") <= who.get_property("clientWidth") for who in whos(page))
        names[1].click()
        assert chosen(page) == BEN
        assert page.complaints() == []
    finally:
        page.resize(WIDE)
        page.dark(False)


def whos(page: Page) -> list[WebElement]:
    return page.driver.find_elements(By.CSS_SELECTOR, ".who")


@pytest.mark.parametrize("size", [WIDE, NARROW])
def test_forty_people_leave_room_for_the_rest(page: Page, crowd: ViewerPage, size: tuple[int, int]) -> None:
    page.resize(size)
    try:
        open_page(page, crowd.html)
        assert page.overflow() <= 0
        lanes = page.driver.find_element(By.CSS_SELECTOR, ".lanes")
        assert len(whos(page)) == 40 and lanes.size["height"] < 200
        assert page.driver.find_element(By.CSS_SELECTOR, ".stage").size["height"] < size[1]
        press(page, "[")
        assert chosen(page) == "Person 40"
        last = page.driver.find_elements(By.CSS_SELECTOR, ".person")[-1]
        assert lanes.rect["y"] <= last.rect["y"]
        assert last.rect["y"] + last.rect["height"] <= lanes.rect["y"] + lanes.rect["height"]
        press(page, "9")
        assert chosen(page) == "Person 9"
        assert page.complaints() == []
    finally:
        page.resize(WIDE)
