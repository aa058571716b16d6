"""The index of systems follows from their files: of those that are there, and of those that come."""

import re
import shutil
from pathlib import Path

import pytest

from affectflow.config.system.systems_page import systems_page

SYSTEM = """\
# Somebody et al. 2030, "On faces" (docs/seventh.md), section 3: one network of faces, for expressions |
# and more. Values without a section are not in the paper.
name: seventh
tracks:
  expr:
    branches: {F: {streams: [face]}, G: {streams: [face]}}
    methods: {Visual: {branches: [F]}}
    submit: Visual
tables:
  table9: {title: "Table 9", split: validation, tracks: [expr]}
"""


@pytest.fixture(scope="module")
def page(root: Path) -> str:
    return systems_page(root)


@pytest.fixture
def copy(root: Path, tmp_path: Path) -> Path:
    """A repository with the same settings files and pages."""
    shutil.copytree(root / "config", tmp_path / "config")
    (tmp_path / "docs").mkdir()
    for page in (root / "docs").glob("*.md"):
        (tmp_path / "docs" / page.name).touch()
    return tmp_path


def cells(page: str, file: str) -> list[str]:
    """Cells of a system's row."""
    (row,) = (line for line in page.splitlines() if line.startswith(f"| [{file}]"))
    return [cell.strip() for cell in re.split(r"(?<!\\)\|", row)[1:-1]]


def test_the_page_is_up_to_date(root: Path, page: str) -> None:
    assert (root / "docs/systems.md").read_text() == page, "run `make docs`"


def test_every_system_has_a_row_with_the_runs_that_reach_it(root: Path, page: str) -> None:
    paths = list((root / "config/systems").glob("*.yaml"))
    assert paths
    for path in paths:
        assert all(cells(page, path.name)[:5]), path
    assert cells(page, "ntua.yaml")[4] == (
        "[affwild2.yaml](../config/affwild2.yaml) (affwild2)<br>[config.yaml](../config/config.yaml) (demo)"
    )
    assert cells(page, "mtvgg_finetuned.yaml")[4].count("(../config/finetune/") == 5
    assert cells(page, "ntua.yaml")[5:] == ["table1, table2, table3", "[ntua.md](ntua.md)"]


def test_a_system_that_comes_later_needs_no_code(copy: Path) -> None:
    (copy / "config/systems/seventh.yaml").write_text(SYSTEM)
    expected = ['Somebody et al. 2030, "On faces", section 3: one network of faces, for expressions \\| and more']
    assert cells(systems_page(copy), "seventh.yaml")[1:] == [*expected, "expr", "F, G", "", "table9", ""]
    (copy / "docs/seventh.md").touch()
    (copy / "config/runs").mkdir()
    run = "corpus: {kind: demo, root: data/demo}\nsystem:\n  extends: ../systems/seventh.yaml\n"
    (copy / "config/runs/small.yaml").write_text(run)
    # What extends a file of a run runs the same system.
    (copy / "config/large.yaml").write_text("extends: runs/small.yaml\ncorpus: {kind: affwild2, root: data/x}\n")
    row = cells(systems_page(copy), "seventh.yaml")
    assert row[4] == (
        "[large.yaml](../config/large.yaml) (affwild2)<br>[runs/small.yaml](../config/runs/small.yaml) (demo)"
    )
    assert row[6] == "[seventh.md](seventh.md)"
