"""What `affectflow verify` holds files against that was kept elsewhere: the digest of a seal, a signature."""

import argparse
import re
from pathlib import Path

from affectflow.cli.places import artifact_name
from affectflow.cli.seal import LIST, SIGNATURE, list_of
from affectflow.core.errors import InputError
from affectflow.lineage.chain import Chain
from affectflow.lineage.seal import changes, digest_of_list, seal_list
from affectflow.lineage.signature import signer


def anchor_options(options: argparse.ArgumentParser) -> None:
    """Add `--seal`, `--signature` and `--signers`."""
    options.add_argument("--seal", metavar="DIGEST", help="output of `affectflow seal PATH…` for the same paths")
    options.add_argument("--signature", type=Path, metavar="FILE", help="RESULT.seal.sig of `affectflow seal --sign`")
    options.add_argument("--signers", type=Path, metavar="FILE", help="who may sign, `<name> <public key>` per line")


def check_anchors(arguments: argparse.Namespace) -> None:
    """A signature names its result by its own name, where no path is given.

    Raises:
        InputError: the options do not go together.
    """
    signature: Path | None = arguments.signature
    if (signature is None) != (arguments.signers is None):
        raise InputError("--signature and --signers belong together: a signature counts by who may have signed")
    if signature is not None and not arguments.paths:
        name = signature.name.removesuffix(SIGNATURE).removesuffix(LIST)
        if name + LIST + SIGNATURE != signature.name:
            raise InputError(f"{signature}: is not named RESULT{LIST}{SIGNATURE}; name the results that it is of, too")
        arguments.paths = [signature.with_name(name)]
    if arguments.seal is not None and not arguments.paths:
        raise InputError("--seal is of certain results: name them")
    if arguments.seal is not None and not re.fullmatch("[0-9a-fA-F]{64}", arguments.seal):
        raise InputError(f"--seal {arguments.seal}: expected 64 hexadecimal digits, as `affectflow seal` prints them")


def holds_anchors(chain: Chain, arguments: argparse.Namespace) -> bool:
    """Hold the files as they are against what was kept; says what differs."""
    if arguments.seal is None and arguments.signature is None:
        return True
    try:
        text = seal_list(chain, [artifact_name(path) for path in arguments.paths])
    except InputError as error:
        print(f"not what was sealed: {error}")
        return False
    seal_holds = arguments.seal is None or _check_seal(text, arguments.seal.lower(), _read_stored_list(arguments))
    return (arguments.signature is None or _check_signature(text, arguments)) and seal_holds


def _check_seal(text: str, digest: str, stored_list: str | None) -> bool:
    actual = digest_of_list(text)
    if actual == digest:
        print(f"sealed: the seal of these files is {digest}")
        return True
    print(f"not what was sealed: the seal of these files is {actual}, not {digest}")
    if stored_list is not None and digest_of_list(stored_list) == digest:
        _say_changes(stored_list, text)
    return False


def _check_signature(text: str, arguments: argparse.Namespace) -> bool:
    signature, signers = arguments.signature, arguments.signers
    if name := signer(text, signature, signers):
        print(f"signed by {name}: all of these files")
        return True
    stored_list = _read_stored_list(arguments)
    if stored_list is not None and (name := signer(stored_list, signature, signers)):
        print(f"not what was signed: {name} signed {signature.with_suffix('')}, and these files are others")
        _say_changes(stored_list, text)
    else:
        print(f"not signed: {signature} is no signature of these files by anybody whom {signers} names")
    return False


def _read_stored_list(arguments: argparse.Namespace) -> str | None:
    """The list that was written when it was sealed, where it is there still; it counts where it is the very one."""
    if arguments.signature is not None:
        path = arguments.signature.with_suffix("")
    elif len(arguments.paths) == 1:
        path = list_of(arguments.paths)
    else:
        return None
    return path.read_text(encoding="utf-8", errors="replace") if path.is_file() else None


def _say_changes(stored_list: str, text: str) -> None:
    for line in changes(stored_list, text):
        print(f"  {line}")
