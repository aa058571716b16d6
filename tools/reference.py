"""docs/commands.md and docs/api.md, made from the commands' parsers and the docstrings of the Python interface.

`python tools/reference.py` writes them (`make docs`).
"""

import argparse
import inspect
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import affectflow
from affectflow.cli.examples import EXAMPLES
from affectflow.cli.main import COMMANDS, parser

ROOT = Path(__file__).resolve().parents[1]

_COMMANDS = """# Commands

Made from the commands themselves by `make docs`; a test fails when it drifts.
`affectflow COMMAND --help` says the same.

Bash, zsh and tcsh complete commands, options and files once they have been told how:

```sh
affectflow --print-completion bash > ~/.local/share/bash-completion/completions/affectflow
affectflow --print-completion zsh > ~/.zsh/completions/_affectflow     # a folder of zsh's fpath
```

Every command ends with 0 where all is well, with 1 where it has found something wrong, with 2 where it was asked for
something that cannot be done.
"""
_API = """# Python interface

Made from the docstrings by `make docs`; a test fails when it drifts. Everything else in the package may change between
versions.

```python
from affectflow import load_system

system = load_system("config/config.yaml")
scores = system.predict("holiday.mp4")  # pandas DataFrame, one row a frame
scores.to_csv("holiday.csv")
```

What the columns are says [predict.md](predict.md).
"""


def commands_page() -> str:
    """The page of all commands: what each does, its arguments and options, an example."""
    return _COMMANDS + "".join(_command(name, options) for name, options in _commands(parser([], every=True)))


def _commands(options: argparse.ArgumentParser, above: str = "") -> Iterator[tuple[str, argparse.ArgumentParser]]:
    for action in options._actions:
        if isinstance(action, argparse._SubParsersAction):
            meanings = {choice.dest: choice.help for choice in action._choices_actions}
            for word, command in action.choices.items():
                command.description = meanings[word]
                yield f"{above}{word}", command
                yield from _commands(command, f"{above}{word} ")


def _command(name: str, options: argparse.ArgumentParser) -> str:
    level = "##" if name in COMMANDS else "###"
    meaning = options.description or ""
    rows = "".join(_row(action) for action in options._actions if not isinstance(action, argparse._SubParsersAction))
    table = f"\n| argument | meaning |\n|---|---|\n{rows}" if rows else ""
    return (
        f"\n{level} `affectflow {name}`\n\n{meaning[0].upper()}{meaning[1:]}.\n\n```sh\n{EXAMPLES[name]}\n```\n{table}"
    )


def _row(action: argparse.Action) -> str:
    """An argument's row; nothing for `--help`, which all have."""
    if isinstance(action, argparse._HelpAction):
        return ""
    choices = "{" + ",".join(map(str, action.choices)) + "}" if action.choices else ""
    metavar = action.metavar or choices or action.dest.upper()
    values = metavar if isinstance(metavar, str) else " ".join(metavar)
    named = ", ".join(action.option_strings) or values
    argument = "" if action.nargs == 0 or not action.option_strings else f" {values}"
    several = " …" if action.nargs in ("+", "*") else ""
    required = " (required)" if action.option_strings and action.required else ""
    meaning = (action.help or "") % (vars(action) | {"prog": "affectflow"})
    return f"| `{named}{argument}{several}`{required} | {meaning} |\n"


def api_page() -> str:
    """The page of what `import affectflow` gives."""
    return _API + _function(affectflow.load_system, "##") + _class(affectflow.System)


def _class(cls: type[Any]) -> str:
    members = {name: value for name, value in vars(cls).items() if not name.startswith("_")}
    text = f"\n## `{cls.__name__}`\n\n{_prose(cls)}\n"
    for name, value in members.items():
        if isinstance(value, property):
            text += f"\n### `{name}`\n\n{_prose(value)}\n"
        else:
            text += _function(value, "###")
    return text


def _function(func: Callable[..., Any], level: str) -> str:
    signature = inspect.signature(func)
    parameters = [
        str(p.replace(annotation=_named(p.annotation))) if p.name != "self" else ""
        for p in signature.parameters.values()
    ]
    args = ", ".join(filter(None, parameters))
    result = _named(signature.return_annotation)
    return f"\n{level} `{func.__name__}`\n\n```python\n{func.__name__}({args}) -> {result}\n```\n\n{_prose(func)}\n"


class _Text(str):
    """An annotation that is shown as it is."""

    def __repr__(self) -> str:
        return str(self)


def _named(annotation: Any) -> Any:
    text = inspect.formatannotation(annotation)
    text = re.sub(r"typing\.Literal\[[^]]*\]", "TrackName", text)
    return _Text(re.sub(r"\b(?:[a-z_]+\.)+(?=[A-Z])", "", text))


def _prose(documented: Any) -> str:
    """A docstring in Markdown: its sections as lists."""
    lines, section = [], ""
    for line in inspect.cleandoc(documented.__doc__ or "").splitlines():
        if match := re.fullmatch(r"(Args|Returns|Raises):", line):
            section = match[1]
            lines.append(f"**{section}**\n")
        elif section and (item := re.match(r"    (\S[^:]*): (.*)", line)):
            lines.append(f"- `{item[1]}`: {item[2]}")
        else:
            lines.append(f"  {line.strip()}" if section and line else line)
    return "\n".join(lines)


def write() -> None:
    """Write both pages."""
    (ROOT / "docs/commands.md").write_text(commands_page(), encoding="utf-8")
    (ROOT / "docs/api.md").write_text(api_page(), encoding="utf-8")


if __name__ == "__main__":
    write()
