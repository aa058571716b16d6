"""The page of a video, in a real browser: it plays, the curves follow, a click seeks, boxes come and go."""

import time
from collections.abc import Callable, Iterator
from pathlib import Path

import cv2
import numpy as np
import pytest
from browser import NARROW, WIDE, Page, browser
from media_factory import Decoded, clip, number
from numpy.typing import NDArray
from selenium.webdriver import ActionChains, Keys
from selenium.webdriver.common.by import By

from affectflow.errors import InputError
from affectflow.media.overlay import write_copy
from affectflow.report.panels import track_panels
from affectflow.report.viewer import Panel, Scene, Series, write_viewer
from affectflow.tracks import track_of

# Gaps between frames grow from 23 to 164 ms.
VARIABLE = ["-vf", "settb=1/1000,setpts=(N*N*1.5+N*21.5+0.25)/1000/TB", "-bf", 0]
# Pixels are read from a copy: reading the page's own canvas makes the console complain.
COPIED = (
    "const copied = c => { const k = document.createElement('canvas'); k.width = c.width; k.height = c.height;"
    "const p = k.getContext('2d', {willReadFrequently: true}); if (c.width && c.height) p.drawImage(c, 0, 0);"
    "return (x, y, w, h) => p.getImageData(x, y, w, h).data; };"
)
HOSTILE = "<img src=x onerror=window.harmed=1>"
ENDING = "</script><script>window.harmed=1</script>"


@pytest.fixture(scope="module")
def page() -> Iterator[Page]:
    with browser() as opened:
        opened.resize(WIDE)
        yield opened


