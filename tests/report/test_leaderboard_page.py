"""The leaderboard's page: links that work offline, nothing loaded, whatever methods and systems are called."""

import os
import re
from collections.abc import Iterator
from html import unescape
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote

import pytest
from board_lab import METHODS, make_labels, make_system, make_systems
from browser import NARROW, WIDE, browser
from selenium.webdriver.common.by import By

from affectflow.core.tracks import track_of
from affectflow.lineage.chain import Chain
from affectflow.report.leaderboard.page import asset_files
from affectflow.report.leaderboard.write import write_leaderboard
from affectflow.report.run_page.write import LEADERBOARD

NASTY = "</style><script>alert('x')</script> \"ü\" & 50 % | 😀"
NOTE = "weights are <b>random</b>"


class Tags(HTMLParser):
    """Tags of a page, and what it names: addresses, and places in itself."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.tags: set[str] = set()
        self.links: list[str] = []
        self.places: set[str] = set()
        self.feed(html)

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        values = dict(attributes)
        self.tags.add(tag)
        self.links += [values[name] or "" for name in ("href", "src") if name in values]
        self.places |= {values["id"] or ""} if "id" in values else set()


@pytest.fixture(scope="module")
def page(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A page of several systems: a method with a nasty name, a note, a model that is gone."""
    folder, before = tmp_path_factory.mktemp("board"), Path.cwd()
    os.chdir(folder)
    make_systems(Path())
    make_labels(Path(), "people", track_of("expr"))
    methods = {NASTY: METHODS["Both"], **METHODS}
    make_system(Path(), "people", "one", track_of("expr"), methods=methods, notes={"A": NOTE}, measured={})
    Path("models/people/two/va/F/official-1/model.safetensors").unlink()
    entries = [
        path for path in Path("leaderboard_entries").glob("*/*/*.json") if not path.name.endswith(".record.json")
    ]
    outs = [Path(f"results/leaderboard.{suffix}") for suffix in ("csv", "md", "html")]
    write_leaderboard(Chain(), entries, *outs)
    Path("results/report.html").touch()
    try:
        yield folder / "results/leaderboard.html"
    finally:
        os.chdir(before)


def test_the_report_and_the_page_name_each_other(page: Path) -> None:
    assert page.name == LEADERBOARD
    assert "report.html" in Tags(page.read_text()).links


def test_every_link_leads_to_a_file_of_the_folder_or_to_a_place_on_the_page(page: Path) -> None:
    document = Tags(page.read_text())
    places = {unquote(link[1:]) for link in document.links if link.startswith("#")}
    assert places and places <= {unquote(place) for place in document.places}
    files = {link for link in document.links if not link.startswith("#")}
    assert len(files) > 20
    for link in files:
        assert not re.match(r"[a-z]+:|//|/", link), link
        path = page.parent / unquote(link)
        if "two/va/F" not in link:  # whose record is still there, too
            assert path.exists(), link
    assert any(link.startswith("../leaderboard_entries/people/one/expr.json") for link in files)
    assert any(link.startswith("../models/people/one/au/A/official-1/model.safetensors.record.json") for link in files)


def test_nothing_is_run_or_loaded_and_names_stay_text(page: Path) -> None:
    text = page.read_text(encoding="utf-8")
    assert "default-src 'none'; style-src 'unsafe-inline'" in text
    assert not Tags(text).tags & {"script", "link", "img", "iframe", "object", "form", "b"}
    visible_text = unescape(re.sub(r"<[^>]*>", "", text.partition("</head>")[2]))
    assert visible_text.count(NASTY) >= 2 and f"{NASTY} (one)" in visible_text
    assert f": {NOTE}." in visible_text


def test_stale_and_synthetic_are_said(page: Path) -> None:
    text = page.read_text()
    real, synthetic = text.split("<h2>Synthetic corpora: no evidence about people</h2>")
    assert "people, and the papers" in unescape(synthetic) and "corpus demo" in synthetic
    assert "corpus demo" not in real and "corpus people" not in synthetic
    assert real.count("stale: models/people/two/va/F/official-1/model.safetensors is gone") == 3
    assert "3 of them stale" in real


def test_the_page_holds_the_styles_that_the_rule_names_as_inputs(page: Path, root: Path) -> None:
    rule = (root / "rules/leaderboard.smk").read_text() + (root / "rules/report.smk").read_text()
    files = asset_files()
    assert files
    for path in files:
        assert path.read_text(encoding="utf-8") in page.read_text(encoding="utf-8")
        assert path.name in rule


@pytest.mark.parametrize("size", [WIDE, NARROW], ids=["wide", "narrow"])
def test_a_browser_shows_it_without_complaint_and_unfolds_what_a_link_names(page: Path, size: tuple[int, int]) -> None:
    with browser() as tab:
        tab.resize(size)
        tab.open(page)
        assert tab.overflow() == 0
        details = tab.driver.find_element(By.CSS_SELECTOR, "#au-people-abaw2-affwild2 details")
        assert details.get_attribute("open") is None
        first = tab.driver.find_element(By.CSS_SELECTOR, "#au-people-abaw2-affwild2 td:last-child a")
        tab.driver.execute_script("arguments[0].click()", first)
        assert details.get_attribute("open") is not None
        assert tab.overflow() == 0
        assert tab.complaints() == []
