"""Options of a rule's script, read from its command line: the same for a job that ran and for one that would run."""

import json
import shlex
from collections.abc import Sequence
from pathlib import Path
from typing import Any

BOOKKEEPING = frozenset({"code", "loader", "tracking", "experiment", "place", "gpus", "uri"})
"""Options that change speed or book-keeping, not results."""


def options_of(arguments: Sequence[str]) -> dict[str, Any]:
    """Options by name without dashes: JSON where a value is JSON, else text; a list where there are several values.

    A value `@FILE` is what the file holds; True stands for an option without a value.
    """
    options: dict[str, Any] = {}
    name = ""
    for word in arguments:
        if word.startswith("--"):
            name = word[2:]
            options.setdefault(name, True)
        elif name:
            value, previous = _parse_value(word), options[name]
            if previous is True:
                options[name] = value
            else:
                options[name] = _Several([*(previous if isinstance(previous, _Several) else [previous]), value])
    return {
        key: list(value) if isinstance(value, _Several) else value for key, value in options.items() if key != "code"
    }


def job_options(command: str, rule: str) -> dict[str, Any]:
    """The options of a rule's script in a job's command."""
    return options_of(_script_arguments(command, rule))


class _Several(list[Any]):
    """Values of an option that was given more than one, told from one value that is a list."""


def _parse_value(word: str) -> Any:
    if word.startswith("@") and Path(word[1:]).is_file():
        word = Path(word[1:]).read_text(encoding="utf-8")
    try:
        return json.loads(word)
    except json.JSONDecodeError:
        return word


def _script_arguments(command: str, rule: str) -> list[str]:
    """The options of the rule's script in a job's command: what stands behind its name, up to a redirection."""
    words = shlex.split(command)
    first = next(number for number, word in enumerate(words) if word.endswith(f"workflow/scripts/{rule}.py")) + 1
    ends = (number for number, word in enumerate(words[first:], first) if word in ("2>", "2>&1", "|"))
    return words[first : next(ends, len(words))]
