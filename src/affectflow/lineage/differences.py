"""What differs between two sets of settings, in words."""

import json
from collections.abc import Mapping, Sequence
from typing import Any

from affectflow.artifacts.record import Code
from affectflow.lineage.installed import not_locked
from affectflow.lineage.options import BOOKKEEPING

_NAMES = ("subject", "shard", "video")
_SHOWN = 60


def option_differences(old: Mapping[str, Any], new: Mapping[str, Any]) -> list[str]:
    """Differences between the options of a job that ran and of one that would; book-keeping does not count."""
    kept_old, kept_new = (
        {name: value for name, value in options.items() if name not in BOOKKEEPING} for options in (old, new)
    )
    return [line for name in sorted(kept_old | kept_new) for line in _option_differences(name, kept_old, kept_new)]


def code_differences(old: Code, new: Code) -> list[str]:
    """Differences between the code that ran and the code that would."""
    if old.fingerprint == new.fingerprint:
        return []
    lines = [
        f"code of {name} changed"
        for name in new.modules
        if name in old.modules and old.modules[name] != new.modules[name]
    ]
    lines += [f"code now reaches {name}" for name in new.modules if name not in old.modules]
    lines += [f"code no longer reaches {name}" for name in old.modules if name not in new.modules]
    ran = differences(ran_with(old), ran_with(new), "package ", separator="")
    # Of a lock that was edited and not installed, nothing that runs differs.
    lines += ran or differences(old.packages, new.packages, "the lock's version of package ", separator="")
    return lines or ["the way in which code is fingerprinted changed"]


def ran_with(code: Code) -> dict[str, str]:
    """Version of each package that the code ran with: the lock's, or another one that was installed."""
    return code.packages | not_locked(code.packages, code.installed)


def differences(old: Any, new: Any, name: str, separator: str = ".") -> list[str]:
    """Differences of nested values, each as `<name> was <old>, is <new>`."""
    if old == new:
        return []
    old, new = _by_name(old), _by_name(new)
    if not (isinstance(old, Mapping) and isinstance(new, Mapping)):
        return [f"{name} was {_shorten(old)}, is {_shorten(new)}"]
    lines: list[str] = []
    for key in [*old, *(key for key in new if key not in old)]:
        place = f"{name}{separator}{key}"
        if key not in new:
            lines.append(f"{place} was {_shorten(old[key])}, is gone")
        elif key not in old:
            lines.append(f"{place} is new: {_shorten(new[key])}")
        else:
            lines += differences(old[key], new[key], place)
    return lines


def _option_differences(name: str, old: Mapping[str, Any], new: Mapping[str, Any]) -> list[str]:
    group = isinstance(old.get(name, new.get(name)), Mapping)
    label = f"settings.{name}" if group else name
    if name not in old:
        return [f"{label} is new: {_shorten(new[name])}"]
    if name not in new:
        return [f"{label} was {_shorten(old[name])}, is gone"]
    return differences(old[name], new[name], label)


def _by_name(value: Any) -> Any:
    """A list of things that have names as a mapping, so that one more does not look like a change of all others."""
    if isinstance(value, Sequence) and not isinstance(value, str) and value and isinstance(value[0], Mapping):
        for key in _NAMES:
            if all(isinstance(item, Mapping) and key in item for item in value):
                return {str(item[key]): item for item in value}
    return value


def _shorten(value: Any) -> str:
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    return text if len(text) <= _SHOWN else f"{text[:_SHOWN]}…"
