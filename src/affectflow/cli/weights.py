"""`affectflow weights list|fetch|verify`: published weights."""

import argparse
import sys
from pathlib import Path

from affectflow.weights import fetch, list_weights, read_registry, verify


def add_options(options: argparse.ArgumentParser) -> None:
    options.add_argument("--registry", type=Path, default=Path("config/weights.yaml"), metavar="FILE")
    options.add_argument("--dir", type=Path, default=Path("weights"), help="where weights are kept")
    actions = options.add_subparsers(dest="action", required=True, metavar="list|fetch|verify")
    actions.add_parser("list", help="every entry: what it is, its licence, what uses it, whether it is here")
    get = actions.add_parser("fetch", help="download an entry, or take it from a file, and keep it")
    get.add_argument("name")
    get.add_argument("--file", type=Path, help="the source file, where it is already on disk")
    check = actions.add_parser("verify", help="check kept files against their digests")
    check.add_argument("names", nargs="*", metavar="NAME", help="default: all that are here")


def main(arguments: argparse.Namespace) -> int:
    registry = read_registry(arguments.registry)
    if arguments.action == "fetch":
        path = fetch(arguments.name, registry, arguments.dir, arguments.file, _progress)
        print(f"{arguments.name}: kept as {path}")
    elif arguments.action == "verify":
        here = [w.name for w in list_weights(registry, arguments.dir) if w.state not in ("missing", "installed")]
        names = arguments.names or here
        for name in names:
            print(f"{name}: {verify(name, registry, arguments.dir)} agrees with its digest")
        if not names:
            print(f"{arguments.dir}: no weights are kept here")
    else:
        for status in list_weights(registry, arguments.dir):
            source = status.source
            print(f"{status.name}: {status.state}\n  {source.title}\n  licence: {source.licence}")
            print(f"  used by: {source.used_by}")
            if source.format == "package":
                print(f"  source: the package {status.name} of requirements/lock.txt")
            else:
                print(f"  source: {source.url or source.how}\n  kept as: {status.path}")
    return 0


def _progress(done: int, total: int) -> None:
    of = f" of {total / 2**20:.0f}" if total else ""
    print(f"\r{done / 2**20:.0f}{of} MiB", end="", file=sys.stderr, flush=True)
