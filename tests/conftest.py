"""Fixtures that many tests share."""

import os
from pathlib import Path

# Before torch is loaded anywhere: threads that wait by spinning take the cores from those that work.
os.environ.setdefault("OMP_WAIT_POLICY", "passive")

import pytest
from miniature import RESULTS, Miniature, make_miniature

ROOT = Path(__file__).resolve().parents[1]
CLIPS = ROOT.parent / "shared" / "clips"


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
def finished(root: Path, tmp_path_factory: pytest.TempPathFactory) -> Miniature:
    """A miniature whose results are all made by the real workflow. Its users put back what they change."""
    miniature = make_miniature(root, tmp_path_factory.mktemp("finished") / "project")
    miniature.snakemake(*RESULTS)
    return miniature
