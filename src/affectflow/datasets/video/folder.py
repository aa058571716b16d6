"""Any folder of videos, here or in storage, for prediction."""

from affectflow.config.data.corpora import FolderCorpus
from affectflow.core.errors import InputError
from affectflow.datasets.video.listing import Listing, videos_at
from affectflow.datasets.video.shard import Subject, Video
from affectflow.datasets.video.video_names import describe_non_videos


def list_folder(corpus: FolderCorpus) -> Listing:
    """Every video under the folder, each with one subject of its name, all in the test split.

    Raises:
        InputError: the folder is missing or holds no video.
    """
    non_videos: list[str] = []
    files = videos_at(corpus.root, non_videos)
    if not files:
        raise InputError("; ".join([f"{corpus.root}: no video in it or below it", *describe_non_videos(non_videos)]))
    return Listing(
        videos=tuple(Video(name, path, (Subject(name),)) for name, path in files.items()),
        splits=dict.fromkeys(files, "test"),
        labels={},
        remarks=tuple(describe_non_videos(non_videos)),
    )
