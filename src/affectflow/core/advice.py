"""Commands that messages tell people to type: they repeat the settings that this process was given, and run as printed.

`note_settings` takes these once, at the start of a command, of the workflow or of a Python program. The jobs of a
workflow inherit what its commands repeat.
"""

import json
import os
import shlex
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

DEFAULT_SETTINGS = Path("config") / "config.yaml"

SETTINGS = "AFFECTFLOW_SETTINGS"
"""Environment variable: the options that `affectflow` commands repeat, as words of a shell."""

_snakemake: list[str] = []
_folder = Path()


def note_settings(
    files: Sequence[Path] = (), overrides: Mapping[str, Any] | None = None, project: Path = Path()
) -> None:
    """Note what messages repeat.

    Args:
        files: settings files, none for the one that every command reads by itself.
        overrides: settings that Snakemake's `--config` puts over those of the files.
        project: where the workflow runs; the empty path for the working folder.
    """
    global _folder
    _folder = project
    other_files = [file for file in files if file != DEFAULT_SETTINGS]
    repeat([word for file in other_files for word in ("--settings", str(file))])
    resolved = [file if project == Path() else Path(os.path.normpath(file.absolute())) for file in other_files]
    configfiles = [str(file) for file in resolved if file != project / DEFAULT_SETTINGS]
    _snakemake[:] = ["--configfile", *configfiles] if configfiles else []
    if overrides:
        _snakemake.extend(["--config", *(f"{key}={json.dumps(value)}" for key, value in overrides.items())])


def repeat(options: Sequence[str]) -> None:
    """Note the options that `affectflow` commands repeat."""
    os.environ[SETTINGS] = shlex.join(options)


def affectflow(command: str) -> str:
    """One of our own commands that takes `--settings`, such as `doctor`."""
    return " ".join(word for word in ("affectflow", command, os.environ.get(SETTINGS, "")) if word)


def snakemake(targets: Sequence[str]) -> str:
    """The workflow's command for some targets, which stand first, so that no option takes them for its own."""
    words = ["snakemake", *targets, "--cores", "8", "--resources", "gpu=1", *_snakemake]
    change_folder = "" if _folder == Path() else f"cd {shlex.quote(str(_folder))} && "
    return change_folder + shlex.join(words)
