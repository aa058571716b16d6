"""`affectflow seal RESULT…`: one digest over everything behind results, to be kept where others cannot write."""

import argparse
import sys
from pathlib import Path

from affectflow.artifacts.atomic import write_text
from affectflow.cli.places import artifact_name, check_replaceable
from affectflow.core.errors import InputError
from affectflow.lineage.chain import Chain
from affectflow.lineage.seal import digest_of_list, seal_list
from affectflow.lineage.signature import sign

LIST, SIGNATURE = ".seal", ".sig"


def add_options(options: argparse.ArgumentParser) -> None:
    options.add_argument("paths", nargs="+", type=Path, metavar="RESULT", help="for example results/test_track1.csv")
    options.add_argument(
        "--out",
        type=Path,
        metavar="FILE",
        help="write the list behind the digest, in the format of sha256sum",
    )
    options.add_argument(
        "--sign",
        type=Path,
        metavar="KEY",
        help="write the list to RESULT.seal, and its signature with an SSH key beside it",
    )


def main(arguments: argparse.Namespace) -> int:
    """Returns 0; an InputError where the chain does not hold."""
    for path in arguments.paths:
        if not path.exists():
            raise InputError(f"{path}: no such file; expected an artifact of the workflow")
    out = arguments.out or (list_of(arguments.paths) if arguments.sign else None)
    if out is not None:
        check_replaceable("--out" if arguments.out else "--sign", out, r"\\?[0-9a-f]{64}  ")
    text = seal_list(Chain(Path()), [artifact_name(path) for path in arguments.paths])
    signature = sign(text, arguments.sign) if arguments.sign else None
    if out is not None:
        write_text(out, text, recorded=False)
        if signature is not None:
            write_text(signature_of(out), signature, recorded=False)
    print(digest_of_list(text))
    print(f"{text.count(chr(10))} file(s) are sealed", file=sys.stderr)
    return 0


def list_of(paths: list[Path]) -> Path:
    """Where the list of a result lies.

    Raises:
        InputError: there are several results.
    """
    if len(paths) > 1:
        raise InputError("several results have one list: name its file with --out")
    return paths[0].with_name(paths[0].name + LIST)


def signature_of(out: Path) -> Path:
    """Where the signature of a list lies."""
    return out.with_name(out.name + SIGNATURE)
