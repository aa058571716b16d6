"""What scripts are told, as text: the same for the same settings."""

import json
import shlex
from collections.abc import Iterable, Mapping
from typing import Any

from pydantic import BaseModel

from affectflow.artifacts import ledger
from affectflow.workflow.options import option_text


def settings_text(settings: BaseModel, *without: str) -> str:
    """Settings as JSON; `without` some of their keys."""
    return json.dumps(settings.model_dump(mode="json", exclude=set(without)), sort_keys=True)


def long_text(values: Any) -> str:
    """A list or mapping of the corpus: as text, or by a file where it is long."""
    return option_text(values, ledger.FOLDER)


def options(name: str, values: Mapping[str, object]) -> str:
    """`--<name> KEY=VALUE` for each entry."""
    return " ".join(f"--{name} {shlex.quote(f'{key}={value}')}" for key, value in values.items())


def repeated(name: str, values: Iterable[object]) -> str:
    """`--<name> VALUE` for each value."""
    return " ".join(f"--{name} {shlex.quote(str(value))}" for value in values)
