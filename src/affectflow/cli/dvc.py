"""`affectflow dvc [SETTINGS]`: the stages of DVC for a settings file."""

import argparse
import io
import os
from pathlib import Path

from ruamel.yaml import YAML
from ruamel.yaml.events import AliasEvent

from affectflow.artifacts.atomic import write_text
from affectflow.cli.dvc_stages import PACKAGE, pipeline
from affectflow.config.system.load import load_run
from affectflow.core.advice import DEFAULT_SETTINGS
from affectflow.core.errors import InputError

_HEAD = """\
# DVC versions what the workflow makes; Snakemake decides what has to be made. Each stage asks Snakemake for one target
# and keeps what is there (persist), so that only what changed is made again. docs/dvc.md says how to use it.
# Written for {settings} by `affectflow dvc {settings}`; for other settings, write it anew.
"""


def add_options(options: argparse.ArgumentParser) -> None:
    options.add_argument(
        "settings_file",
        nargs="?",
        type=Path,
        default=DEFAULT_SETTINGS,
        metavar="SETTINGS",
        help=f"settings file (default: {DEFAULT_SETTINGS})",
    )


def main(arguments: argparse.Namespace) -> int:
    """Returns 0."""
    if not Path("Snakefile").is_file():
        raise InputError(f"{Path('Snakefile').absolute()}: no such file; call this in the project's folder")
    settings = Path(os.path.relpath(arguments.settings_file))
    if ".." in settings.parts:
        raise InputError(f"{settings}: lies outside of the project, where DVC keeps no settings; copy it into config/")
    write_text(Path("dvc.yaml"), text(settings))
    print(f"dvc.yaml: the stages for {settings}; go on with `dvc repro`, or `dvc commit --force` after a run")
    return 0


def text(settings: Path) -> str:
    """What `dvc.yaml` holds for a settings file, a path within the working folder, the project's.

    Raises:
        InputError: the settings are wrong, or share values in a way in which DVC cannot set one alone.
    """
    run = load_run(settings)
    for event in YAML(typ="safe", pure=True).parse(settings.read_text(encoding="utf-8")):
        if isinstance(event, AliasEvent):
            raise InputError(
                f"{settings}, line {event.start_mark.line + 1}: has the alias *{event.anchor}; `dvc exp run -S` would "
                "set a value in all places that share it, or in none: use templates and like (docs/settings.md)"
            )
    stream = io.StringIO()
    writer = YAML()
    writer.indent(mapping=2, sequence=4, offset=2)
    writer.width = 120
    writer.dump(pipeline(run, settings, Path(PACKAGE).is_dir()), stream)
    return _HEAD.format(settings=settings) + stream.getvalue()
