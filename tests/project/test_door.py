"""What a stranger looks for first: licences, containers, how to cite and contribute; each agrees with the project."""

import re
import sys
import tomllib
from pathlib import Path

import pytest
import yaml
from repository import ROOT

import affectflow

sys.path.append(str(ROOT / "tools"))

import third_party


def installs(text: str) -> list[str]:
    """What a recipe installs, command by command, however it calls pip."""
    options = r"--quiet|--no-cache-dir|--disable-pip-version-check"
    commands = re.findall(r"(?:\bpip|\$\(PIP\)) install (.*)", text)
    return [" ".join(re.sub(options, "", command).split()) for command in commands]


@pytest.mark.parametrize("name", ["Dockerfile", "apptainer.def"])
def test_containers_install_what_the_makefile_installs(root: Path, name: str) -> None:
    (recipe,) = re.findall(r"^\$\(VENV\)/\.installed:.*\n((?:\t.*\n)+)", (root / "Makefile").read_text(), re.MULTILINE)
    locked, torch, package = installs(recipe)
    assert package.endswith(" -e .") and "--require-hashes -r requirements/lock.txt" in locked
    text = (root / name).read_text()
    assert installs(text) == [locked, torch, package.replace("-e .", ".")]
    fetched = "for model in blazepose blazeface; do"
    assert fetched in recipe and fetched in text
    assert "python:3.11-" in text and "Never built" in text.splitlines()[0]
    supported = tomllib.loads((root / "pyproject.toml").read_text())["project"]["requires-python"]
    assert supported == ">=3.11,<3.15"


def test_the_page_of_licences_is_current(root: Path) -> None:
    page = third_party.page()
    assert (root / "THIRD_PARTY.md").read_text() == page, "run `make third-party`"
    assert page.index("300-W") < page.index("openSMILE") < page.index("## Models inside packages")
    rows = [line.split(" | ") for line in page.splitlines() if line.startswith("| ")]
    assert len(rows) > 300 and all(cell.strip(" |") for row in rows for cell in row if "httpx2-jsfetch" not in row[0])


def test_a_licence_that_nobody_has_looked_at_is_an_error() -> None:
    with pytest.raises(ValueError, match="look at it"):
        third_party.allows("Do What I Say 1.0")
    assert third_party.allows("LGPL-2.1-or-later") != third_party.allows("GPL-3.0-or-later")
    assert third_party.allows("MIT License") == "any use"


def test_version_and_licence_are_the_same_everywhere(root: Path) -> None:
    citation = yaml.safe_load((root / "CITATION.cff").read_text())
    assert citation["version"] == affectflow.__version__
    assert f"\n## {affectflow.__version__}\n" in (root / "CHANGELOG.md").read_text()
    assert citation["license"] == tomllib.loads((root / "pyproject.toml").read_text())["project"]["license"]
    assert "Version 2.0, January 2004" in (root / "LICENSE").read_text()
    assert len(citation["references"]) == 5


def test_the_demo_ends_by_saying_what_to_open(root: Path) -> None:
    (recipe,) = re.findall(r"^demo:.*\n((?:\t.*\n)+)", (root / "Makefile").read_text(), re.MULTILINE)
    message = "\n".join(re.findall(r"@echo (.*)", recipe))
    assert "results/report.html" in message and "nothing about people" in message
    assert recipe.index("$(RUN)\n") < recipe.index("@echo")


def test_the_readme_says_first_what_scores_cannot_say_and_each_part_fits_a_screen(root: Path) -> None:
    text = (root / "README.md").read_text()
    parts = re.split(r"^## ", text, flags=re.MULTILINE)
    assert "What it cannot say" in parts[0] and "docs/flow.svg" in parts[0]
    assert max(len(part.splitlines()) for part in parts) <= 40
    assert "results/report.html" in parts[1]
    assert {part.splitlines()[0] for part in parts[1:]} >= {"Quick start", "Your own videos", "The papers", "Aff-Wild2"}
    assert not re.findall(r"\.jpe?g", text)


def test_hooks_run_what_the_checks_run(root: Path) -> None:
    (recipe,) = re.findall(r"^check:.*\n((?:\t.*\n)+)", (root / "Makefile").read_text(), re.MULTILINE)
    hooks = yaml.safe_load((root / ".pre-commit-config.yaml").read_text())["repos"]
    entries = [hook["entry"] for repo in hooks for hook in repo["hooks"]]
    assert len(entries) == 4 and {repo["repo"] for repo in hooks} == {"local"}
    for entry in entries:
        assert f"$(BIN)/{entry}" in recipe, entry
