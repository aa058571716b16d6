"""Tiny copies of corpora of videos, in exactly their layouts; every frame shows its own number."""

import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from media_factory import clip, ffmpeg, numbered_pictures
from pydantic import TypeAdapter

from affectflow.config.data.corpora import Corpus
from affectflow.core.tracks import TrackName
from affectflow.datasets.video.listing import Listing
from affectflow.datasets.video.registry import list_corpus

DISFA_UNITS = (1, 2, 4, 5, 6, 9, 12, 15, 17, 20, 25, 26)
BP4D_UNITS = (1, 2, 4, 5, 6, 7, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 22, 23, 24, 27, 28)

TRACKS: dict[str, TrackName] = {"affwild": "va", "afewva": "va", "disfa": "au", "bp4d": "au"}
VIDEOS = tuple(f"{n:03d}" for n in range(1, 11))
PEOPLE = tuple(f"SN{n:03d}" for n in range(1, 11))
TASKS = tuple(f"F{n:03d}_T{task}" for n in range(1, 6) for task in (1, 6))


def pictures(folder: Path, count: int, first: int = 0, digits: int = 5, suffix: str = ".png") -> Path:
    """A folder of numbered pictures, the first of which shows 0."""
    folder.mkdir(parents=True, exist_ok=True)
    form = "yuvj444p" if suffix == ".jpg" else "rgb24"
    raw = ("-f", "rawvideo", "-pix_fmt", "gray", "-s", "160x120", "-i", "pipe:0", "-start_number", first)
    out = str(folder).replace("%", "%%") + f"/%0{digits}d{suffix}"
    ffmpeg(*raw, "-q:v", 2, "-pix_fmt", form, out, pictures=numbered_pictures(count))
    return folder


def write(path: Path, text: str) -> Path:
    """A text file with the folders above it; line ends as given."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(text.encode())
    return path


def empty(path: Path) -> Path:
    """A file whose name is all that a listing asks for."""
    return write(path, "")


def affwild(root: Path, train: Iterable[str], test: Iterable[str] = (), frames: int = 4, media: bool = False) -> Path:
    """Aff-Wild: valence of frame n is n / 10, arousal -n / 10."""
    for split, names in (("train", train), ("test", test)):
        (root / "videos" / split).mkdir(parents=True, exist_ok=True)
        for name in names:
            path = root / "videos" / split / f"{name}.mp4"
            clip(path, count=frames) if media else empty(path)
            if split == "train":
                for target, sign in (("valence", 1), ("arousal", -1)):
                    lines = "".join(f"{sign * n / 10}\n" for n in range(frames))
                    write(root / "annotations" / "train" / target / f"{name}.txt", lines)
    return root


def afewva(root: Path, names: Iterable[str], frames: int = 4, media: bool = False) -> Path:
    """AFEW-VA: valence of frame n is n, arousal -n, of 10."""
    for name in names:
        if media:
            pictures(root / name, frames)
        annotations = {
            f"{n:05d}": {"landmarks": [[1.0, 2.0]] * 68, "valence": float(n), "arousal": -n} for n in range(frames)
        }
        write(root / name / f"{name}.json", json.dumps({"video_id": name, "frames": annotations, "actor": "somebody"}))
    return root


def disfa(root: Path, people: Iterable[str], frames: int = 6, media: bool = False) -> Path:
    """DISFA: the intensity of every unit in frame n (from 1) is n - 1."""
    for person in people:
        for side, ending in (("Left", "comp"), ("Right", "Comp")):
            path = empty(root / f"Video_{side}Camera" / f"{side}Video{person}_{ending}.avi")
            if media:
                clip(path, count=frames)
        for unit in DISFA_UNITS:
            lines = "".join(f"{n},{n - 1}\r\n" for n in range(1, frames + 1))
            write(root / "ActionUnit_Labels" / person / f"{person}_au{unit}.txt", lines)
    return root


def bp4d(root: Path, videos: Iterable[str], frames: int = 8, media: bool = False, below: str = "2D+3D") -> Path:
    """BP4D: frames 3 to 5 are coded; AU6 is shown in the fourth, unknown in the fifth."""
    for video in videos:
        person, task = video.split("_")
        folder = root / below / person / task
        folder.mkdir(parents=True, exist_ok=True)
        if media:
            pictures(folder, frames, digits=4, suffix=".jpg")
        rows = [[3, *(0 for _ in BP4D_UNITS)]]
        rows += [[n, *(code if unit == 6 else 0 for unit in BP4D_UNITS)] for n, code in ((4, 1), (5, 9))]
        lines = [[0, *BP4D_UNITS], *rows]
        text = "".join(",".join(map(str, line)) + "\n" for line in lines)
        write(root / "AUCoding" / "AU_OCC" / f"{video}.csv", text)
    return root


def corpus(kind: str, root: Path, **settings: Any) -> Corpus:
    """Settings of a corpus."""
    validated: Corpus = TypeAdapter(Corpus).validate_python({"kind": kind, "root": root, **settings})
    return validated


def list_track(kind: str, root: Path, **settings: Any) -> Listing:
    """What the one track of a corpus has."""
    return list_corpus(corpus(kind, root, **settings), [TRACKS[kind]])[TRACKS[kind]]
