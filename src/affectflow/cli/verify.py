"""`affectflow verify [PATH…]`: re-read every byte of the chain behind the results."""

import argparse
import sys
from collections.abc import Iterable, Sequence
from pathlib import Path

from affectflow.artifacts import ledger
from affectflow.artifacts.layout import FEATURES, FUSION, LEADERBOARD_ENTRIES, MODELS, PREDICTIONS, RESULTS, WORK
from affectflow.artifacts.record import SUFFIX
from affectflow.cli.anchors import anchor_options, check_anchors, holds_anchors
from affectflow.cli.main import chosen_settings, settings_option
from affectflow.cli.places import artifact_name
from affectflow.core.errors import InputError
from affectflow.lineage.aside import aside
from affectflow.lineage.chain import Chain, recorded_below
from affectflow.lineage.committed import Commits
from affectflow.lineage.plan import PlannedJob, planned
from affectflow.lineage.verify import Evidence, Finding, verify
from affectflow.lineage.witness import history
from affectflow.workflow.script import ROOT


def add_options(options: argparse.ArgumentParser) -> None:
    options.add_argument(
        "paths",
        nargs="*",
        type=Path,
        metavar="PATH",
        help="artifacts to check, with everything behind them (default: all of the settings' corpus and system)",
    )
    options.add_argument("--complete", action="store_true", help="also fail if an output of the workflow is missing")
    anchor_options(options)
    settings_option(options)


def main(arguments: argparse.Namespace) -> int:
    """Returns 0 where all holds, 1 otherwise."""
    chain = Chain(Path())
    check_anchors(arguments)
    requested = list(dict.fromkeys(name for path in arguments.paths for name in _artifacts_at(chain, path)))
    today = _today(chosen_settings(arguments))
    outputs = [name for name in today if Path(name).exists()]
    places = {_scope_of(name) for name in today}
    names = [name for name in chain.recorded() if _scope_of(name) in places]
    if arguments.paths:
        names = list(chain.behind(requested))
        outputs = [name for name in outputs if name in names]
    noted = history(ledger.FOLDER)
    elsewhere = {name for name in names if _scope_of(name) not in places}
    findings = verify(chain, names, Evidence(today, noted, Commits(ROOT), elsewhere), outputs, _progress)
    if sys.stderr.isatty():
        print(file=sys.stderr)
    absent = [] if arguments.paths else [name for name in today if name not in {*names, *outputs}]
    findings += _find_missing(absent, noted, arguments.complete)
    for finding in findings:
        print(_describe(finding))
    count = sum(name in today for name in names)
    summary = f"{len(names)} artifact(s) and their links were read{_describe_count(count, len(today), arguments.paths)}"
    if not names:
        print("nothing was verified: no artifact with a record is here")
        return 1
    print(f"{len(findings)} finding(s): {summary}" if findings else f"all holds: {summary}")
    anchored = holds_anchors(chain, arguments)
    return 0 if anchored and not findings else 1


def _artifacts_at(chain: Chain, path: Path) -> list[str]:
    """The artifacts that a path means: the one that it is, is the record of or lies in, or all in a folder.

    Raises:
        InputError: it means none.
    """
    if not path.exists():
        raise InputError(f"{path}: no such file; expected an artifact of the workflow")
    name = artifact_name(path)
    if name == ".":
        return chain.recorded()
    for candidate in (name.removesuffix(SUFFIX), *map(str, Path(name).parents)):
        if candidate not in ("", ".", "/") and chain.record(candidate) is not None:
            return [candidate]
    if path.is_dir() and (names := recorded_below(Path(name))):
        return names
    raise InputError(f"{name}: no job of the workflow made it: no record lies beside it or, in a folder, in it")


def _today(settings: Sequence[Path]) -> dict[str, PlannedJob]:
    """The job that would make each file; nothing is written here."""
    files = [path.absolute() for path in settings]
    with aside(), planned(settings=files, check=False) as plan:
        return plan.by_output()


def _find_missing(absent: Iterable[str], noted: Iterable[str], every: bool) -> list[Finding]:
    """What should be there: everything where that is asked, else what a job of this folder has made."""
    made_names = {ancestor for name in noted for ancestor in (name, *map(str, Path(name).parents))}
    was, never = "a job of this folder made it, and it is gone with its record", "it was not made here"
    return [
        Finding("missing", name, was if name in made_names else never) for name in absent if every or name in made_names
    ]


def _describe_count(read_count: int, planned_count: int, paths: Sequence[Path]) -> str:
    """How many of the workflow's artifacts that is."""
    if paths or read_count == planned_count:
        return ""
    return f"; the workflow makes {planned_count}, of which {planned_count - read_count} are not here"


_DEPTHS = {RESULTS: 1} | dict.fromkeys((MODELS, FEATURES, PREDICTIONS, FUSION, LEADERBOARD_ENTRIES), 3)


def _scope_of(name: str) -> tuple[str, ...]:
    """The folder of corpus and system that an artifact lies in: others in the same project have settings of their
    own. A feature set of a corpus has a folder that systems share which read it, and others do not."""
    parts = Path(name).parts
    if parts[0] == WORK and parts[2:3] == (FEATURES,):
        return parts[:4]
    return parts[: _DEPTHS.get(parts[0], 2)]


def _describe(finding: Finding) -> str:
    touched = f"\n  touches {', '.join(finding.results)}" if finding.results else ""
    return f"{finding.kind}: {finding.path}: {finding.what}{touched}"


def _progress(done: int, total: int) -> None:
    if sys.stderr.isatty():
        print(f"\r{done} of {total}", end="", file=sys.stderr, flush=True)
