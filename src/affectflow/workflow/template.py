"""Where the workflow's own files lie: those of the project that is worked in, and those that new projects are laid out
from."""

from pathlib import Path

import affectflow
from affectflow.core.errors import InputError

_PACKAGE = Path(affectflow.__file__).parent
_CHECKOUT = _PACKAGE.parents[1]
_CARRIED = _PACKAGE / "template"


def template() -> Path:
    """The folder with the files of `PARTS`: the checkout whose package runs, or what an installed package carries.

    Raises:
        InputError: the package was installed without them.
    """
    for folder in (_CHECKOUT, _CARRIED):
        if (folder / "Snakefile").is_file():
            return folder
    raise InputError(f"{_PACKAGE}: the package was installed without the workflow's files; install it anew with pip")


def code_root() -> Path:
    """The folder whose scripts and locked versions count as the code that runs.

    It is the working folder where that is a project laid out by `affectflow init`: it has a Snakefile and not the
    package. Everywhere else it is `template()`.
    """
    folder = Path.cwd()
    if (folder / "Snakefile").is_file() and not (folder / "src" / _PACKAGE.name).exists():
        return folder
    return template()


def is_carried(root: Path) -> bool:
    """Whether a folder is what an installed package carries, of which git knows nothing."""
    return root == _CARRIED
