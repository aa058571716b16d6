"""Every way in which a prediction file of whole clips would be refused."""

from collections.abc import Iterator, Sequence
from pathlib import Path

from affectflow.core.errors import InputError
from affectflow.datasets.submission.check import check_first_line, numbered_lines
from affectflow.datasets.submission.named_sample import NamedSample
from affectflow.datasets.submission.problems import Problems
from affectflow.datasets.video.values import fault


def check_named(path: Path, sample: NamedSample) -> Problems:
    """Compare a prediction file of whole clips with the organisers' list of them.

    Args:
        path: the file.
        sample: the rows that there must be, in their order.

    Raises:
        InputError: the file cannot be read.
    """
    problems = Problems()
    try:
        lines = numbered_lines(path, "", problems)
        check_first_line(lines, "", sample.header, problems)
        _compare(list(_rows(lines, sample, problems)), sample.names, problems)
    except OSError as error:
        raise InputError(f"{path}: cannot be read ({error.strerror}); expected a prediction file") from error
    return problems


def _rows(lines: Iterator[tuple[int, str]], sample: NamedSample, problems: Problems) -> Iterator[tuple[int, str]]:
    """Number of each line that names a clip, and the name; what else is wrong is noted."""
    for number, line in lines:
        if not line.strip():
            problems.add("empty lines", f"line {number}: is empty")
            continue
        fields = line.split(",")
        values = fields[sample.keys :]
        if len(values) != len(sample.values):
            expected = f"expected {len(sample.header)}: {','.join(sample.header)}"
            problems.add("columns", f"line {number}: found {len(fields)} columns ({line!r}), {expected}")
        else:
            for name, value in zip(sample.values, values, strict=True):
                if problem := fault(name, value, sample.track):
                    problems.add("values", f"line {number}: {problem}")
        yield number, ",".join(fields[: sample.keys])


def _compare(rows: Sequence[tuple[int, str]], expected: Sequence[str], problems: Problems) -> None:
    """Note rows that are missing, not in the list, there twice or out of order."""
    positions = {name: place for place, name in enumerate(expected)}
    named: set[str] = set()
    last = -1
    for number, name in rows:
        if name not in positions:
            problems.add("extra rows", f"line {number}: {name} is not in the list")
        elif name in named:
            problems.add("duplicates", f"line {number}: {name} stands there a second time")
        else:
            named.add(name)
            if positions[name] < last:
                problems.add("order", f"line {number}: {name} stands after a row that the list has later")
            last = max(last, positions[name])
    missing = [name for name in expected if name not in named]
    descriptions = (f"{name}, row {positions[name] + 1} of the list" for name in missing)
    problems.add_all("missing rows", descriptions, len(missing))
