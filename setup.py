"""Puts the workflow's own files into the package, so that `affectflow init` has them; pyproject.toml says the rest."""

import runpy
import shutil
from pathlib import Path

from setuptools import setup
from setuptools.command.build_py import build_py

copy_parts = runpy.run_path("src/affectflow/cli/parts.py")["copy_parts"]


class WithTemplate(build_py):
    def run(self) -> None:
        super().run()
        if self.editable_mode:  # the checkout is there
            return
        folder = Path(self.build_lib) / "affectflow" / "template"
        shutil.rmtree(folder, ignore_errors=True)
        copy_parts(Path(), folder)


setup(cmdclass={"build_py": WithTemplate})
