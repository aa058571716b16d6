"""The documentation as a site: its pages, its generated reference, its search, all without a network."""

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

import pytest
from browser import NARROW, Page, browser
from repository import ROOT

sys.path.append(str(ROOT / "tools"))

import reference
import site_source

_FENCE = re.compile(r"^```.*?^```$", re.MULTILINE | re.DOTALL)


@pytest.fixture(scope="module")
def site(root: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The site, built where no proxy and no name server answers."""
    folder = tmp_path_factory.mktemp("site")
    site_source.lay_out(folder / "build/docs")
    shutil.copy(root / "mkdocs.yml", folder / "mkdocs.yml")
    nowhere = dict.fromkeys(("http_proxy", "https_proxy", "all_proxy"), "http://127.0.0.1:9")
    result = subprocess.run(
        [sys.executable, "-m", "mkdocs", "build", "--quiet", "--strict"],
        cwd=folder,
        env=os.environ | nowhere | {"NO_MKDOCS_2_WARNING": "1"},
        capture_output=True,
        text=True,
    )
    assert result.returncode == 0, result.stderr
    return folder / "site"


def test_the_generated_pages_are_current(root: Path) -> None:
    assert (root / "docs/commands.md").read_text() == reference.commands_page(), "run `make docs`"
    assert (root / "docs/api.md").read_text() == reference.api_page(), "run `make docs`"


def test_every_page_has_one_heading_of_the_first_level_and_a_place_in_the_navigation(root: Path) -> None:
    navigation = (root / "mkdocs.yml").read_text().split("\nnav:\n")[1]
    navigation_pages = set(re.findall(r"[\w/-]+\.md", navigation))
    pages = sorted((root / "docs").rglob("*.md"))
    assert len(pages) > 25
    assert navigation_pages == {path.relative_to(root / "docs").as_posix() for path in pages} | set(
        site_source.PAGES.values()
    )
    for path in [*pages, *(root / name for name in site_source.PAGES)]:
        text = _FENCE.sub("", path.read_text())
        assert len(re.findall(r"^# ", text, re.MULTILINE)) == 1, path.name
        assert text.lstrip().startswith("# "), path.name


def test_no_page_asks_another_server_for_anything(site: Path) -> None:
    pages = list(site.rglob("*.html"))
    assert len(pages) > 30
    for page in pages:
        external_urls = re.findall(r"<(?:link|script|img)[^>]+(?:href|src)=\"?(https?://[^\s\">]+)", page.read_text())
        assert not external_urls, (page.name, external_urls)


def test_a_link_to_a_folder_or_to_nothing_is_an_error(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "docs").mkdir()
    (tmp_path / "config").mkdir()
    for name in site_source.PAGES:
        (tmp_path / name).write_text("# Page\n")
    monkeypatch.setattr(site_source, "ROOT", tmp_path)
    for target in ("../config", "../config/none.yaml"):
        (tmp_path / "docs/page.md").write_text(f"[there]({target})\n")
        with pytest.raises(FileNotFoundError):
            site_source.lay_out(tmp_path / "out")


def test_links_lead_to_pages_and_files_of_the_site(root: Path, tmp_path: Path) -> None:
    site_source.lay_out(tmp_path / "out")
    index = (tmp_path / "out/index.md").read_text()
    assert "](demo.md" in index and "](docs/" not in index
    systems = (tmp_path / "out/systems.md").read_text()
    assert "[ntua.yaml](files/config/systems/ntua.yaml.txt)" in systems
    assert (tmp_path / "out/files/config/systems/ntua.yaml.txt").read_bytes() == (
        root / "config/systems/ntua.yaml"
    ).read_bytes()
    subpage = (tmp_path / "out/extending/loss.md").read_text()
    assert "](../settings.md#loss)" in subpage and "TERMS: Mapping[str, Term]" in subpage


@pytest.fixture(scope="module")
def page(site: Path) -> Iterator[Page]:
    with browser() as browser_page:
        yield browser_page


@pytest.fixture
def address(site: Path) -> Iterator[str]:
    """The site from a server of this machine."""
    handler = partial(QuietHandler, directory=str(site))
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()


class QuietHandler(SimpleHTTPRequestHandler):
    def log_message(self, format: str, *args: object) -> None:
        pass


def test_search_finds_a_setting(address: str, page: Page) -> None:
    page.driver.get(f"{address}/index.html")
    script = """
      const done = arguments[0]; const input = document.querySelector("[data-md-component=search-query]");
      document.querySelector("#__search").click(); input.focus(); input.value = "landmarker";
      input.dispatchEvent(new Event("keyup", {bubbles: true}));
      let tries = 0; const look = () => {
        const found = [...document.querySelectorAll(".md-search-result__link")].map(a => a.getAttribute("href"));
        if (found.length || ++tries > 100) done(found); else setTimeout(look, 100);
      }; look();
    """
    page.driver.set_script_timeout(30)
    links = page.driver.execute_async_script(script)
    assert any("settings.html" in link or "backends.html" in link for link in links), links


@pytest.mark.parametrize("name", ["index", "settings", "commands", "kollias"])
def test_pages_hold_on_a_phone(address: str, page: Page, name: str) -> None:
    page.resize(NARROW)
    page.complaints()
    page.driver.get(f"{address}/{name}.html")
    assert page.overflow() <= 0
    assert page.complaints() == []
