"""Carries out the steps of a page of docs/extending/ in a copy of the repository, as a reader would.

A page says what to do in its fenced blocks, and nothing else is known of it here:

- a block with `title="PATH"` is a whole new file;
- a `diff` block is a change for `git apply`;
- an `sh` block is run; each line of a `text` block right after it is somewhere in what it prints, in that order.
"""

import os
import re
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import warm
from repository import copy_repository

_BLOCK = re.compile(r'^```(\w+)(?: title="([^"\n]+)")?\n(.*?)^```$', re.MULTILINE | re.DOTALL)
_STEP = re.compile(r"^## (\d+)\. ", re.MULTILINE)
_PYTEST = "import sys\nimport pytest\n\nsys.exit(pytest.main())\n"
# What of a test's own run must not reach the page's.
_OURS = ("PYTEST_", "PYTHONPATH")


@dataclass(frozen=True)
class Block:
    """A fenced block of a page."""

    language: str
    title: str
    text: str


def blocks_of(page: Path) -> list[Block]:
    """The fenced blocks of a page, in order."""
    return [Block(*groups) for groups in _BLOCK.findall(page.read_text(encoding="utf-8"))]


def steps_of(page: Path) -> list[int]:
    """The numbers of a page's steps, in order."""
    return [int(number) for number in _STEP.findall(page.read_text(encoding="utf-8"))]


class Copy:
    """A copy of the repository, with the commands of its environment.

    Args:
        folder: to copy to; must not exist.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        copy_repository(folder)
        self._commands = folder.with_name("commands")
        self._commands.mkdir()
        (self._commands / "run_pytest.py").write_text(_PYTEST)
        warm.write_command(self._commands / "pytest", warm.python(), f'"{self._commands / "run_pytest.py"}"')

    def carry_out(self, page: Path) -> None:
        """Do what a page says; AssertionError where a command fails or prints something else."""
        output = ""
        for block in blocks_of(page):
            if block.title:
                self._write(block)
            elif block.language == "diff":
                self._apply(block.text)
            elif block.language == "sh":
                output = self._run(block.text)
            elif block.language == "text":
                _check_printed(block.text, output)
            else:
                raise AssertionError(f"{page.name}: a {block.language} block that says nothing to do:\n{block.text}")

    def check_style(self) -> None:
        """What the page has written or changed is in the project's style."""
        for words in (("check",), ("format", "--check")):
            command = [sys.executable, "-m", "ruff", *words, "--no-cache", "src", "tests"]
            process = subprocess.run(command, cwd=self.folder, capture_output=True, text=True)
            assert process.returncode == 0, process.stdout + process.stderr

    def _write(self, block: Block) -> None:
        path = self.folder / block.title
        assert not path.exists(), f"{block.title} is there already"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(block.text, encoding="utf-8")

    def _apply(self, diff: str) -> None:
        process = subprocess.run(
            ["git", "apply", "-"], cwd=self.folder, env=self._environment(), input=diff, capture_output=True, text=True
        )
        assert process.returncode == 0, f"{process.stderr}\n{diff}"

    def _run(self, commands: str) -> str:
        process = subprocess.run(
            ["sh", "-e"],
            cwd=self.folder,
            env=self._environment(),
            input=commands,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=600,
        )
        assert process.returncode == 0, f"{commands}\n{process.stdout[-6000:]}"
        return process.stdout

    def _environment(self) -> dict[str, str]:
        inherited = {name: value for name, value in os.environ.items() if not name.startswith(_OURS)}
        return inherited | {
            "PATH": os.pathsep.join(map(str, (self._commands, warm.python().parent, os.environ["PATH"]))),
            "PYTHONPATH": str(self.folder / "src"),
            "PYTEST_ADDOPTS": f"-p no:cacheprovider --basetemp={self._commands.with_name('basetemp')}",
            "GIT_CEILING_DIRECTORIES": str(self.folder.parent),
        }


def _check_printed(expected: str, output: str) -> None:
    output, place = _evenly_spaced(output), 0
    for line in map(_evenly_spaced, expected.splitlines()):
        position = output.find(line, place)
        assert position >= 0, f"the page says that this is printed:\n{line}\n\nand found is:\n{output[-4000:]}"
        place = position + len(line)


def _evenly_spaced(text: str) -> str:
    """Columns are as wide as their longest entry, which the page may leave out."""
    return re.sub(" +", " ", text)
