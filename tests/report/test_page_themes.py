"""Pages without script (a score taken apart, the index of predictions): light and dark, and on a phone."""

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from browser import NARROW, WIDE, Page, browser

from affectflow.report.drawing.curve import ANNOTATED, FUSED, PALETTE, Line, curves_svg
from affectflow.report.drawing.page import code, document, figure, scrolling

DIGEST = "0123456789abcdef" * 4


@pytest.fixture(scope="module")
def page_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A page with one of each piece."""
    times = np.arange(100) / 25
    lines = [
        Line("F", np.sin(times), PALETTE[0]),
        Line("annotation", np.cos(times), ANNOTATED, 1.6, "5 3"),
        Line("fused", np.sin(times) / 2, FUSED, 2.2),
    ]
    rows = [
        [f"{code(f'work/demo/frames/shard-0000{n}-of-00008.arrow')}<br>{code(DIGEST)}", *"abcdefgh"] for n in (1, 2)
    ]
    body = [
        "<h1>a-subject-with-a-name-that-goes-on-and-on_left, frame 12</h1>",
        '<p class="note">A note.</p><p class="dim">Dim.</p>',
        '<div class="cards"><div class="card"><div class="value">-0.123456</div>'
        '<div class="digits">fused = 0.5 × 0.123456789 (F) + 0.5 × 0.123456789 (BCF) = 0.123456789</div></div></div>',
        f'<div class="scroll">{curves_svg(times, lines, 12, "curves")}</div>',
        f'<div class="pictures">{figure(np.zeros((60, 80, 3), np.uint8), "Face", "third")}'
        f"{figure(None, 'Body', 'half', 'not found')}</div>",
        '<div class="bars"><span>Joy</span><div><b style="width: 40%"></b></div><span>0.400</span></div>',
        scrolling(["File", *"ABCDEFGH"], rows),
    ]
    path = tmp_path_factory.mktemp("page") / "page.html"
    path.write_text(document("Page", body), encoding="utf-8")
    return path


@pytest.fixture(scope="module")
def pages() -> Iterator[Page]:
    with browser() as page:
        yield page


def luminance(page: Page, selector: str, name: str) -> float:
    """Relative luminance of a computed colour, from 0 to 1."""
    script = "return getComputedStyle(document.querySelector(arguments[0]))[arguments[1]].match(/[\\d.]+/g).map(Number)"
    red, green, blue = (
        channel / 12.92 if channel <= 0.04045 else ((channel + 0.055) / 1.055) ** 2.4
        for channel in (value / 255 for value in page.driver.execute_script(script, selector, name)[:3])
    )
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


@pytest.mark.parametrize("size", [WIDE, NARROW], ids=["wide", "narrow"])
@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
def test_everything_can_be_read_and_nothing_sticks_out(
    pages: Page, page_file: Path, size: tuple[int, int], dark: bool
) -> None:
    pages.resize(size)
    pages.dark(dark)
    pages.open(page_file)
    ground = luminance(pages, "body", "backgroundColor")
    assert (ground < 0.05) == dark
    for selector, name in (
        ("h1", "color"),
        (".dim", "color"),
        ("td", "color"),
        ("svg text", "fill"),
        ("svg path:nth-last-of-type(1)", "stroke"),
    ):
        ink = luminance(pages, selector, name)
        contrast = (max(ink, ground) + 0.05) / (min(ink, ground) + 0.05)
        assert contrast >= (3 if "path" in selector else 4.5), (selector, contrast)
    note = luminance(pages, ".note", "backgroundColor")
    ink = luminance(pages, ".note", "color")
    assert (max(ink, note) + 0.05) / (min(ink, note) + 0.05) >= 4.5
    assert pages.overflow() <= 0
    assert pages.complaints() == []
