"""`affectflow weights list|fetch|verify`: published weights."""

import argparse
import sys
from pathlib import Path

from affectflow.cli.examples import with_example
from affectflow.cli.main import chosen_settings, settings_option
from affectflow.config.system.load import load_run
from affectflow.core import advice
from affectflow.pretrained.carried import MODELS
from affectflow.pretrained.weights import fetch, list_weights, read_registry, verify


def add_options(options: argparse.ArgumentParser) -> None:
    _place_options(options)
    places = argparse.ArgumentParser(add_help=False, argument_default=argparse.SUPPRESS)
    _place_options(places)
    actions = options.add_subparsers(dest="action", required=True, metavar="list|fetch|verify")
    every = "list every entry: title, licence, what uses it, whether it is on disk"
    actions.add_parser("list", help=every, parents=[places], **with_example("weights list"))
    fetching = "download an entry, or copy it from a file, and store it"
    get = actions.add_parser("fetch", help=fetching, parents=[places], **with_example("weights fetch"))
    get.add_argument("name")
    get.add_argument("--file", type=Path, help="the source file, if it is already on disk", default=None)
    checking = "check stored files against their digests"
    check = actions.add_parser("verify", help=checking, parents=[places], **with_example("weights verify"))
    check.add_argument("names", nargs="*", metavar="NAME", help="entries to check (default: all on disk)")


def main(arguments: argparse.Namespace) -> int:
    path, folder = _places(arguments)
    registry = read_registry(path)
    if arguments.action == "fetch":
        path = fetch(arguments.name, registry, folder, arguments.file, _progress)
        print(f"{arguments.name}: kept as {path}")
    elif arguments.action == "verify":
        available = [w.name for w in list_weights(registry, folder) if w.state not in ("missing", "installed")]
        names = arguments.names or available
        for name in names:
            print(f"{name}: {verify(name, registry, folder)} agrees with its digest")
        if not names:
            print(f"{folder}: no weights are kept here")
    else:
        for status in list_weights(registry, folder):
            source = status.source
            print(f"{status.name}: {status.state}\n  {source.title}\n  licence: {source.licence}")
            print(f"  used by: {source.used_by}")
            if source.format == "package":
                print(f"  source: the package {status.name} of requirements/lock.txt")
            elif source.format == "wheel":
                print(f"  source: the package {MODELS[status.name].wheel.title}\n  kept as: {status.path}")
            else:
                print(f"  source: {source.url or source.how}\n  kept as: {status.path}")
    return 0


def _place_options(options: argparse.ArgumentParser) -> None:
    settings_option(options)
    options.add_argument("--registry", type=Path, metavar="FILE", help="list of weights, instead of the settings' list")
    options.add_argument("--dir", type=Path, help="folder of weight files, instead of the one in the settings")


def _places(arguments: argparse.Namespace) -> tuple[Path, Path]:
    """The registry and the folder of weights, as the options or the settings say; messages repeat the options."""
    files = chosen_settings(arguments)
    run = load_run(files) if files else None
    options = {"--registry": arguments.registry, "--dir": arguments.dir}
    words = [("--settings", file) for file in files] + [(option, path) for option, path in options.items() if path]
    advice.repeat([str(word) for pair in words for word in pair])
    registry = run.weights if run else Path("config/weights.yaml")
    return arguments.registry or registry, arguments.dir or (run.weights_dir if run else Path("weights"))


def _progress(done: int, total: int) -> None:
    total_text = f" of {total / 2**20:.0f}" if total else ""
    print(f"\r{done / 2**20:.0f}{total_text} MiB", end="", file=sys.stderr, flush=True)
