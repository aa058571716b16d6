"""A script of the workflow that is killed in the middle of its work, and run again."""

import os
import signal
import subprocess
import sys
from collections.abc import Sequence

import warm


def kill_at(words: Sequence[str], line: str) -> None:
    """Start `python WORDS` anew, as a user's runs do, and kill it once standard error has a line that begins so."""
    command, environment = [sys.executable, *words], os.environ | {"LC_ALL": "C.UTF-8"}
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True, env=environment) as process:
        assert process.stderr is not None
        seen = next((text for text in process.stderr if text.startswith(line)), None)
        process.send_signal(signal.SIGKILL)
    assert seen is not None and process.returncode == -signal.SIGKILL, f"never {line!r}, exit {process.returncode}"


def run_again(words: Sequence[str]) -> "subprocess.CompletedProcess[str]":
    """Run the same words to their end."""
    return subprocess.run([warm.python(), *words], capture_output=True, text=True)
