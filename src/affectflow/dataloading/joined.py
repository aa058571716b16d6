"""The samples of the members of sources, one after the other."""

from bisect import bisect_right
from collections.abc import Callable, Mapping
from itertools import accumulate
from typing import Generic, Protocol, TypeVar

from torch import Tensor
from torch.utils.data import Dataset

from affectflow.config.training.sources import TrainingSource


class Member(Protocol):
    """Samples of one corpus."""

    left_out: tuple[str, ...]
    """Subjects that another split of another track has; see `read_indices`."""

    def __len__(self) -> int: ...

    def describe(self, sample: int) -> str: ...


M = TypeVar("M", bound=Member)


class Joined(Dataset[dict[str, Tensor]], Generic[M]):
    """The samples of a split of sources: those of the first source's first member first.

    Args:
        sources: by name.
        split: whose members.
        stills: the member that a corpus of still pictures is, of its name and the source.
        frames: the member that a video corpus is, of its name, the source and what the source is called in messages.
    """

    def __init__(
        self,
        sources: Mapping[str, TrainingSource],
        split: str,
        stills: Callable[[str, TrainingSource], M],
        frames: Callable[[str, TrainingSource, str], M],
    ) -> None:
        self.split = split
        self.members: list[M] = []
        sizes = []
        for title, training_source in sources.items():
            images, corpora = training_source.members(split)
            own = [stills(name, training_source) for name in images] + [
                frames(name, training_source, f"set {title}") for name in corpora
            ]
            sizes.append(sum(map(len, own)))
            self.members += own
        self.sizes = dict(zip(sources, sizes, strict=True))
        """Samples of each source."""
        self.left_out = tuple(sorted({name for member in self.members for name in member.left_out}))
        """Subjects that another split of another track has; see `read_indices`."""
        self.starts = [0, *accumulate(map(len, self.members))]
        self._set_starts = [0, *accumulate(sizes)]

    def __len__(self) -> int:
        return self.starts[-1]

    def place(self, number: int) -> tuple[M, int]:
        """The member that a sample is of, and its number there."""
        place = bisect_right(self.starts, number) - 1
        return self.members[place], number - self.starts[place]

    def source_of(self, number: int) -> int:
        """The number of the source that a sample is of."""
        return bisect_right(self._set_starts, number) - 1

    def name(self, number: int) -> str:
        """A sample in words: what it is in which file or subject."""
        member, sample = self.place(number)
        return member.describe(sample)
