"""The demo corpus as the workflow lists it: from its plan, so also before it is made."""

from affectflow.config.data.corpora import DemoCorpus
from affectflow.core.tracks import TrackName
from affectflow.datasets.video.demo_clips import label_folder, label_path, list_path, plan, sample_path
from affectflow.datasets.video.listing import Listing
from affectflow.datasets.video.shard import Subject, Video


def list_demo(corpus: DemoCorpus, track: TrackName) -> Listing:
    """The listing that `list_affwild2` gives of the demo corpus once it is made, and its held-out labels."""
    clips = plan(corpus)
    annotated = {
        actor.subject: (corpus.root / label_path(track, clip, actor),)
        for clip in clips
        for actor in clip.actors
        if clip.split != "test"
    }
    videos = (
        Video(
            clip.video,
            corpus.root / clip.path,
            tuple(sorted((Subject(actor.subject, actor.side) for actor in clip.actors), key=lambda s: s.subject)),
        )
        for clip in clips
    )
    return Listing(
        videos=tuple(sorted(videos, key=lambda video: video.video)),
        splits={actor.subject: clip.split for clip in clips for actor in clip.actors},
        labels=dict(sorted(annotated.items())),
        test_list=corpus.root / list_path(track),
        sample=corpus.root / sample_path(track),
        held_out=corpus.root / label_folder(track, "test"),
    )
