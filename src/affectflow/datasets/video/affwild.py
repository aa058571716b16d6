"""Aff-Wild on disk."""

from collections.abc import Sequence
from pathlib import Path

from affectflow.config.data.corpora import AffWildCorpus
from affectflow.core.errors import InputError
from affectflow.core.tracks import TrackName
from affectflow.datasets.video.annotated import Clip, by_hash, check_found, check_tracks, kept, listing_of
from affectflow.datasets.video.listing import Listing, find_videos
from affectflow.datasets.video.video_names import left


def list_affwild(corpus: AffWildCorpus, tracks: Sequence[TrackName]) -> dict[TrackName, Listing]:
    """The videos of `videos/train` and `videos/test`; those of the first have `<video>.txt` in both folders of labels.

    A part of the training videos validates. A training video without labels is left out and named in `unused`.

    Raises:
        InputError: a folder is missing, a video is in both, labels are without a video or of one target alone.
    """
    check_tracks(tracks, "va", corpus.name)
    others: list[str] = []
    files = {name: find_videos(corpus.root / "videos" / name, others) for name in ("train", "test")}
    if both := sorted(files["train"].keys() & files["test"].keys()):
        raise InputError(
            f"{files['train'][both[0]]} and {files['test'][both[0]]}: one video in both splits; remove one"
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
    clips = kept([*train, *(Clip(name, path, name, ()) for name, path in files["test"].items())], corpus.exclude)
    trained = [clip.video for clip in clips if clip.labels]
    if unknown := sorted(set(corpus.validation) - set(trained)):
        raise InputError(f"corpus.validation: {', '.join(unknown)} is no training video with labels")
    validated = corpus.validation or by_hash(trained)[: round(len(trained) * corpus.validation_share)]
    splits = {clip.video: "test" for clip in clips} | dict.fromkeys(trained, "train")
    splits |= dict.fromkeys(validated, "validation")
    return dict.fromkeys(tracks, listing_of(clips, splits, corpus.exclude, unused, left(others)))


def _labels(folder: Path) -> dict[str, Path]:
    if not folder.is_dir():
        raise InputError(f"{folder}: no such folder; expected <video>.txt, one value a line, for each training video")
    return {path.stem: path for path in sorted(folder.glob("*.txt")) if not path.name.startswith(".")}
