"""What the settings of all networks share that read frozen features alone."""

from typing import ClassVar

from affectflow.config.base import Settings

Streams = tuple[str, ...]


class OnFeatures(Settings):
    """A network without a CNN; its weights are those of one branch as a whole."""

    PART: ClassVar[str] = "part"

    def backbones(self, streams: Streams) -> dict[str, tuple[str, int]]:
        """As of `CnnRnn`: there is none."""
        return {}

    def parts(self, streams: Streams) -> Streams:
        """What `init` can name: all of it."""
        return ("all",)

    @property
    def recurrent(self) -> bool:
        """As of `CnnRnn`."""
        return True
