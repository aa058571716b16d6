"""Write the demo corpus."""

from functools import partial

from affectflow.config.data.corpora import DemoCorpus
from affectflow.datasets.video.demo_clips import SPLITS, Clip, plan
from affectflow.synthetic.film import Progress, film, shoot
from affectflow.synthetic.labels import annotate, write_lists
from affectflow.synthetic.portrait import Portrait, load_portrait
from affectflow.synthetic.signals import Affect, affect


def make_demo(corpus: DemoCorpus, progress: Progress | None = None, ffmpeg: str = "packaged") -> None:
    """Write every file of `expected_files(corpus)` under `corpus.root`, each whole or not at all.

    The same settings give the same bytes with the same versions of the packages and of `ffmpeg` (`decode.ffmpeg`).

    Raises:
        InputError: ffmpeg fails or the disk is full.
    """
    clips = plan(corpus)
    portrait = load_portrait()
    write_lists(corpus, clips)
    shoot([partial(_make, corpus, clip, portrait, ffmpeg) for clip in clips], progress)


def affects(corpus: DemoCorpus, clip: Clip) -> list[Affect]:
    """The affect of each actor of a clip, from left to right."""
    size = corpus.subjects[SPLITS.index(clip.split)]
    return [affect(corpus.seed, clip.split, actor, size) for actor in clip.actors]


def _make(corpus: DemoCorpus, clip: Clip, portrait: Portrait, ffmpeg: str) -> None:
    """Write a clip's video and labels."""
    actor_affects = affects(corpus, clip)
    film(corpus, clip, actor_affects, portrait, ffmpeg)
    for actor, actor_affect in zip(clip.actors, actor_affects, strict=True):
        annotate(corpus, clip, actor, actor_affect)
