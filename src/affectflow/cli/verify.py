"""`affectflow verify [PATH…]`: re-read every byte of the chain behind the results."""

import argparse
import sys
from pathlib import Path

from affectflow.artifacts.job import relative
from affectflow.cli.main import chosen_settings, settings_option
from affectflow.errors import InputError
from affectflow.lineage.chain import Chain
from affectflow.lineage.plan import planned
from affectflow.lineage.verify import Finding, verify


def add_options(options: argparse.ArgumentParser) -> None:
    options.add_argument(
        "paths",
        nargs="*",
        type=Path,
        metavar="PATH",
        help="artifacts whose chain is checked (default: every artifact of the settings' corpus and system)",
    )
    settings_option(options)


def main(arguments: argparse.Namespace) -> int:
    """Returns 0 where all holds, 1 otherwise."""
    chain = Chain(Path())
    for path in arguments.paths:
        if not path.exists():
            raise InputError(f"{path}: no such file; expected an artifact of the workflow")
    with planned(settings=chosen_settings(arguments), check=False) as plan:
        today = plan.by_output()
    outputs = [name for name in today if Path(name).exists()]
    places = {_place(name) for name in today}
    names = [name for name in chain.recorded() if _place(name) in places]
    if arguments.paths:
        names = list(chain.behind(relative(path) for path in arguments.paths))
        outputs = [name for name in outputs if name in names]
    elsewhere = {name for name in names if _place(name) not in places}
    findings = verify(chain, names, today, outputs, elsewhere, _progress)
    if sys.stderr.isatty():
        print(file=sys.stderr)
    for finding in findings:
        print(_told(finding))
    held = f"{len(names)} artifact(s) and their links were read"
    print(f"{len(findings)} finding(s): {held}" if findings else f"all holds: {held}")
    return 1 if findings else 0


_DEPTHS = {"results": 1} | dict.fromkeys(("models", "features", "predictions", "fusion", "standings"), 3)


def _place(name: str) -> tuple[str, ...]:
    """The folder of corpus and system that an artifact lies in: others in the same project have settings of their
    own. A feature set of a corpus has a folder that systems share which read it, and others do not."""
    parts = Path(name).parts
    if parts[0] == "work" and parts[2:3] == ("features",):
        return parts[:4]
    return parts[: _DEPTHS.get(parts[0], 2)]


def _told(finding: Finding) -> str:
    touched = f"\n  touches {', '.join(finding.results)}" if finding.results else ""
    return f"{finding.kind}: {finding.path}: {finding.what}{touched}"


def _progress(done: int, of: int) -> None:
    if sys.stderr.isatty():
        print(f"\r{done} of {of}", end="", file=sys.stderr, flush=True)
