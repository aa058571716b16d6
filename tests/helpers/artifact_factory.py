"""Writes small artifacts of a corpus, of the real schemas and with real JPEGs, for tests of what reads them.

Valence shows as the brightness of the face and the red of the scene, arousal as the level of the spectrogram and the
blue of the scene, so that a small network can learn both.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import cv2
import numpy as np

from affectflow.artifacts.schemas import BODY, FACES, FRAMES, MANIFEST, labels_schema
from affectflow.artifacts.tables import arrow_writer, write_parquet
from affectflow.config.data.preprocessing import Resize
from affectflow.core.tracks import track_of
from affectflow.preprocessing.audio.window import MelForm
from affectflow.preprocessing.media.resize import resize_shard

WIDTH, HEIGHT, FACE, BANDS, HOP, SILENCE = 64, 48, 32, 16, 0.02, -3.0
SIZES = (32, 48, 112)
"""In which networks read whole frames."""
BOX = (16.0, 12.0, 48.0, 40.0)
ANCHORS = np.array([[25, 20], [35, 21], [30, 25], [26, 30], [34, 30]], np.float32)


@dataclass(frozen=True)
class Person:
    """A subject with its own video, unless `video` names one that another subject has too."""

    subject: str
    split: str
    frames: int = 40
    video: str | None = None
    shard: str | None = None
    rows: int | None = None
    no_face: frozenset[int] = frozenset()
    no_body: frozenset[int] = frozenset()
    unannotated: frozenset[int] = frozenset()
    sound: bool = True
    marks: bool = False
    """Whether the 68 landmarks are known."""
    seed: int = field(default=0)

    @property
    def file(self) -> str:
        return self.video or self.subject

    @property
    def place(self) -> str:
        return self.shard or self.file

    def affect(self) -> np.ndarray:
        """Valence and arousal of every frame, shape (frames, 2)."""
        phase = np.random.default_rng((self.seed, len(self.subject), *self.subject.encode())).uniform(0, 6.28, 2)
        time = np.arange(self.frames)[:, None]
        return (0.8 * np.sin(time / np.array([7.0, 11.0]) + phase)).astype(np.float32)


def jpeg(picture: np.ndarray) -> bytes:
    """RGB (height, width, 3) as JPEG."""
    success, data = cv2.imencode(".jpg", picture[:, :, ::-1], [cv2.IMWRITE_JPEG_QUALITY, 95])
    assert success
    return data.tobytes()


def level(value: float) -> int:
    """[-1, 1] to [20, 235]."""
    return round(127.5 + 107.5 * float(value))


def frame_picture(valence: float, arousal: float) -> np.ndarray:
    """A scene around a grey person who fills BOX."""
    picture = np.zeros((HEIGHT, WIDTH, 3), np.uint8)
    picture[:] = (level(valence), 60, level(arousal))
    left, top, right, bottom = (int(edge) for edge in BOX)
    picture[top:bottom, left:right] = 128
    return picture


def face_picture(valence: float) -> np.ndarray:
    return np.full((FACE, FACE, 3), level(valence), np.uint8)


def landmarks(frame: int) -> np.ndarray:
    """68 points in the face's box that move with the frame, shape (68, 2)."""
    points = np.random.default_rng(frame).uniform((20, 14), (40, 34), (68, 2))
    return points.astype(np.float32)


def make_corpus(root: Path, people: Sequence[Person]) -> tuple[Path, Path, Path]:
    """Write a corpus' artifacts below `root`.

    Returns:
        Paths of the manifest, of the labels and of the work folder.
    """
    work = root / "work"
    shards: dict[str, list[Person]] = {}
    for person in people:
        shards.setdefault(person.place, []).append(person)
    for shard, members in shards.items():
        _write_shard(work, shard, members)
    manifest, labels = work / "manifest.parquet", work / "labels.parquet"
    write_parquet(manifest, [_manifest_row(person) for person in people], MANIFEST)
    write_parquet(labels, [row for person in people for row in _label_rows(person)], labels_schema(track_of("va")))
    return manifest, labels, work


def _manifest_row(person: Person) -> dict[str, Any]:
    rows = person.frames if person.rows is None else person.rows
    return {
        "subject": person.subject,
        "video": person.file,
        "shard": person.place,
        "split": person.split,
        "path": f"{person.file}.mp4",
        "digest": "0" * 64,
        "frames": person.frames,
        "rows": rows,
        "difference": person.frames - rows,
        "rate": 15.0,
        "width": WIDTH,
        "height": HEIGHT,
        "has_audio": person.sound,
        "damaged": 0,
    }


def _label_rows(person: Person) -> list[dict[str, Any]]:
    affect = person.affect()
    count = person.frames if person.rows is None else person.rows
    rows = []
    for frame in range(count):
        annotated = frame not in person.unannotated
        values = affect[min(frame, person.frames - 1)]
        rows.append(
            {
                "subject": person.subject,
                "frame": frame,
                "valence": float(values[0]) if annotated else None,
                "arousal": float(values[1]) if annotated else None,
            }
        )
    return rows


def _write_shard(work: Path, shard: str, members: list[Person]) -> None:
    videos = {person.file: person for person in reversed(members)}
    ordered = [person for name, person in sorted(videos.items())]
    with arrow_writer(work / f"frames/{shard}.arrow", FRAMES) as out:
        for person in ordered:
            for frame, (valence, arousal) in enumerate(person.affect()):
                picture = jpeg(frame_picture(valence, arousal))
                out.append({"video": person.file, "frame": frame, "time": frame / 15, "jpeg": picture})
    for size in SIZES:
        resize_shard(work / f"frames/{shard}.arrow", size, Resize(), work / f"resized/{size}/{shard}.arrow")
    with arrow_writer(work / f"mel/{shard}.arrow", MelForm(BANDS, HOP, SILENCE).schema()) as out:
        for person in ordered:
            if person.sound:
                out.append(_mel_row(person))
    with arrow_writer(work / f"faces/{shard}.arrow", FACES) as out:
        for person in members:
            for frame, (valence, _) in enumerate(person.affect()):
                out.append(_face_row(person, frame, valence))
    rows = [_body_row(person, frame) for person in members for frame in range(person.frames)]
    write_parquet(work / f"body/{shard}.parquet", rows, BODY)


def _mel_row(person: Person) -> dict[str, Any]:
    times = np.arange(0, person.frames / 15, HOP)
    arousal = np.interp(times, np.arange(person.frames) / 15, person.affect()[:, 1])
    values = np.repeat(arousal[:, None], BANDS, axis=1).astype(np.float32)
    return {
        "video": person.file,
        "start": 0.0,
        "hop": HOP,
        "bands": BANDS,
        "column": 0,
        "values": values.ravel(),
    }


def _face_row(person: Person, frame: int, valence: float) -> dict[str, Any]:
    if frame in person.no_face:
        empty = dict.fromkeys(("shot", "score", "box", "landmarks", "anchors", "face"))
        return {"subject": person.subject, "frame": frame, "found": False} | empty
    return {
        "subject": person.subject,
        "frame": frame,
        "shot": 0,
        "found": True,
        "score": 0.9,
        "box": np.array([20, 14, 40, 34], np.float32),
        "landmarks": landmarks(frame).ravel() if person.marks else None,
        "anchors": ANCHORS.ravel(),
        "face": jpeg(face_picture(valence)),
    }


def _body_row(person: Person, frame: int) -> dict[str, Any]:
    detected = frame not in person.no_body
    return {
        "subject": person.subject,
        "frame": frame,
        "found": detected,
        "joints": [0.0] * 75,
        "box": list(BOX) if detected else None,
    }
