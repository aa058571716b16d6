"""What git says about the code that runs."""

import re
import subprocess
from collections.abc import Sequence
from pathlib import Path

_COMMIT = re.compile("[0-9a-f]{7,64}")
_HEADER = re.compile(rb"[0-9a-f]+ [a-z]+ ([0-9]+)")
_CODE = ("Snakefile", "rules", "workflow", "src", "config", "requirements", "profiles", "envs")


def commit_of(root: Path) -> tuple[str | None, bool | None]:
    """The commit that is checked out in `root`, and whether code or settings there differ from it.

    Both None where `root` is in no repository, or git is not installed.
    """
    commit = _git(root, "rev-parse", "HEAD")
    if commit is None:
        return None, None
    status = _git(root, "status", "--porcelain", "--", *_CODE)
    return commit.strip(), None if status is None else bool(status.strip())


def _git(root: Path, *arguments: str) -> str | None:
    try:
        completed = subprocess.run(["git", "-C", str(root), *arguments], capture_output=True, text=True, check=False)
    except FileNotFoundError:
        return None
    return completed.stdout if completed.returncode == 0 else None


def files_at(root: Path, commit: str, names: Sequence[str]) -> dict[str, bytes] | None:
    """What files held in a commit, by their paths within `root`; those that it lacks are left out.

    None where git is not installed, `root` is in no repository or the repository does not know the commit.
    """
    if not _COMMIT.fullmatch(commit):
        return None
    top = _git(root, "rev-parse", "--show-prefix", f"{commit}^{{commit}}")
    if top is None:
        return None
    prefix = top.splitlines()[0]
    safe_names = [name for name in names if "\n" not in name]
    lines = "".join(f"{commit}:{prefix}{name}\n" for name in safe_names)
    command = ["git", "-C", str(root), "cat-file", "--batch"]
    output = subprocess.run(command, input=lines.encode(), capture_output=True, check=False).stdout
    contents: dict[str, bytes] = {}
    for name in safe_names:
        head, _, output = output.partition(b"\n")
        if match := _HEADER.fullmatch(head):
            size = int(match[1])
            contents[name], output = output[:size], output[size + 1 :]
    return contents
