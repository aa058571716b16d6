"""Lay out what the site is made of in build/docs: the pages of docs/, README.md as its first page, and beside them the
files of the repository that pages link to.

`python tools/site_source.py [FOLDER]`; `make site` goes on with mkdocs.
"""

import os
import re
import shutil
import sys
from collections.abc import Callable
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
BUILD = ROOT / "build" / "docs"
PAGES = {"README.md": "index.md"} | {
    name: name.lower() for name in ("CHANGELOG.md", "CONTRIBUTING.md", "THIRD_PARTY.md")
}
"""Pages outside of docs/, by their name in the site."""
FILES = "files"
"""Folder of linked files that are no pages."""

_FENCE = re.compile(r"(^```.*?^```$)", re.MULTILINE | re.DOTALL)
_LINK = re.compile(r"(\]\()([^)\s#]+)(#[^)\s]*)?\)")


def lay_out(folder: Path) -> None:
    """Write the site's sources to a folder, which is emptied first.

    Raises:
        FileNotFoundError: a page links to a file that is not there.
    """
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    docs = ROOT / "docs"
    for path in sorted({*docs.glob("*"), *docs.rglob("*.md")}):
        if path.is_file():
            _place(path, folder / path.relative_to(docs), folder)
    for name, page in PAGES.items():
        _place(ROOT / name, folder / page, folder)


def _place(source: Path, target: Path, folder: Path) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    if source.suffix != ".md":
        shutil.copy(source, target)
        return
    replaced = _link(source, target, folder)
    parts = _FENCE.split(source.read_text(encoding="utf-8"))
    # Every second part is code, in which "[...](...)" is no link.
    text = "".join(part if place % 2 else _LINK.sub(replaced, part) for place, part in enumerate(parts))
    target.write_text(text, encoding="utf-8")


def _link(page: Path, target: Path, folder: Path) -> Callable[[re.Match[str]], str]:
    """What replaces a link of a page, which becomes `target` of the site: the same file, where it lies in the site."""

    def replaced(match: re.Match[str]) -> str:
        if "://" in match[2] or match[2].startswith("mailto:"):
            return match[0]
        inside = Path(os.path.normpath(page.parent / match[2])).relative_to(ROOT).as_posix()
        linked = os.path.relpath(folder / _in_site(inside, folder), target.parent)
        return f"{match[1]}{Path(linked).as_posix()}{match[3] or ''})"

    return replaced


def _in_site(name: str, folder: Path) -> str:
    """Where a file of the repository lies in the site, with pages as in docs/; copies what is no page."""
    if name in PAGES:
        return PAGES[name]
    source, target = ROOT / name, folder / FILES / name
    if Path("docs") in Path(name).parents and not source.is_dir():
        return Path(name).relative_to("docs").as_posix()
    if source.is_dir():
        raise FileNotFoundError(f"{name}: is a folder; link to a file in it")
    target.parent.mkdir(parents=True, exist_ok=True)
    # As text, so that a browser shows it.
    target = target.with_name(f"{target.name}.txt") if source.suffix in ("", ".yaml", ".smk", ".py") else target
    shutil.copy(source, target)
    return target.relative_to(folder).as_posix()


if __name__ == "__main__":
    lay_out(Path(sys.argv[1]) if len(sys.argv) > 1 else BUILD)
