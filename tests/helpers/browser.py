"""A headless Chromium for tests of pages: opens files from disk, and fails on whatever the console complains of."""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from selenium import webdriver
from selenium.webdriver.chrome.service import Service

WIDE, NARROW = (1400, 900), (390, 844)
"""Sizes in CSS pixels at which pages are checked."""


class Page:
    """A page of a file in a real browser."""

    def __init__(self, driver: webdriver.Chrome) -> None:
        self.driver = driver

    def open(self, path: Path) -> None:
        """Load the file; what the console said before is forgotten."""
        self.complaints()
        self.driver.get(path.resolve().as_uri())

    def resize(self, size: tuple[int, int]) -> None:
        """Set the page's own width and height, also below the least size of a window."""
        width, height = size
        metrics = {"width": width, "height": height, "deviceScaleFactor": 1, "mobile": False}
        self.driver.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", metrics)

    def dark(self, on: bool) -> None:
        """Prefer dark colours, or light ones."""
        feature = {"name": "prefers-color-scheme", "value": "dark" if on else "light"}
        self.driver.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": [feature]})

    def complaints(self) -> list[str]:
        """Warnings and errors of the console since they were last asked for."""
        return [entry["message"] for entry in self.driver.get_log("browser") if entry["level"] in ("WARNING", "SEVERE")]

    def overflow(self) -> int:
        """By how many pixels the page is wider than its window."""
        width: int = self.driver.execute_script(
            "return document.documentElement.scrollWidth - document.documentElement.clientWidth"
        )
        return width

    def picture(self, path: Path) -> None:
        """Save a screenshot of what is in sight."""
        assert self.driver.save_screenshot(str(path))


@contextmanager
def browser() -> Iterator[Page]:
    """Start Chromium; skips the test where it or its driver is missing."""
    chromium, chromedriver = shutil.which("chromium"), shutil.which("chromedriver")
    if not chromium or not chromedriver:
        pytest.skip("no Chromium with its driver on the PATH (apt-get install chromium chromium-driver)")
    options = webdriver.ChromeOptions()
    options.binary_location = chromium
    for option in ("--headless=new", "--no-sandbox", "--disable-dev-shm-usage", "--disable-gpu", "--mute-audio"):
        options.add_argument(option)
    options.set_capability("goog:loggingPrefs", {"browser": "ALL"})
    driver = webdriver.Chrome(options, Service(chromedriver))
    try:
        yield Page(driver)
    finally:
        driver.quit()
