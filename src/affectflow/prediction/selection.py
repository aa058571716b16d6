"""What the user asks for: which people of a video are scored. Free of heavy imports, as options are read first."""

import re
from collections.abc import Collection
from dataclasses import dataclass
from typing import Literal

from affectflow.core.errors import InputError

Words = Literal["main", "prominent", "all"]
Wanted = Words | int

_NAMED = re.compile(
    r"(?P<name>[^=]+)=((?P<video>.+):)?((?P<number>\d+)|(?P<seconds>\d+(\.\d+)?)@(?P<x>\d+(\.\d+)?),(?P<y>\d+(\.\d+)?))"
)


@dataclass(frozen=True)
class Place:
    """A point of the picture at a time: seconds, and pixels of the stored frame."""

    seconds: float
    x: float
    y: float

    def __str__(self) -> str:
        return f"{self.seconds:.3f}@{self.x:.0f},{self.y:.0f}"


@dataclass(frozen=True)
class NamedPerson:
    """A person whom the user has named: by number, from 1, or by where the face is at a time."""

    name: str
    who: int | Place
    video: str | None = None
    """The file's name; None: of every video of the batch."""

    @classmethod
    def parse(cls, text: str) -> "NamedPerson":
        """From NAME=NUMBER, NAME=SECONDS@X,Y, either with VIDEO: before the second part.

        Raises:
            ValueError: it is neither, or the name is a number.
        """
        match = _NAMED.fullmatch(text)
        if match is None or match["name"].strip().isdigit() or not match["name"].strip():
            raise ValueError(
                f"found {text!r}, expected NAME=NUMBER or NAME=SECONDS@X,Y, such as anna=2, anna=12.48@310,144 or "
                "anna=talk.mp4:2; the name is not a number"
            )
        place = ("seconds", "x", "y")
        who = int(match["number"]) if match["number"] else Place(*(float(match[part]) for part in place))
        return cls(match["name"].strip(), who, match["video"])

    def __str__(self) -> str:
        return f"{self.name}={f'{self.video}:' if self.video else ''}{self.who}"


@dataclass(frozen=True)
class Selection:
    """Who is to be scored.

    `main` is the most prominent person of a video (area times score of the face, summed over its frames), `prominent`
    also everyone with at least a twentieth of that, `all` everyone whose face was found, a number the so many most
    prominent.
    """

    wanted: Wanted | None = None
    """None: the people who are named, in a video with any, else the prominent ones."""
    named: tuple[NamedPerson, ...] = ()

    def check(self, videos: Collection[str]) -> None:
        """Check that the videos of named people are among these, by their files' names.

        Raises:
            InputError: one is not.
        """
        if wrong := [str(named) for named in self.named if named.video is not None and named.video not in videos]:
            raise InputError(f"--person {', '.join(wrong)}: no such video among those to score")

    def of(self, video: str) -> list[NamedPerson]:
        """Those whom the user has named in a video, by its file's name."""
        return [named for named in self.named if named.video in (None, video)]

    def describe(self, video: str) -> list[str]:
        """What it says of a video: the same where the same people are scored under the same names."""
        named = self.of(video)
        wanted = self.wanted or ("named" if named else "prominent")
        return [str(wanted), *sorted(map(str, named))]
