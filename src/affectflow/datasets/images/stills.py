"""What a corpus of still pictures says of each picture, whatever its layout."""

import hashlib
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from affectflow.core.errors import InputError

Split = Literal["train", "validation", "test"]
SPLITS: tuple[Split, ...] = ("train", "validation")
"""Those of every corpus; some have a test set beside them (`has_test`)."""
Box = tuple[float, float, float, float]
"""Left, top, right, bottom in pixels of the picture."""


@dataclass(frozen=True)
class Annotation:
    """What is annotated of a picture; None is "not annotated"."""

    expression: int | None = None
    """Number of a class in the order of Aff-Wild2, 7 for contempt."""
    valence: float | None = None
    arousal: float | None = None
    compound: int | None = None
    """Number of a class in the corpus's own list of `affectflow.core.compound`."""
    units: Mapping[str, int] = field(default_factory=dict)
    """0 or 1 by column (`au1`) for each annotated action unit of edition `union17`."""
    votes: tuple[int, ...] | None = None
    """How many people chose each class of expression, in the order of Aff-Wild2 with contempt last, where the corpus
    says so and anyone's vote counts."""

    @property
    def is_annotated(self) -> bool:
        """Whether anything is annotated."""
        values = (self.expression, self.valence, self.arousal, self.compound)
        return bool(self.units or self.votes) or any(value is not None for value in values)


@dataclass(frozen=True)
class Still:
    """One picture of the corpus, or one face of it."""

    name: str
    """As its list or folder names it."""
    path: Path
    annotation: Annotation | None
    """None where the corpus has a picture without a label."""
    box: Box | Literal["whole"] | None
    """Where the face is; `whole` for a picture that is a face already; None where the list gives no box."""
    repeated: bool = False
    """Whether the list has it before, with the same label and box."""


def hashed_split(name: str, share: float) -> Split:
    """The split of a picture or clip in a corpus without official ones, which depends on its name alone: validation
    where the first 8 bytes of the SHA-256 of the name in UTF-8, as a big-endian number over 2**64, are below `share`.
    """
    number = int.from_bytes(hashlib.sha256(name.encode()).digest()[:8], "big")
    return "validation" if number < share * 2**64 else "train"


def _file_name(still: Still) -> str:
    return still.path.name


def hashed_part(
    stills: Sequence[Still], split: Split, share: float, labels: Path, name: Callable[[Still], str] = _file_name
) -> list[Still]:
    """Those of a split by `hashed_split` of a name.

    Args:
        stills: the pictures of both splits.
        split: the one that is wanted.
        share: of validation.
        labels: list or folder that annotates them, for messages.
        name: which name of a picture tells its split; those of one name are never parted.

    Raises:
        InputError: there are none.
    """
    selected = [still for still in stills if hashed_split(name(still), share) == split]
    if not selected:
        use = "train" if split == "train" else "validate"
        raise InputError(
            f"{labels}: none of {len(stills)} pictures is to {use} where validation_share is {share:g}; change it"
        )
    return selected


def find_one(root: Path, patterns: Iterable[str], expected: str) -> Path:
    """The one of these files and folders below `root` that is there.

    Raises:
        InputError: none is, or several are; says what was expected.
    """
    matches = sorted({path for pattern in patterns for path in root.glob(pattern)})
    if len(matches) > 1:
        names = " and ".join(path.relative_to(root).as_posix() for path in matches)
        raise InputError(f"{root}: holds {names}, expected one {expected}; leave one there")
    if not matches:
        state = "holds no" if root.is_dir() else "no such folder; expected in it"
        raise InputError(f"{root}: {state} {expected}")
    return matches[0]
