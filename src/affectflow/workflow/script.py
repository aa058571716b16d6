"""What every rule's script shares: options in, one library call, clear errors out; a record beside each artifact."""

import argparse
import json
import platform
import sys
from collections.abc import Callable, Iterable, Mapping
from contextlib import AbstractContextManager
from pathlib import Path

from affectflow.artifacts import ledger
from affectflow.artifacts.job import Job, running
from affectflow.artifacts.record import Code, Machine
from affectflow.core.errors import InputError
from affectflow.lineage.code import code_of
from affectflow.lineage.git import commit_of
from affectflow.lineage.kept import give_back
from affectflow.lineage.options import options_of
from affectflow.lineage.sheet import read_sheet
from affectflow.workflow.template import code_root, is_carried

ROOT = code_root()
"""The checkout whose code runs, or the project whose scripts do."""


def parser(description: str | None) -> argparse.ArgumentParser:
    """A parser for a rule's script; `description` is the script's docstring."""
    options = argparse.ArgumentParser(description=description, allow_abbrev=False)
    options.add_argument("--code", metavar="FINGERPRINT", help="given by the workflow: the code that must run")
    return options


def job(
    args: argparse.Namespace,
    inputs: Iterable[Path],
    *,
    seeds: Mapping[str, int] | None = None,
    threads: int = 1,
) -> AbstractContextManager[Job]:
    """The script's job: inside the `with` block every artifact that is written gets its record. Where the workflow has
    kept what it would make, it is put back and the script ends here.

    Args:
        args: the script's options.
        inputs: files and folders that the script reads.
        seeds: what fixes its randomness, by name.
        threads: CPU threads that it computes with.

    Raises:
        InputError: an input is missing or is not what its record says, or the code is not that of `--code`.
    """
    script = Path(sys.argv[0]).resolve()
    code = read_sheet(args.code, ROOT, ledger.FOLDER) if args.code else code_of(script.relative_to(ROOT), ROOT)
    this = Job(
        rule=script.stem,
        options=options_of(sys.argv[1:]),
        code=committed(code),
        machine=this_machine(threads),
        seeds=seeds or {},
        # Only what the workflow runs agrees with its notes of how an artifact was made last.
        ledger=ledger.FOLDER if args.code else None,
    )
    this.reads(inputs)
    if args.code and give_back(this):
        sys.exit(0)
    return running(this)


def committed(code: Code) -> Code:
    """Code with what git says of this repository."""
    commit, dirty = (None, None) if is_carried(ROOT) else commit_of(ROOT)
    return code.model_copy(update={"commit": commit, "dirty": dirty})


def this_machine(threads: int) -> Machine:
    """Where this process runs; a job that uses a GPU says so itself."""
    return Machine(
        host=platform.node(),
        device="cpu",
        threads=threads,
        python=platform.python_version(),
        platform=platform.platform(),
    )


def settings_option(options: argparse.ArgumentParser, *names: str) -> None:
    """Add `--<name> JSON` for each settings group that the script needs."""
    for name in names:
        options.add_argument(f"--{name}", type=json.loads, default={}, metavar="JSON", help=f"{name} settings")


def training_options(options: argparse.ArgumentParser) -> None:
    """Add what every training is told beside what it learns: seed, machine, tracking, weights and folders."""
    options.add_argument("--seed", type=int, required=True)
    settings_option(options, "loader", "device", "tracking")
    options.add_argument("--experiment", required=True, help="name of the MLflow experiment")
    options.add_argument("--weights", type=Path, default=Path("config/weights.yaml"), help="registry of weights")
    options.add_argument("--weights-dir", type=Path, default=Path("weights"), help="folder of weight files")
    options.add_argument("--checkpoints", type=Path, required=True, help="folder to go on from when interrupted")
    options.add_argument("--gpus", type=int, help="GPUs lent to this job")
    options.add_argument("--out", type=Path, required=True, help="folder of the trained model")


def run(main: Callable[[], object]) -> None:
    """Run a script's `main`; an InputError becomes one line on standard error and exit status 2."""
    try:
        main()
    except InputError as error:
        print(f"error: {error}", file=sys.stderr)
        sys.exit(2)


def existing(text: str) -> Path:
    """An argparse type: a path that must exist."""
    path = Path(text)
    if not path.exists():
        raise argparse.ArgumentTypeError(f"{path}: no such file or folder")
    return path
