"""Puts the workflow's own files into the package, so that `affectflow init` has them; pyproject.toml says the rest."""

import runpy
import shutil
from pathlib import Path

from setuptools import setup
from setuptools.command.build_py import build_py

PARTS = runpy.run_path("src/affectflow/cli/parts.py")["PARTS"]


class WithTemplate(build_py):
    def run(self) -> None:
        super().run()
        if self.editable_mode:  # the checkout is there
            return
        folder = Path(self.build_lib) / "affectflow" / "template"
        shutil.rmtree(folder, ignore_errors=True)
        for part in map(Path, PARTS):
            (folder / part).parent.mkdir(parents=True, exist_ok=True)
            if part.is_dir():
                shutil.copytree(part, folder / part, ignore=shutil.ignore_patterns("__pycache__"))
            else:
                shutil.copy(part, folder / part)


setup(cmdclass={"build_py": WithTemplate})
