"""The page of a video dims what does not count, and says it first."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from browser import WIDE, Page, browser
from selenium.webdriver import Keys
from selenium.webdriver.common.by import By
from viewer_lab import COPIED, ViewerPage, frame, open_page, values, wait_until


@pytest.fixture(scope="module")
def page() -> Iterator[Page]:
    with browser() as tab:
        tab.resize(WIDE)
        yield tab


def dimmed(page: Page, panel: int) -> list[str]:
    """Names of the series of a panel whose values are dimmed."""
    chart = page.driver.find_elements(By.CSS_SELECTOR, "details.panel")[panel]
    return [str(e.get_attribute("textContent")) for e in chart.find_elements(By.CSS_SELECTOR, ".unseen .name")]


def shade(page: Page, panel: int, share: float) -> int:
    """How much lies over a panel's ground at its upper edge, from 0 to 255."""
    alpha: int = page.driver.execute_script(
        f"{COPIED} const c = document.querySelectorAll('details.panel')[arguments[0]].querySelector('canvas');"
        "return copied(c)(Math.round(arguments[1] * c.width), 0, 1, 1)[3]",
        panel,
        share,
    )
    return alpha


def test_what_does_not_count_is_dimmed_and_said_first(page: Page, tmp_path: Path) -> None:
    viewer = ViewerPage(tmp_path)
    open_page(page, viewer.html)
    first = page.driver.find_element(By.CSS_SELECTOR, "header p")
    assert first.text == "A face in half of the frames." and "caution" in str(first.get_attribute("class"))
    highest = page.driver.find_element(By.CSS_SELECTOR, ".highest")
    assert dimmed(page, 0) == dimmed(page, 2) == [] and highest.text == "Neutral 0.700"
    middle = viewer.times[25] / (viewer.times[-1] + viewer.times[-1] / (len(viewer.times) - 1))
    for panel in (0, 2):
        assert shade(page, panel, middle - 0.03) == 0 < shade(page, panel, middle + 0.03)
    page.driver.find_element(By.TAG_NAME, "body").send_keys(Keys.END)
    wait_until(lambda: frame(page) == 49)
    assert dimmed(page, 0) == ["fused", "F"]  # the sound goes on
    assert len(dimmed(page, 2)) == 7 and highest.text == "no face"
    assert values(page, 0)["fused"] == pytest.approx(1, abs=6e-4)
    assert page.complaints() == []
