"""What is wrong with a file, counted and described."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from itertools import islice

_SHOWN = 5


@dataclass
class Problems:
    """What is wrong, by kind: how often, and the first few places in words."""

    count: dict[str, int] = field(default_factory=dict)
    first: dict[str, list[str]] = field(default_factory=dict)

    def add(self, kind: str, where: str, count: int = 1) -> None:
        """Note a problem."""
        self.add_all(kind, [where], count)

    def add_all(self, kind: str, where: Iterable[str], count: int) -> None:
        """Note `count` problems; of `where` no more is read than is shown."""
        if count:
            self.count[kind] = self.count.get(kind, 0) + count
            first = self.first.setdefault(kind, [])
            first.extend(islice(where, _SHOWN - len(first)))