class Made:
    """A page beside its video, whose every frame shows its own number."""

    def __init__(self, folder: Path, name: str = "clip", *options: object, **clip_options: object) -> None:
        source = clip(folder / "source.mkv", *options, **clip_options)  # type: ignore[arg-type]
        stored = Decoded(source, folder / "stored")
        self.times: NDArray[np.float64] = stored.times
        self.video, self.html = folder / f"{name}.mp4", folder / f"{name}.html"
        write_copy(source, stored.out.frames, "clip", self.video)
        frames = len(self.times)
        ramp = np.linspace(-1, 1, frames)
        boxes = {"Face": np.full((frames, 4), np.nan), "Body": np.tile([20.0, 10, 120, 110], (frames, 1))}
        boxes["Face"][: frames // 2] = [40, 20, 80, 60]
        self.scene = Scene(name, self.video.name, (160, 120), self.times, boxes, ["Estimates."], "Synthetic.")
        both = np.stack([ramp, -ramp], axis=1)
        classes = np.full((frames, 7), 0.05)
        classes[np.arange(frames), np.arange(frames) * 7 // frames] = 0.7
        units = np.tile(np.linspace(0, 1, 12), (frames, 1))
        self.panels = [
            *track_panels(track_of("va"), both, {"F": both / 2, "A": -both}),
            *track_panels(track_of("expr"), classes, {"F": classes[:, ::-1]}),
            *track_panels(track_of("au"), units, {}),
        ]
        write_viewer(self.html, self.scene, self.panels)


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Made:
    return Made(tmp_path_factory.mktemp("viewer"), "clip", *VARIABLE, sound="sine=frequency=440:duration=4")


def opened(page: Page, path: Path) -> None:
    page.open(path)
    until(lambda: page.driver.execute_script("return document.querySelector('video').readyState") == 4)


def until(true: Callable[[], object], seconds: float = 15) -> None:
    end = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < end, "it did not happen in time"
        time.sleep(0.05)


def frame(page: Page) -> int:
    return int(page.driver.find_element(By.ID, "viewer").get_attribute("data-frame") or -1)


def now(page: Page) -> float:
    moment: float = page.driver.execute_script("return document.querySelector('video').currentTime")
    return moment


def values(page: Page, panel: int) -> dict[str, float]:
    """Name and digits of each series of a panel."""
    chart = page.driver.find_elements(By.CSS_SELECTOR, "details.panel")[panel]
    names = [e.get_attribute("textContent") for e in chart.find_elements(By.CSS_SELECTOR, ".name")]
    digits = [e.get_attribute("textContent") or "" for e in chart.find_elements(By.CSS_SELECTOR, ".value")]
    return {str(name): float(text.replace("−", "-")) for name, text in zip(names, digits, strict=True)}


def seen(page: Page) -> int:
    """The number that the picture on the screen shows."""
    page.driver.execute_script("document.querySelector('.screen canvas').style.display = 'none'")
    png = page.driver.find_element(By.TAG_NAME, "video").screenshot_as_png
    page.driver.execute_script("document.querySelector('.screen canvas').style.display = ''")
    picture = cv2.imdecode(np.frombuffer(png, np.uint8), cv2.IMREAD_COLOR)
    return number(np.asarray(cv2.resize(picture, (160, 120), interpolation=cv2.INTER_AREA), np.uint8))


def settled(page: Page) -> None:
    until(lambda: not page.driver.execute_script("return document.querySelector('video').seeking"))


def drawn(page: Page, selector: str) -> list[int]:
    """How many pixels of each canvas are not empty."""
    count: list[int] = page.driver.execute_script(
        f"{COPIED} return [...document.querySelectorAll(arguments[0])].map(c => c.width * c.height &&"
        " copied(c)(0, 0, c.width, c.height).filter((v, i) => i % 4 === 3 && v).length)",
        selector,
    )
    return count


def cursor(page: Page) -> float:
    """Where the cursor of the first panel is, as a share of its width."""
    share: float = page.driver.execute_script(
        f"{COPIED} const c = document.querySelectorAll('.plot canvas')[1]; const row = copied(c)(0, 1, c.width, 1);"
        "const on = [...Array(c.width).keys()].filter(i => row[4 * i + 3] > 100);"
        "return on.reduce((a, b) => a + b + 0.5, 0) / on.length / c.width"
    )
    return share


def click(page: Page, panel: int, share: float) -> float:
    """Click a panel's plot at a share of its width; gives the exact share that was clicked."""
    plot = page.driver.find_elements(By.CSS_SELECTOR, ".plot")[panel]
    page.driver.execute_script("arguments[0].scrollIntoView({block: 'center'})", plot)
    area = page.driver.execute_script("const a = arguments[0].getBoundingClientRect(); return [a.left, a.width]", plot)
    off = round((share - 0.5) * area[1])
    ActionChains(page.driver, duration=0).move_to_element_with_offset(plot, off, 0).click().perform()
    at: float = page.driver.execute_script("return window.clicked")
    return (at - float(area[0])) / float(area[1])


def listen(page: Page) -> None:
    page.driver.execute_script("addEventListener('pointerdown', e => { window.clicked = e.clientX }, true)")


def test_the_video_plays_and_the_curves_follow(page: Page, made: Made) -> None:
    opened(page, made.html)
    assert frame(page) == 0 and seen(page) == 0
    before = cursor(page)
    page.driver.find_element(By.CSS_SELECTOR, "button.play").click()
    until(lambda: frame(page) >= 10)
    page.driver.find_element(By.CSS_SELECTOR, "button.play").click()
    until(lambda: page.driver.execute_script("return document.querySelector('video').paused"))
    time.sleep(0.3)
    at = frame(page)
    assert made.times[at] - 0.002 <= now(page) < made.times[at + 1] + 0.002
    assert seen(page) == at
    length = made.times[-1] + made.times[-1] / (len(made.times) - 1)
    assert before < 0.01
    assert cursor(page) == pytest.approx(made.times[at] / length, abs=0.005)
    assert values(page, 0)["fused"] == pytest.approx(-1 + 2 * at / (len(made.times) - 1), abs=6e-4)
    assert values(page, 1)["F"] == pytest.approx((1 - 2 * at / (len(made.times) - 1)) / 2, abs=6e-4)
    assert page.complaints() == []


@pytest.mark.parametrize("share", [0.031, 0.2, 0.47, 0.8, 0.99])
@pytest.mark.parametrize("panel", [0, 2])
def test_a_click_on_a_curve_seeks_to_the_frame_nearest_in_time(
    page: Page, made: Made, share: float, panel: int
) -> None:
    opened(page, made.html)
    listen(page)
    clicked = click(page, panel, share)
    length = made.times[-1] + made.times[-1] / (len(made.times) - 1)
    expected = int(np.abs(made.times - clicked * length).argmin())
    until(lambda: frame(page) == expected, 3)
    settled(page)
    assert now(page) == pytest.approx(made.times[expected], abs=0.0015)
    until(lambda: seen(page) == expected, 3)
    assert frame(page) == expected
    assert page.complaints() == []


def test_arrow_keys_step_one_frame(page: Page, made: Made) -> None:
    opened(page, made.html)
    body = page.driver.find_element(By.TAG_NAME, "body")
    for keys, expected in ((Keys.ARROW_RIGHT * 3, 3), (Keys.ARROW_LEFT, 2), (Keys.END, 49), (Keys.ARROW_RIGHT, 49)):
        body.send_keys(keys)
        until(lambda expected=expected: frame(page) == expected and seen(page) == expected, 5)  # type: ignore[misc]
        assert now(page) == pytest.approx(made.times[expected], abs=0.0015)
    body.send_keys(Keys.HOME)
    until(lambda: frame(page) == 0 and seen(page) == 0, 5)


def test_every_frame_of_a_variable_rate_is_reached(page: Page, made: Made) -> None:
    opened(page, made.html)
    body = page.driver.find_element(By.TAG_NAME, "body")
    for expected in range(1, len(made.times)):
        body.send_keys(Keys.ARROW_RIGHT)
        until(lambda expected=expected: frame(page) == expected and seen(page) == expected, 5)  # type: ignore[misc]


def test_a_picture_that_starts_after_the_sound_keeps_its_time(page: Page, tmp_path: Path) -> None:
    late = Made(tmp_path, "late", "-vf", "setpts=PTS+0.6/TB", sound="sine=frequency=440:duration=3")
    assert late.times[0] == pytest.approx(0.6, abs=0.005)
    opened(page, late.html)
    body = page.driver.find_element(By.TAG_NAME, "body")
    body.send_keys(Keys.ARROW_RIGHT * 7)
    until(lambda: frame(page) == 7 and seen(page) == 7, 5)
    assert now(page) == pytest.approx(late.times[7], abs=0.0015)
    assert page.complaints() == []


def test_a_picture_alone_that_starts_late_keeps_its_time(page: Page, tmp_path: Path) -> None:
    """Without sound nothing holds the begin of the timeline."""
    late = Made(tmp_path, "late", "-vf", "setpts=PTS+0.6/TB")
    opened(page, late.html)
    page.driver.find_element(By.TAG_NAME, "body").send_keys(Keys.ARROW_RIGHT * 7)
    until(lambda: frame(page) == 7 and seen(page) == 7, 5)


def test_boxes_can_be_shown_and_hidden(page: Page, made: Made) -> None:
    opened(page, made.html)
    face, body = page.driver.find_elements(By.CSS_SELECTOR, ".choices input")[:2]
    both = drawn(page, ".screen canvas")[0]
    face.click()
    only_body = drawn(page, ".screen canvas")[0]
    body.click()
    assert drawn(page, ".screen canvas") == [0]
    face.click()
    only_face = drawn(page, ".screen canvas")[0]
    assert 0 < only_face < only_body < both
    body.click()
    assert drawn(page, ".screen canvas")[0] == both
    page.driver.find_element(By.TAG_NAME, "body").send_keys(Keys.END)
    until(lambda: frame(page) == 49)
    assert drawn(page, ".screen canvas")[0] == only_body  # no face in the second half


def test_boxes_lie_where_they_are_in_the_picture(page: Page, made: Made) -> None:
    opened(page, made.html)
    page.driver.find_elements(By.CSS_SELECTOR, ".choices input")[1].click()
    left, top, right, bottom = page.driver.execute_script(
        f"{COPIED} const c = document.querySelector('.screen canvas'), xs = [], ys = [];"
        "const d = copied(c)(0, 0, c.width, c.height);"
        "for (let i = 3; i < d.length; i += 4) if (d[i]) { const p = (i - 3) / 4;"
        " xs.push(p % c.width); ys.push(Math.floor(p / c.width)); }"
        "const s = 160 / c.width; const of = (f, v) => v.reduce((a, b) => f(a, b)) * s;"
        "return [of(Math.min, xs), of(Math.min, ys), of(Math.max, xs), of(Math.max, ys)]"
    )
    assert [left, right, bottom] == pytest.approx([40, 80, 60], abs=0.8)
    assert top < 20  # the label stands on the box


def test_a_curve_can_be_hidden(page: Page, made: Made) -> None:
    opened(page, made.html)
    before = drawn(page, ".plot canvas")[0]
    key = page.driver.find_elements(By.CSS_SELECTOR, ".legend button")[1]
    key.click()
    assert key.get_attribute("aria-pressed") == "false" and drawn(page, ".plot canvas")[0] < before
    key.click()
    assert drawn(page, ".plot canvas")[0] == before


def test_the_dominant_class_is_named(page: Page, made: Made) -> None:
    opened(page, made.html)
    highest = page.driver.find_element(By.CSS_SELECTOR, ".highest")
    assert highest.text == "neutral 0.700"
    page.driver.find_element(By.TAG_NAME, "body").send_keys(Keys.END)
    until(lambda: frame(page) == 49)
    assert highest.text == "surprise 0.700"


def test_branches_of_classes_open_when_asked_for(page: Page, made: Made) -> None:
    opened(page, made.html)
    folded = page.driver.find_elements(By.CSS_SELECTOR, "details.panel")[3]
    assert folded.get_attribute("open") is None
    assert folded.find_element(By.TAG_NAME, "h2").text == "Expression, branch F"
    folded.find_element(By.TAG_NAME, "summary").click()
    until(lambda: drawn(page, "details.panel:nth-of-type(4) canvas")[0] > 1000)


def test_zoom_keeps_the_frame_and_a_click_there_is_finer(page: Page, made: Made) -> None:
    opened(page, made.html)
    listen(page)
    click(page, 0, 0.5)
    middle = frame(page)
    page.driver.find_element(By.TAG_NAME, "body").send_keys("+")
    assert frame(page) == middle
    assert cursor(page) == pytest.approx(0.5, abs=0.03)
    click(page, 0, 0.99)
    length = made.times[-1] + made.times[-1] / (len(made.times) - 1)
    assert made.times[frame(page)] == pytest.approx(length * 0.75, abs=0.12)
    page.driver.find_element(By.TAG_NAME, "body").send_keys("0")
    assert cursor(page) == pytest.approx(made.times[frame(page)] / length, abs=0.005)


@pytest.mark.parametrize("size", [WIDE, NARROW])
@pytest.mark.parametrize("dark", [False, True])
def test_it_fits_wide_and_narrow_windows(
    page: Page, made: Made, tmp_path: Path, size: tuple[int, int], dark: bool
) -> None:
    page.resize(size)
    page.dark(dark)
    try:
        opened(page, made.html)
        assert page.overflow() <= 0
        assert drawn(page, "details[open] .plot canvas:first-child") != [0] * 5
        page.picture(tmp_path / "viewer.png")
        shown = cv2.imread(str(tmp_path / "viewer.png"))
        assert shown is not None and shown.shape == (size[1], size[0], 3)
        assert (shown[-1, 1].mean() < 64) == dark
        assert page.complaints() == []
    finally:
        page.resize(WIDE)
        page.dark(False)


def test_names_from_data_are_text_alone(page: Page, tmp_path: Path) -> None:
    made = Made(tmp_path, f"{HOSTILE} %41 #1?", count=5)
    ramp = np.linspace(0, 1, 5)
    series = tuple(Series(name, ramp) for name in (HOSTILE, ENDING, "<!--"))
    scene = Scene(
        ENDING + HOSTILE, made.video.name, (160, 120), made.times, {HOSTILE: made.scene.boxes["Body"]}, [ENDING], ENDING
    )
    write_viewer(made.html, scene, [Panel(ENDING, 0, 1, series), Panel(HOSTILE, 0, 1, series, "rows", True)])
    opened(page, made.html)
    assert page.driver.title == page.driver.find_element(By.TAG_NAME, "h1").text == ENDING + HOSTILE
    names = [e.text for e in page.driver.find_elements(By.CSS_SELECTOR, ".name")]
    assert names == [HOSTILE, ENDING, "<!--"] * 2
    assert page.driver.find_elements(By.TAG_NAME, "img") == []
    assert page.driver.execute_script("return window.harmed") is None
    assert len(page.driver.find_elements(By.TAG_NAME, "script")) == 2
    assert page.complaints() == []


def test_without_its_video_the_page_says_so_and_the_curves_work(page: Page, tmp_path: Path) -> None:
    made = Made(tmp_path, "gone", count=9)
    made.video.unlink()
    page.open(made.html)
    until(lambda: page.driver.find_elements(By.CSS_SELECTOR, ".lost"))
    assert "gone.mp4" in page.driver.find_element(By.CSS_SELECTOR, ".lost").text
    page.driver.find_element(By.TAG_NAME, "body").send_keys(Keys.ARROW_RIGHT * 4)
    assert frame(page) == 4 and values(page, 0)["fused"] == pytest.approx(0, abs=6e-4)


def test_the_same_scores_give_the_same_bytes(made: Made, tmp_path: Path) -> None:
    write_viewer(tmp_path / "again.html", made.scene, made.panels)
    assert (tmp_path / "again.html").read_bytes() == made.html.read_bytes()


def test_ten_minutes_of_25_curves_stay_small(tmp_path: Path) -> None:
    times = np.arange(18_000) / 30
    values = np.random.default_rng(0).random((18_000, 25))
    boxes = {"Face": np.full((18_000, 4), 100.0), "Body": np.full((18_000, 4), np.nan)}
    panel = Panel("Many", 0, 1, tuple(Series(str(i), values[:, i]) for i in range(25)))
    write_viewer(tmp_path / "long.html", Scene("long", "long.mp4", (640, 360), times, boxes), [panel])
    assert (tmp_path / "long.html").stat().st_size < 2_000_000


def test_what_does_not_fit_is_named(tmp_path: Path) -> None:
    times = np.arange(5) / 10
    short = Panel("Valence", -1, 1, (Series("fused", np.zeros(4)),))
    with pytest.raises(InputError, match="Valence, fused has 4 frames, the video 5"):
        write_viewer(tmp_path / "a.html", Scene("a", "a.mp4", (16, 16), times, {}), [short])
    with pytest.raises(InputError, match="Face has 3 frames"):
        write_viewer(tmp_path / "a.html", Scene("a", "a.mp4", (16, 16), times, {"Face": np.zeros((3, 4))}), [])
    with pytest.raises(InputError, match="do not ascend"):
        write_viewer(tmp_path / "a.html", Scene("a", "a.mp4", (16, 16), times[::-1], {}), [])
    assert not list(tmp_path.iterdir())
