"""Pose backends behind one interface. To add one: a module with its class and a line in config/data/backends.py."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property
from pkgutil import resolve_name
from typing import Protocol, runtime_checkable

import numpy as np
from numpy.typing import NDArray

from affectflow.config.data.preprocessing import Body
from affectflow.config.system.execution import Device
from affectflow.datasets.video.shard import Video
from affectflow.preprocessing.body.registry import BACKENDS
from affectflow.preprocessing.media.pictures import Picture

Joints = NDArray[np.float32]
"""x, y in pixels of the stored frame and confidence in [0, 1]; missing is (0, 0, 0). Shape (people, 25, 3)."""


@dataclass(frozen=True)
class Extent:
    """Size of a video's stored and source frames in pixels, and their number."""

    width: int
    height: int
    source_width: int
    source_height: int
    frames: int


@dataclass
class Frame:
    """One frame of a video; its picture is only decoded when a backend looks at it."""

    video: Video
    number: int
    extent: Extent
    load: Callable[[], Picture]

    @cached_property
    def picture(self) -> Picture:
        return self.load()


@dataclass(frozen=True)
class Hint:
    """Where to look for a subject.

    `face`: its face's box (left, top, right, bottom) in this frame, or in the nearest frame of the shot that has
    one; None where the subject's faces have no boxes. `age`: how many frames away that one is. `walls`: left and
    right end of the part of the picture that belongs to the subject rather than to another one.
    """

    face: NDArray[np.float64] | None
    age: int
    walls: tuple[float, float]


class Backend(Protocol):
    """Finds people and their joints in BODY_25 order."""

    def people(self, frame: Frame, hints: Sequence[Hint]) -> list[Joints]:
        """For each hint the people that may be the subject; those who see all people give every hint the same."""


@runtime_checkable
class Network(Backend, Protocol):
    """A backend that is a network: it runs on a GPU where the job has one, and sees several frames at once."""

    batch: int
    """How many frames of a video it wants at once."""

    def use(self, device: Device) -> None:
        """Run there from now on."""

    def people_of(self, frames: Sequence[Frame], hints: Sequence[Sequence[Hint]]) -> list[list[Joints]]:
        """As `people`, of several frames of one video with the hints of each."""


def make_backend(settings: Body, device: Device | None = None) -> Backend:
    """The backend that `settings.backend` names; a network runs on `device`, when not given on the CPU."""
    backend: Backend = resolve_name(BACKENDS[settings.backend])(settings)
    if device is not None and isinstance(backend, Network):
        backend.use(device)
    return backend


def people_of(backend: Backend, frames: Sequence[Frame], hints: Sequence[Sequence[Hint]]) -> list[list[Joints]]:
    """As `Backend.people`, of several frames of one video: at once by a network, otherwise one after the other."""
    if isinstance(backend, Network):
        return backend.people_of(frames, hints)
    return [backend.people(frame, its) for frame, its in zip(frames, hints, strict=True)]
