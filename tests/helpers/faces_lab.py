"""Faces of videos by the library's two stages, in one process."""

from collections.abc import Sequence
from pathlib import Path

from affectflow.config.data.preprocessing import Faces
from affectflow.datasets.video.shard import Video
from affectflow.preprocessing.face.align import align_shard
from affectflow.preprocessing.face.people import find_people_shard


def find_and_align(frames: Path, videos: Sequence[Video], settings: Faces, out: Path) -> Path:
    """Write the faces of frames to `out`, people and shots beside it: `<out>.people`, `<out>.shots`."""
    people, shots = found_beside(out)
    find_people_shard(frames, videos, settings, people, shots)
    align_shard(frames, people, shots, videos, settings, out)
    return out


def found_beside(out: Path) -> tuple[Path, Path]:
    """Where `find_and_align` writes people and shots."""
    return out.with_name(f"{out.name}.people"), out.with_name(f"{out.name}.shots")
