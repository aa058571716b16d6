"""A miniature under git and DVC, and clones of it."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import warm
from miniature import Miniature


class Repository(Miniature):
    """A miniature under git and DVC."""

    def run(self, *command: str, check: bool = True) -> subprocess.CompletedProcess[str]:
        variables = {
            "PATH": os.pathsep.join(map(str, (warm.python().parent, Path(sys.executable).parent, os.environ["PATH"]))),
            "PYTHONPATH": str(self.folder / "src"),
            "GIT_CONFIG_GLOBAL": os.devnull,
            "DVC_GLOBAL_CONFIG_DIR": str(self.folder.parent / "settings"),
            "DVC_SITE_CACHE_DIR": str(self.folder.parent / "site"),
        }
        git = {f"GIT_{who}_{what}": "test@example.org" for who in ("AUTHOR", "COMMITTER") for what in ("NAME", "EMAIL")}
        process = subprocess.run(
            command, cwd=self.folder, env=os.environ | variables | git, capture_output=True, text=True, timeout=900
        )
        if check:
            assert process.returncode == 0, " ".join(command) + process.stdout[-6000:] + process.stderr[-6000:]
        return process

    def git(self, *arguments: str) -> str:
        return self.run("git", *arguments).stdout

    def dvc(self, *arguments: str) -> str:
        return self.run(sys.executable, "-m", "dvc", *arguments).stdout

    def affectflow(self, *arguments: str, check: bool = True) -> subprocess.CompletedProcess[str]:
        return self.run("affectflow", *arguments, check=check)

    def refusal(self, *arguments: str) -> str:
        """What Snakemake says, which must end with an error."""
        process = self.snakemake(*arguments, check=False)
        assert process.returncode != 0
        return process.stdout + process.stderr

    def times(self, *folders: str) -> dict[Path, int]:
        """Time of change of every file that DVC keeps below some folders."""
        files = (p for folder in folders for p in (self.folder / folder).rglob("*") if p.is_file())
        return {p: p.stat().st_mtime_ns for p in files if "benchmarks" not in p.parts and "tracking" not in p.name}


def make_repository(root: Path, run: Miniature, folder: Path) -> Repository:
    """A copy of a finished direct run with all its results, in a git repository with DVC's files."""
    shutil.copytree(run.folder, folder)
    for file in ("dvc.yaml", ".dvcignore", ".gitignore", ".dvc/.gitignore", ".dvc/config", ".dvc/plots"):
        copy = shutil.copytree if (root / file).is_dir() else shutil.copy
        (folder / file).parent.mkdir(exist_ok=True)
        copy(root / file, folder / file)
    repository = Repository(folder)
    repository.settings()
    repository.snakemake()
    repository.git("init", "--quiet")
    repository.git("add", ".")
    repository.git("commit", "--quiet", "-m", "the code")
    return repository


def adopted_clone(root: Path, run: Miniature, folder: Path) -> Repository:
    """A clone of a finished run, as docs/dvc.md says how to make one: by `dvc pull` and `affectflow adopt`."""
    repository = make_repository(root, run, folder / "project")
    repository.dvc("commit", "--force")
    repository.git("add", "dvc.lock")
    push(repository)
    clone = make_clone(repository, folder / "clone")
    clone.affectflow("adopt")
    return clone


def push(repository: Repository) -> None:
    """Push everything that DVC keeps to a folder beside the repository, and commit what names it."""
    repository.dvc("remote", "add", "--default", "folder", str(repository.folder.parent / "remote"))
    repository.git("commit", "--quiet", "--all", "-m", "remote")
    repository.dvc("push")


def make_clone(repository: Repository, folder: Path) -> Repository:
    """A clone with what `dvc pull` brings, which no job of the clone made."""
    repository.git("clone", "--quiet", ".", str(folder))
    clone = Repository(folder)
    clone.dvc("pull")
    return clone
