"""What git says about the code that runs."""

import subprocess
from pathlib import Path

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
        done = subprocess.run(["git", "-C", str(root), *arguments], capture_output=True, text=True, check=False)
    except FileNotFoundError:
        return None
    return done.stdout if done.returncode == 0 else None
