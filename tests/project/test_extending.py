"""The pages of docs/extending/ are true: each is carried out, step by step, on a copy of the repository."""

import re
from pathlib import Path

import pytest
from worked_page import Copy, blocks_of, steps_of

PAGES = ("loss", "network", "feature_set", "detector", "corpus", "track", "paper")
MOST_STEPS = 10


@pytest.mark.parametrize("name", PAGES)
def test_the_steps_of_a_page_do_what_it_says(name: str, root: Path, tmp_path: Path) -> None:
    copy = Copy(tmp_path / "affectflow")
    copy.carry_out(root / f"docs/extending/{name}.md")
    copy.check_style()


def test_there_is_a_short_page_for_each_and_the_index_names_it(root: Path) -> None:
    pages = {path.stem: path for path in (root / "docs/extending").glob("*.md")}
    assert set(pages) == set(PAGES)
    links = re.findall(r"\(extending/(\w+)\.md\)", (root / "docs/extending.md").read_text())
    assert sorted(links) == sorted(PAGES)
    for path in pages.values():
        steps = steps_of(path)
        assert steps == list(range(1, len(steps) + 1)), path.name
        assert 0 < len(steps) <= MOST_STEPS, path.name
        assert any(block.language == "sh" for block in blocks_of(path)), path.name
