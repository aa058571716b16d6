"""What preprocessing jobs handle: the videos of a shard, and where these come from."""

from dataclasses import dataclass
from functools import cache, cached_property
from pathlib import Path

from affectflow.core.errors import InputError
from affectflow.datasets.video.shard import Video
from affectflow.workflow.names import literal
from affectflow.workflow.plan.plan import Plan
from affectflow.workflow.plan.text import long_text


@dataclass(frozen=True)
class ShardPlan:
    """A shard."""

    plan: Plan
    shard: str

    @cached_property
    def videos(self) -> tuple[Video, ...]:
        """Its videos.

        Raises:
            InputError: the corpus has no such shard.
        """
        shards, layout = self.plan.shards, self.plan.layout
        if self.shard not in shards:
            raise InputError(
                f"{self.shard}: no shard of corpus {layout.corpus}, which has {len(shards)}; see {layout.work}/"
            )
        return shards[self.shard]

    @property
    def sources(self) -> list[str]:
        """Media files and folders of pictures that lie here; a job fetches those in storage by itself, and knows them
        by their ETag."""
        return [literal(video.path) for video in self.videos if isinstance(video.path, Path)]

    def text(self, subjects: bool = True, source: bool = False) -> str:
        """What its jobs handle, as text."""
        return _text(self.videos, subjects, source)

    @property
    def official_faces(self) -> list[str]:
        """Folders of the organisers' aligned faces."""
        corpus = self.plan.run.corpus
        folder = getattr(corpus, "root", Path()) / getattr(corpus, "cropped_aligned", "")
        return [literal(folder / subject.subject) for video in self.videos for subject in video.subjects]

    @property
    def openpose_folders(self) -> list[str]:
        """Folders of the joints that the OpenPose program wrote.

        Raises:
            InputError: there is none of a video.
        """
        # Imported here: most starts end without it.
        from affectflow.preprocessing.body.openpose_json import json_folder

        root = Path(str(self.plan.run.body.openpose_json))
        return [literal(json_folder(root, video)) for video in self.videos]


@cache
def _text(videos: tuple[Video, ...], subjects: bool, source: bool) -> str:
    return long_text([video.to_json(subjects, source) for video in videos])
