"""Problems of lists and label files: the first of them in full, and how many there are."""

import logging
from collections.abc import Iterable, Sequence
from pathlib import Path

from affectflow.core.errors import InputError

log = logging.getLogger(__name__)

_SHOWN, _TOLD = 20, 5


def refuse(problems: Iterable[str]) -> None:
    """InputError with the first problems and the number of all, if there are any."""
    every = list(problems)
    if every:
        more = f"\n… and {len(every) - _SHOWN} more" if len(every) > _SHOWN else ""
        raise InputError("\n".join(every[:_SHOWN]) + more)


def told(where: Path, what: str, problems: Sequence[str]) -> None:
    """Say of problems that stop nothing how many there are, and the first of them."""
    if problems:
        more = f"\n… and {len(problems) - _TOLD} more" if len(problems) > _TOLD else ""
        log.warning("%s: %d %s:\n%s%s", where, len(problems), what, "\n".join(problems[:_TOLD]), more)
