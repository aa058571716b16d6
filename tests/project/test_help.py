"""`--help` of every command ends with an example that its parser takes; shells complete commands and options."""

import argparse
import shlex
import subprocess
from collections.abc import Iterator

import pytest

from affectflow.cli.examples import EXAMPLES
from affectflow.cli.main import COMMANDS, main, parser


def commands_of(options: argparse.ArgumentParser, name: str = "") -> Iterator[tuple[str, argparse.ArgumentParser]]:
    """Every command, and every action of one, by the words that call it."""
    for action in options._actions:
        if isinstance(action, argparse._SubParsersAction):
            for word, command in action.choices.items():
                full_name = f"{name} {word}".strip()
                yield full_name, command
                yield from commands_of(command, full_name)


ALL = dict(commands_of(parser([], every=True)))


def test_every_command_has_an_example() -> None:
    assert ALL.keys() == EXAMPLES.keys()
    assert COMMANDS.keys() < ALL.keys()


@pytest.mark.parametrize("name", EXAMPLES)
def test_the_example_ends_the_help_and_parses(name: str) -> None:
    words = shlex.split(EXAMPLES[name])
    assert words[: 1 + len(name.split())] == ["affectflow", *name.split()]
    assert ALL[name].format_help().endswith(f"example:\n  {EXAMPLES[name]}\n")
    assert parser(words[1:]).parse_args(words[1:]).command == name.split()[0]


@pytest.mark.parametrize("shell", ["bash", "zsh"])
def test_a_shell_completes_commands_options_and_files(shell: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as error:
        main(["--print-completion", shell])
    output = capsys.readouterr().out
    assert error.value.code == 0
    assert all(word in output for word in (*COMMANDS, "--sound-track", "--settings", "fetch"))


def test_bash_completes_as_it_is_told(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main(["--print-completion", "bash"])
    script = capsys.readouterr().out
    completion = "COMP_WORDS=(affectflow check); COMP_CWORD=1; _shtab_affectflow 2>/dev/null; echo ${COMPREPLY[@]}"
    result = subprocess.run(["bash", "-c", f"{script}\n{completion}"], capture_output=True, text=True, check=True)
    assert result.stdout.split() == ["check-submission"]
