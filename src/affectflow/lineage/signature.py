"""Signatures over a chain's list, by OpenSSH's `ssh-keygen -Y`: with a key that the user has."""

import subprocess
from pathlib import Path

from affectflow.core.errors import InputError

NAMESPACE = "affectflow-seal"
"""What is signed with a key for one purpose counts for no other."""


def sign(text: str, key: Path) -> str:
    """The signature of a text by a private key (or by the agent's, of a public one), as OpenSSH writes it.

    Raises:
        InputError: there is no ssh-keygen, or it cannot sign with this key.
    """
    completed = _keygen("sign", "-f", str(key), "-n", NAMESPACE, text=text)
    if completed.returncode != 0:
        raise InputError(f"{key}: ssh-keygen cannot sign with it: {_error_line(completed)}")
    return completed.stdout


def signer(text: str, signature: Path, signers: Path) -> str | None:
    """Who has signed a text; None where the signature is of another text, or of nobody who is named.

    Args:
        text: what was signed.
        signature: OpenSSH's file of a signature.
        signers: OpenSSH's file of those who may sign: `<name> <public key>` in each line (ssh-keygen(1), ALLOWED
            SIGNERS).

    Raises:
        InputError: there is no ssh-keygen, or no such file.
    """
    for path in (signature, signers):
        if not path.is_file():
            raise InputError(f"{path}: no such file")
    principals = _keygen("find-principals", "-s", str(signature), "-f", str(signers))
    for name in principals.stdout.splitlines() if principals.returncode == 0 else ():
        words = ("-f", str(signers), "-I", name, "-n", NAMESPACE, "-s", str(signature))
        if _keygen("verify", *words, text=text).returncode == 0:
            return name
    return None


def _keygen(act: str, *words: str, text: str = "") -> subprocess.CompletedProcess[str]:
    try:
        return subprocess.run(
            ["ssh-keygen", "-Y", act, *words], input=text, capture_output=True, check=False, encoding="utf-8"
        )
    except FileNotFoundError as error:
        raise InputError(
            "ssh-keygen: no such program; install OpenSSH (8.1 or later), which signs and verifies"
        ) from error


def _error_line(completed: subprocess.CompletedProcess[str]) -> str:
    return (completed.stderr.strip().splitlines() or [f"status {completed.returncode}"])[-1]
