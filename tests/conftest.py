"""Fixtures that many tests share."""

import os
import shutil
from pathlib import Path

# Before torch is loaded anywhere: threads that wait by spinning take the cores from those that work.
os.environ.setdefault("OMP_WAIT_POLICY", "passive")

import affectflow.torch_pair  # noqa: F401  a warning of Lightning's makes xdist import Lightning here, too

# isort: split
import pytest
from filelock import FileLock
from miniature import RESULTS, Miniature, make_miniature

ROOT = Path(__file__).resolve().parents[1]
CLIPS = ROOT.parent / "shared" / "clips"
CASES = ROOT.parent / "shared" / "cases"


@pytest.fixture(scope="session")
def root() -> Path:
    """The repository."""
    return ROOT


@pytest.fixture(scope="session")
def clips() -> Path:
    """Folder of real recordings, where it is at hand."""
    if not CLIPS.is_dir():
        pytest.skip(f"the real recordings are not at hand: no folder {CLIPS}")
    return CLIPS


@pytest.fixture(scope="session")
def cases() -> Path:
    """Folder of small files that programs have failed on, where it is at hand."""
    if not CASES.is_dir():
        pytest.skip(f"the files that programs have failed on are not at hand: no folder {CASES}")
    return CASES


@pytest.fixture(scope="session")
def finished(root: Path, tmp_path_factory: pytest.TempPathFactory) -> Miniature:
    """A miniature whose results are all made by the real workflow. Its users put back what they change.

    The first worker that asks makes it; each has a copy of its own.
    """
    base = tmp_path_factory.getbasetemp()
    shared = (base.parent if "PYTEST_XDIST_WORKER" in os.environ else base) / "finished"
    done = shared.with_suffix(".done")
    with FileLock(f"{shared}.lock"):
        if not done.exists():
            shutil.rmtree(shared, ignore_errors=True)
            make_miniature(root, shared).snakemake(*RESULTS)
            done.touch()
    return Miniature(shutil.copytree(shared, tmp_path_factory.mktemp("finished") / "project"))


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Whole workflows first: at the end the quick tests keep every worker busy."""
    items.sort(key=lambda item: item.get_closest_marker("slow") is None)
