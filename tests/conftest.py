"""Fixtures that many tests share."""

from pathlib import Path

import pytest

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
