"""Problems of lists and label files: the first of them in full, and how many there are."""

import logging
from collections.abc import Iterable, Sequence
from pathlib import Path

from affectflow.core.errors import InputError

log = logging.getLogger(__name__)

_SHOWN, _LOGGED = 20, 5


def refuse(problems: Iterable[str]) -> None:
    """InputError with the first problems and the number of all, if there are any."""
    all_problems = list(problems)
    if all_problems:
        more = f"\n… and {len(all_problems) - _SHOWN} more" if len(all_problems) > _SHOWN else ""
        raise InputError("\n".join(all_problems[:_SHOWN]) + more)


def log_problems(source: Path, description: str, problems: Sequence[str]) -> None:
    """Log a warning of problems that stop nothing: how many there are, and the first of them."""
    if problems:
        more = f"\n… and {len(problems) - _LOGGED} more" if len(problems) > _LOGGED else ""
        log.warning("%s: %d %s:\n%s%s", source, len(problems), description, "\n".join(problems[:_LOGGED]), more)
