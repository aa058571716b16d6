"""Aff-Wild on disk."""

from collections.abc import Sequence
from pathlib import Path

from affectflow.config.data.corpora import AffWildCorpus
from affectflow.core.errors import InputError
from affectflow.core.tracks import TrackName
from affectflow.datasets.video.annotated import Clip, by_hash, check_found, check_tracks, drop_excluded, listing_of
from affectflow.datasets.video.listing import Listing, find_videos
from affectflow.datasets.video.video_names import describe_non_videos


def list_affwild(corpus: AffWildCorpus, tracks: Sequence[TrackName]) -> dict[TrackName, Listing]:
    """The videos of `videos/train` and `videos/test`; those of the first have `<video>.txt` in both folders of labels.

    A part of the training videos validates. A training video without labels is left out and named in `unused`.

    Raises:
        InputError: a folder is missing, a video is in both, labels are without a video or of one target alone.
    """
    check_tracks(tracks, "va", corpus.name)
    non_videos: list[str] = []
    files = {name: find_videos(corpus.root / "videos" / name, non_videos) for name in ("train", "test")}
    if duplicates := sorted(files["train"].keys() & files["test"].keys()):
        raise InputError(
            f"{files['train'][duplicates[0]]} and {files['test'][duplicates[0]]}: one video in both splits; remove one"
        )
    labels = {target: _labels(corpus.root / "annotations" / "train" / target) for target in ("valence", "arousal")}
    folder = corpus.root / "annotations" / "train"
    check_found(f"{folder}: labels of one target alone", sorted(labels["valence"].keys() ^ labels["arousal"].keys()))
    check_found(f"{corpus.root / 'videos'}: no video", sorted(labels["valence"].keys() - files["train"].keys()))
    unused = tuple(path for name, path in files["train"].items() if name not in labels["valence"])
    train = [
        Clip(name, files["train"][name], name, (labels["valence"][name], labels["arousal"][name]))
        for name in sorted(labels["valence"])
    ]
    clips = drop_excluded(
        [*train, *(Clip(name, path, name, ()) for name, path in files["test"].items())], corpus.exclude
    )
    training_videos = [clip.video for clip in clips if clip.labels]
    if unknown := sorted(set(corpus.validation) - set(training_videos)):
        raise InputError(f"corpus.validation: {', '.join(unknown)} is no training video with labels")
    validation_videos = (
        corpus.validation or by_hash(training_videos)[: round(len(training_videos) * corpus.validation_share)]
    )
    splits = {clip.video: "test" for clip in clips} | dict.fromkeys(training_videos, "train")
    splits |= dict.fromkeys(validation_videos, "validation")
    return dict.fromkeys(tracks, listing_of(clips, splits, corpus.exclude, unused, describe_non_videos(non_videos)))


def _labels(folder: Path) -> dict[str, Path]:
    if not folder.is_dir():
        raise InputError(f"{folder}: no such folder; expected <video>.txt, one value a line, for each training video")
    return {path.stem: path for path in sorted(folder.glob("*.txt")) if not path.name.startswith(".")}
