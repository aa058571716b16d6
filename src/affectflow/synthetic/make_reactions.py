"""Write the demo corpus of reactions."""

from functools import partial

import numpy as np

from affectflow.artifacts.atomic import atomic_path
from affectflow.config.data.clip_corpora import HumeDemoCorpus
from affectflow.config.data.corpora import DemoCorpus
from affectflow.core.generators import Array, generator
from affectflow.core.tracks import track_of
from affectflow.datasets.video.demo_clips import CLOCK, SPLITS, frame_ticks
from affectflow.datasets.video.demo_reactions import Reaction, plan_reactions
from affectflow.synthetic.film import Progress, film, shoot
from affectflow.synthetic.portrait import Portrait, load_portrait
from affectflow.synthetic.reaction_plane import CENTRES, intensities
from affectflow.synthetic.reaction_tables import write_tables
from affectflow.synthetic.signals import Affect, affect

SPREAD = 0.15
"""Standard deviation of a path's centre around that of a reaction, in valence and in arousal."""


def make_reactions(corpus: HumeDemoCorpus, progress: Progress | None = None, ffmpeg: str = "packaged") -> None:
    """Write every file of `reaction_files(corpus)` under `corpus.root`, each whole or not at all.

    The same settings give the same bytes with the same versions of the packages and of `ffmpeg` (`decode.ffmpeg`).

    Raises:
        InputError: ffmpeg fails or the disk is full.
    """
    reactions = plan_reactions(corpus)
    write_tables(corpus, {reaction: reaction_intensities(corpus, reaction) for reaction in reactions})
    portrait = load_portrait()
    shoot(
        [partial(_make, corpus, reaction, portrait, ffmpeg) for reaction in reactions if not reaction.listed_only],
        progress,
    )


def reaction_affect(corpus: HumeDemoCorpus, reaction: Reaction) -> Affect:
    """The affect of the person of a clip: around the centre of each reaction in turn."""
    (actor,), split = reaction.clip.actors, reaction.clip.split
    centre = np.array(list(CENTRES.values())[actor.number % len(CENTRES)])
    centre = np.clip(centre + generator(corpus.seed, "centre", actor.subject).normal(0, SPREAD, 2), -0.9, 0.9)
    return affect(corpus.seed, split, actor, corpus.clips[SPLITS.index(split)], (float(centre[0]), float(centre[1])))


def reaction_intensities(corpus: HumeDemoCorpus, reaction: Reaction) -> Array:
    """The intensities of a clip, shape (reactions,), in the order of the track's targets."""
    time = np.array(frame_ticks(_film_settings(corpus, reaction), reaction.clip)) / CLOCK
    return intensities(reaction_affect(corpus, reaction).path(time), track_of("eri").targets)


def _make(corpus: HumeDemoCorpus, reaction: Reaction, portrait: Portrait, ffmpeg: str) -> None:
    film(_film_settings(corpus, reaction), reaction.clip, [reaction_affect(corpus, reaction)], portrait, ffmpeg)
    if reaction.unreadable:
        path = corpus.root / reaction.clip.path
        content = path.read_bytes()
        with atomic_path(path) as temporary:
            temporary.write_bytes(content[: len(content) // 2])


def _film_settings(corpus: HumeDemoCorpus, reaction: Reaction) -> DemoCorpus:
    shared = {name: getattr(corpus, name) for name in ("root", "seed", "rate", "width", "height")}
    return DemoCorpus(kind="demo", seconds=reaction.seconds, **shared)
