"""What a shard's job had decoded when one of its videos failed: the next try need not decode it again."""

import json
import shutil
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from affectflow.artifacts.atomic import write_text
from affectflow.artifacts.digest import path_digest
from affectflow.artifacts.schemas import FRAMES, SOUND
from affectflow.artifacts.tables import ArrowAppender, MappedArrow, spans

Row = dict[str, Any]


class Kept:
    """Decoded videos in a folder of one job's own.

    Args:
        folder: where they are; there is none after a job that ended well.
        version: of code and settings; what another one decoded is not taken.
    """

    def __init__(self, folder: Path, version: str) -> None:
        self._folder, self._version = folder, version
        self._videos: dict[str, Row] = {}
        if (folder / "kept.json").is_file():
            content = json.loads((folder / "kept.json").read_text(encoding="utf-8"))
            if content["version"] == version:
                self._videos = {row["video"]: row for row in content["videos"]}
                self._frames = MappedArrow(folder / "frames.arrow", FRAMES)
                self._sound = MappedArrow(folder / "sound.arrow", SOUND)

    def take(self, video: str, path: str, file: Path, frames: ArrowAppender, sound: ArrowAppender) -> Row | None:
        """Append what is kept of a video, and give its row of VIDEOS; None where nothing, or another file's, is.

        Args:
            video: its name.
            path: where it lies.
            file: its bytes, or its folder of pictures.
            frames, sound: where its rows go.
        """
        row = self._videos.get(video)
        if row is None or row["path"] != path or row["digest"] != path_digest(file):
            return None
        # Row by row, as they came first, so that the bytes are those of a job without failures.
        for stored_row in _rows(self._frames, video, "jpeg"):
            frames.append(stored_row)
        for stored_row in _rows(self._sound, video, "samples"):
            sound.append(stored_row)
        return row

    def keep(self, videos: Sequence[Row], frames: Path, sound: Path) -> None:
        """Keep the videos of these rows of VIDEOS; `frames` and `sound`, which may hold others too, are moved."""
        self.clear()
        self._folder.mkdir(parents=True)
        shutil.move(frames, self._folder / "frames.arrow")
        shutil.move(sound, self._folder / "sound.arrow")
        content = {"version": self._version, "videos": videos}
        write_text(self._folder / "kept.json", json.dumps(content), recorded=False)

    def clear(self) -> None:
        """Remove all that is kept."""
        shutil.rmtree(self._folder, ignore_errors=True)


def _rows(file: MappedArrow, video: str, large: str) -> Iterator[Row]:
    """A video's rows; the values of the column `large` are read one at a time."""
    rows = spans(file.table.column("video")).get(video, slice(0, 0))
    small = file.table.drop_columns([large]).slice(rows.start, rows.stop - rows.start).to_pylist()
    for number, row in enumerate(small, rows.start):
        if large == "jpeg":
            yield row | {large: bytes(file.value(large, number) or b"")}
        else:
            yield row | {large: file.table.column(large)[number].values.to_numpy()}
