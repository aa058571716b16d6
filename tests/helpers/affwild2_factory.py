"""Tiny copies of Aff-Wild2 in the organisers' layouts: label files with their headers alone, videos without a byte."""

from pathlib import Path

from affectflow.config.data.corpora import AffWild2Corpus
from affectflow.core.tracks import Release, TrackName, track_of
from affectflow.datasets.video.layout import CHALLENGE_FOLDERS
from affectflow.datasets.video.listing import Listing
from affectflow.datasets.video.registry import list_corpus

ALL: tuple[TrackName, ...] = ("va", "expr", "au")


def make(root: Path, *names: str, edition: Release = "abaw2") -> Path:
    """Files of these names below a folder: label files with the header of their track, others empty."""
    for name in names:
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(f"{header(path.parts, edition)}\n" if path.suffix == ".txt" else "")
    return root


def header(folders: tuple[str, ...], edition: Release) -> str:
    """Of a label file, by the folders that it lies in."""
    tracks = (track for track, names in CHALLENGE_FOLDERS.items() if not set(names).isdisjoint(folders))
    return ",".join(track_of(next(tracks, "va"), edition).header)


def list_tracks(root: Path, *tracks: TrackName, **settings: object) -> dict[TrackName, Listing]:
    return list_corpus(AffWild2Corpus.model_validate({"kind": "affwild2", "root": root, **settings}), tracks)


def write_sample(path: Path, track: TrackName, *subjects: str, edition: Release = "abaw2", value: str = "") -> Path:
    """A sample prediction file: two images of each subject."""
    rows = [f"{subject}/{number:05d}.jpg,{value}" for subject in subjects for number in (1, 2)]
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("\n".join([",".join(("image_location", *track_of(track, edition).header)), *rows]) + "\n")
    return path


def list_va(root: Path, **settings: object) -> Listing:
    return list_tracks(root, "va", **settings)["va"]
