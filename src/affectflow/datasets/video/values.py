"""Single values of official label and prediction files, as text."""

import re

from affectflow.core.tracks import Track

_NUMBER = re.compile(r"[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][+-]?[0-9]+)?")
_INTEGER = re.compile(r"-?[0-9]+")


def value_range(track: Track) -> tuple[float, float]:
    """Smallest and largest annotation of a target: of a class and a unit whole numbers."""
    return (0.0, len(track.outputs) - 1.0) if track.kind == "classes" else track.bounds


def fault(name: str, field: str, track: Track, missing: float | None = None) -> str | None:
    """What is wrong with the value of the column `name`, or None; `missing` is allowed beside the range."""
    low, high = value_range(track)
    number, expected = (_NUMBER, "a number in") if track.continuous else (_INTEGER, "a whole number in")
    is_number = number.fullmatch(field) is not None
    if is_number and (low <= float(field) <= high or float(field) == missing):
        return None
    beside = f", or {missing:g} if not annotated" if missing is not None else ""
    return f"{name} is {field if is_number else repr(field)}, expected {expected} [{low:g}, {high:g}]{beside}"
