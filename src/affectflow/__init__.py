"""affectflow: in-the-wild video to scores of affect that anyone can rerun and audit."""

import os
from importlib import import_module
from typing import Any

# Threads that wait by spinning make jobs that share cores ten times slower. Read once, when torch is loaded.
os.environ.setdefault("OMP_WAIT_POLICY", "passive")

__version__ = "0.3.0"

_API = ("System", "load_system")


def __getattr__(name: str) -> Any:
    # Imported when it is used, and by a computed name: whatever is imported here counts as code of every job.
    if name in _API:
        return getattr(import_module(f"{__name__}.prediction.api"), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
