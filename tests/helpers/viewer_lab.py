"""A viewer's page made of a small video, and what a person would do and see on it, for tests."""

import time
from collections.abc import Callable, Sequence
from pathlib import Path

import cv2
import numpy as np
from browser import Page
from media_factory import Decoded, clip, number
from numpy.typing import NDArray
from selenium.webdriver import ActionChains
from selenium.webdriver.common.by import By

from affectflow.core.tracks import track_of
from affectflow.preprocessing.media.overlay import write_copy
from affectflow.report.viewer.page import BODY, FACE, Panel, Person, Scene, write_viewer
from affectflow.report.viewer.panels import track_panels

# Gaps between frames grow from 23 to 164 ms.
VARIABLE = ["-vf", "settb=1/1000,setpts=(N*N*1.5+N*21.5+0.25)/1000/TB", "-bf", 0]
# Pixels are read from a copy: reading the page's own canvas makes the console complain.
COPIED = (
    "const copied = c => { const k = document.createElement('canvas'); k.width = c.width; k.height = c.height;"
    "const p = k.getContext('2d', {willReadFrequently: true}); if (c.width && c.height) p.drawImage(c, 0, 0);"
    "return (x, y, w, h) => p.getImageData(x, y, w, h).data; };"
)


NAMES = ("Anna", "Ben")


class ViewerPage:
    """A page beside its video, whose every frame shows its own number."""

    def __init__(
        self,
        folder: Path,
        name: str = "clip",
        *options: object,
        people: Sequence[str] = NAMES[:1],
        **clip_options: object,
    ) -> None:
        source = clip(folder / "source.mkv", *options, **clip_options)  # type: ignore[arg-type]
        stored = Decoded(source, folder / "stored")
        self.times: NDArray[np.float64] = stored.times
        self.video, self.html = folder / f"{name}.mp4", folder / f"{name}.html"
        write_copy(stored.out.frames, stored.out.sound, "clip", self.video)
        everybody = [example_person(place, called, len(self.times)) for place, called in enumerate(people)]
        self.scene = Scene(name, self.video.name, (160, 120), self.times, everybody, ["Estimates."], "Synthetic.")
        write_viewer(self.html, self.scene)


def example_person(place: int, name: str, frames: int) -> Person:
    """Of the first, a face in the first half and a body; of others, a face in the second half and a head alone in the
    last quarter. Values of the person at an odd place have the other sign."""
    sign, first_half = (-1) ** place, np.arange(frames) < frames // 2
    face = first_half if place == 0 else ~first_half
    boxes = {FACE: np.full((frames, 4), np.nan), BODY: np.tile(BODIES[place % 2], (frames, 1))}
    boxes[FACE][face] = FACES[place % 2]
    head_only = np.arange(frames) >= frames * 3 // 4 if place else None
    said = "A face in half of the frames." if place == 0 else f"{name} shows a head alone."
    return Person(name, boxes, example_panels(sign, face), head_only, first=said)


FACES = ([40.0, 20, 80, 60], [124.0, 30, 148, 60])
BODIES = ([20.0, 10, 120, 110], [122.0, 24, 156, 116])
"""Boxes of people at even and odd places."""


def example_panels(sign: int, face: NDArray[np.bool_]) -> list[Panel]:
    """Curves that rise for the sign 1 and fall for -1; those of a face count where there is one."""
    frames, every = len(face), np.ones(len(face), np.bool_)
    ramp = sign * np.linspace(-1, 1, frames)
    both = np.stack([ramp, -ramp], axis=1)
    classes = np.full((frames, 7), 0.05)
    classes[np.arange(frames), (np.arange(frames) * 7 // frames)[::sign]] = 0.7
    units = np.tile(np.linspace(0, 1, 12)[::sign], (frames, 1))
    return [
        *track_panels(track_of("va"), both, {"F": both / 2, "A": -both}, marks(face, every), "no face"),
        *track_panels(track_of("expr"), classes, {"F": classes[:, ::-1]}, marks(face), "no face"),
        *track_panels(track_of("au"), units, {}),
    ]


def marks(face: NDArray[np.bool_], sound: NDArray[np.bool_] | None = None) -> dict[str, NDArray[np.bool_]]:
    """Where scores count: those of a face, those of sound everywhere."""
    return {"fused": face, "F": face} | ({} if sound is None else {"A": sound})


def open_page(page: Page, path: Path) -> None:
    page.open(path)
    wait_until(lambda: page.driver.execute_script("return document.querySelector('video').readyState") == 4)


def wait_until(condition: Callable[[], object], seconds: float = 15) -> None:
    end = time.monotonic() + seconds
    while not condition():
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


def shown_number(page: Page) -> int:
    """The number that the picture on the screen shows."""
    page.driver.execute_script("document.querySelector('.screen canvas').style.display = 'none'")
    png = page.driver.find_element(By.TAG_NAME, "video").screenshot_as_png
    page.driver.execute_script("document.querySelector('.screen canvas').style.display = ''")
    picture = cv2.imdecode(np.frombuffer(png, np.uint8), cv2.IMREAD_COLOR)
    return number(np.asarray(cv2.resize(picture, (160, 120), interpolation=cv2.INTER_AREA), np.uint8))


def wait_for_seek(page: Page) -> None:
    wait_until(lambda: not page.driver.execute_script("return document.querySelector('video').seeking"))


def count_pixels(page: Page, selector: str) -> list[int]:
    """How many pixels of each canvas are not empty."""
    count: list[int] = page.driver.execute_script(
        f"{COPIED} return [...document.querySelectorAll(arguments[0])].map(c => c.width * c.height &&"
        " copied(c)(0, 0, c.width, c.height).filter((v, i) => i % 4 === 3 && v).length)",
        selector,
    )
    return count


def extent(page: Page) -> list[float]:
    """Left, top, right and bottom of what is drawn on the video, in pixels of its frame."""
    edges: list[float] = page.driver.execute_script(
        f"{COPIED} const c = document.querySelector('.screen canvas'), xs = [], ys = [];"
        "const d = copied(c)(0, 0, c.width, c.height);"
        "for (let i = 3; i < d.length; i += 4) if (d[i]) { const p = (i - 3) / 4;"
        " xs.push(p % c.width); ys.push(Math.floor(p / c.width)); }"
        "const s = 160 / c.width; const of = (f, v) => v.reduce((a, b) => f(a, b)) * s;"
        "return [of(Math.min, xs), of(Math.min, ys), of(Math.max, xs), of(Math.max, ys)]"
    )
    return edges


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
