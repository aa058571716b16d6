"""`affectflow crate OUT.zip`: a finished run as a Workflow Run RO-Crate, for others."""

import argparse
import sys
from pathlib import Path
from urllib.parse import urlsplit

from affectflow.artifacts.layout import RESULTS
from affectflow.cli.places import artifact_name
from affectflow.core.errors import InputError
from affectflow.lineage.chain import Chain
from affectflow.lineage.crate import write_crate
from affectflow.lineage.crate_graph import Passing
from affectflow.workflow.script import ROOT


def add_options(options: argparse.ArgumentParser) -> None:
    options.add_argument("out", type=Path, metavar="OUT.zip", help="zip file to write")
    options.add_argument(
        "--target",
        nargs="+",
        type=Path,
        metavar="PATH",
        help="main artifacts of the crate (default: all below results/)",
    )
    options.add_argument("--licence", metavar="URL", help="licence of the crate; corpora and models keep their own")
    options.add_argument("--agent", metavar="NAME", help="name of the person who ran the workflow")


def main(arguments: argparse.Namespace) -> int:
    """Returns 0."""
    if arguments.licence is not None and not urlsplit(arguments.licence).scheme:
        raise InputError(
            f"--licence {arguments.licence}: expected an address, such as one of https://spdx.org/licenses"
        )
    chain = Chain(Path())
    target_names = [artifact_name(path) for path in arguments.target or ()]
    names = target_names or [name for name in chain.recorded() if name.startswith(f"{RESULTS}/")]
    if not names:
        raise InputError("results/: nothing there has a record; run the workflow first, or name files with --target")
    passing = Passing(licence=arguments.licence, agent=arguments.agent)
    summary = write_crate(chain, names, ROOT, arguments.out, passing)
    print(
        f"{arguments.out}: {summary.results} result(s), {summary.records} record(s), {summary.jobs} job(s); "
        f"{summary.referenced} file(s) are named, not in it"
    )
    if summary.other_code:
        print(
            f"note: {summary.other_code} script(s) ran with other code than that in this folder; the crate says so",
            file=sys.stderr,
        )
    return 0
