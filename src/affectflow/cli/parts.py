"""What a project folder is made of besides the package; `setup.py` runs this file, too, which imports nothing of the
project."""

import shutil
from pathlib import Path

PARTS = ("Snakefile", "config", "docs/captions", "dvc.yaml", "envs", "profiles", "requirements", "rules", "workflow")
"""Files and folders of the repository that wheels carry and `affectflow init` lays out."""


def copy_parts(source: Path, target: Path) -> None:
    """Copy all of them from one folder into another, which has none of them."""
    for part in PARTS:
        (target / part).parent.mkdir(parents=True, exist_ok=True)
        if (source / part).is_dir():
            shutil.copytree(source / part, target / part, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copy(source / part, target / part)
