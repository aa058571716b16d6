"""Fixtures that many tests share."""

import os
import shutil
import signal
from pathlib import Path

# Before torch is loaded anywhere: threads that wait by spinning take the cores from those that work.
os.environ.setdefault("OMP_WAIT_POLICY", "passive")
# The workflow starts hundreds of processes on each copy of the project: its modules are compiled once a copy.
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)

import affectflow.compute.torch_pair  # noqa: F401  a warning of Lightning's makes xdist import Lightning here, too

# isort: split
import pytest
from dvc_lab import adopted_clone
from filelock import FileLock
from hypothesis import settings
from miniature import RESULTS, Miniature, make_miniature
from repository import ROOT

from affectflow.core import advice

# A shell starts what runs in its background with interrupts ignored, and every process of a test would inherit that.
signal.signal(signal.SIGINT, signal.default_int_handler)
# How long an example takes says how busy the machine is.
settings.register_profile("untimed", deadline=None)
settings.load_profile("untimed")

SHARED = ROOT.parent / "shared"


@pytest.fixture(autouse=True)
def forget_settings() -> None:
    """Messages repeat the settings of the command before otherwise, which ran in this process."""
    advice.note_settings()


@pytest.fixture(scope="session")
def root() -> Path:
    """The repository."""
    return ROOT


def at_hand(what: str, name: str) -> Path:
    """A folder of files that are no part of the project, where they are at hand."""
    if not (SHARED / name).is_dir():
        pytest.skip(f"the {what} are not at hand: no folder {SHARED / name}")
    return SHARED / name


@pytest.fixture(scope="session")
def clips() -> Path:
    """Folder of real recordings, where it is at hand."""
    return at_hand("real recordings", "clips")


@pytest.fixture(scope="session")
def cases() -> Path:
    """Folder of files that failed once, where it is at hand."""
    return at_hand("files that failed", "cases")


@pytest.fixture(scope="session")
def data() -> Path:
    """Folder of real corpora, where it is at hand."""
    return at_hand("real corpora", "data")


@pytest.fixture(scope="session")
def pristine(root: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Folder of a miniature whose results are all made by the real workflow. Nobody changes it.

    The first worker that asks makes it.
    """
    base = tmp_path_factory.getbasetemp()
    shared = (base.parent if "PYTEST_XDIST_WORKER" in os.environ else base) / "finished"
    marker = shared.with_suffix(".done")
    with FileLock(f"{shared}.lock"):
        if not marker.exists():
            shutil.rmtree(shared, ignore_errors=True)
            make_miniature(root, shared).snakemake(*RESULTS)
            marker.touch()
    return shared


@pytest.fixture(scope="module")
def finished(pristine: Path, tmp_path_factory: pytest.TempPathFactory) -> Miniature:
    """A file's own copy of that miniature. Its tests put back what they change, under new times."""
    return Miniature(shutil.copytree(pristine, tmp_path_factory.mktemp("finished") / "project"))


@pytest.fixture(scope="module", params=["run", "clone"])
def either(
    request: pytest.FixtureRequest, root: Path, finished: Miniature, tmp_path_factory: pytest.TempPathFactory
) -> Miniature:
    """A finished run: a direct one, and one that came by `dvc pull` and `affectflow adopt`."""
    return finished if request.param == "run" else adopted_clone(root, finished, tmp_path_factory.mktemp("clone"))


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Whole workflows first: at the end the quick tests keep every worker busy."""
    items.sort(key=lambda item: item.get_closest_marker("slow") is None)
