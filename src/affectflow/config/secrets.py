"""Secrets in addresses: commands, logs and records repeat settings, so that none may stand there."""

import re
from collections.abc import Iterator
from urllib.parse import parse_qsl, unquote, urlsplit

_HIDDEN = "***"
_NAMES = re.compile(
    r"pass(word|wd|phrase)?|pwd|.*(password|passwd|secret|token|credential|signature|access_?key|api_?key).*"
    r"|sig|key|auth|authorization|odbc_connect",
    re.IGNORECASE,
)
_USER = re.compile(r"(?<=://)[^/?#@\s]*(?=@)")
_QUERY = re.compile(r"(?<=[?&;])([^=&;#\s]+)=([^&;#\s]*)")


def secret_in(address: str) -> str | None:
    """What in an address is or may be a secret, in words; None where there is nothing.

    A password; a user of an HTTP address, which is where a token stands; a value in the query, such as `?token=…`. A
    database's user is none.
    """
    parts = urlsplit(address)
    if parts.password is not None:
        return "a password"
    if parts.username is not None and parts.scheme in ("http", "https", "s3"):
        return f"a user or token before the host ({_HIDDEN}@{parts.hostname})"
    return next((f"a secret in its query (?{name}={_HIDDEN})" for name in _secret_names(parts.query)), None)


def _secret_names(query: str) -> Iterator[str]:
    for part in re.split("[&;]", query):
        yield from (name for name, _ in parse_qsl(part, keep_blank_values=True) if _NAMES.fullmatch(name))


def masked(text: str) -> str:
    """A text without what in addresses of it may be a secret: users with passwords, values in queries."""
    hidden = _USER.sub(_HIDDEN, text)
    return _QUERY.sub(
        lambda match: f"{match[1]}={_HIDDEN}" if _NAMES.fullmatch(unquote(match[1])) else match[0], hidden
    )
