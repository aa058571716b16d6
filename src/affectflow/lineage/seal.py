"""One digest for a whole chain: over every file, record and source behind some results.

The list that it is the digest of is what `sha256sum` prints of these files, in the order of their paths: it can be made
and checked without this project.
"""

import hashlib
from collections.abc import Sequence

from affectflow.artifacts.layout import is_made
from affectflow.artifacts.record import SUFFIX
from affectflow.core.errors import InputError
from affectflow.lineage.chain import Chain
from affectflow.lineage.verify import Contents, unsound

_SHOWN = 5


def seal_list(chain: Chain, names: Sequence[str]) -> str:
    """A line `<SHA-256>  <path>` for every file behind some artifacts, and for these: artifacts, their records,
    sources; of a folder, every file in it. An object in storage stands under its address, with the digest that records
    have of it. Every byte is read.

    Raises:
        InputError: an artifact has no record, a record is damaged, a file is gone or not what its record says, or two
            records say different things of one file.
    """
    ancestry = chain.behind(names)
    content = Contents(chain)
    records = {name: record for name, record in ancestry.items() if record is not None}
    if unrecorded := [name for name in names if name not in records]:
        raise InputError(f"{unrecorded[0]}: has no record; a seal is over what jobs of the workflow made")
    if record_lost := [name for name in ancestry if name not in records and is_made(name)]:
        raise InputError(
            f"{record_lost[0]}: its record is gone, so that nothing tells how it was made; nothing is sealed"
        )
    if wrong := unsound(chain, records, content):
        suffix = f" and {len(wrong) - 1} more" if len(wrong) > 1 else ""
        raise InputError(f"{wrong[0].path}: {wrong[0].what}{suffix}; nothing is sealed. See `affectflow verify`")
    lines: dict[str, str] = {}
    for name in ancestry:
        lines |= content.files(name)
        if name in records:
            lines |= content.files(name + SUFFIX)
    return "".join(_format_line(path, lines[path]) for path in sorted(lines))


def digest_of_list(text: str) -> str:
    """The seal itself: SHA-256 of the list."""
    return hashlib.sha256(text.encode()).hexdigest()


def changes(sealed_list: str, current_list: str) -> list[str]:
    """What differs between two lists, in words."""
    old, new = _parse_list(sealed_list), _parse_list(current_list)
    lines = [
        f"{path} is gone" if path not in new else f"{path}: SHA-256 was {digest[:16]}…, is {new[path][:16]}…"
        for path, digest in old.items()
        if new.get(path) != digest
    ]
    lines += [f"{path} was not sealed" for path in new if path not in old]
    return lines if len(lines) <= _SHOWN else [*lines[:_SHOWN], f"and {len(lines) - _SHOWN} more"]


def _format_line(path: str, digest: str) -> str:
    """As `sha256sum` prints it: a line with a name that would break it begins with a backslash."""
    plain = path.replace("\\", "\\\\").replace("\n", "\\n").replace("\r", "\\r")
    return f"{'' if plain == path else chr(92)}{digest}  {plain}\n"


def _parse_list(text: str) -> dict[str, str]:
    pairs = (line.lstrip("\\").partition("  ") for line in text.splitlines())
    return {path: digest for digest, _, path in pairs}
