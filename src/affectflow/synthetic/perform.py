"""One actor's clip as a series of expressions, postures and clipboard positions."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from affectflow.config.data.corpora import DemoCorpus
from affectflow.core.generators import Array, generator
from affectflow.datasets.video.demo_clips import Actor
from affectflow.synthetic.cover import LOWERED, clipboard, drops
from affectflow.synthetic.expression import Expression, Face
from affectflow.synthetic.portrait import ZOOM, Portrait, dress
from affectflow.synthetic.posture import BOTTOM, PIVOT, TOP, Posture, Stage
from affectflow.synthetic.signals import Affect
from affectflow.synthetic.voice import syllables

HIDDEN_SHARE = 0.105
"""Part of each clip in which the clipboard hides the face."""

# Plain cloth on the portrait, for the colour of the sleeve that holds the clipboard.
_SLEEVE = np.s_[300 * ZOOM : 340 * ZOOM, 62 * ZOOM : 100 * ZOOM, :3]

HUES = (0, 95, 15, 112, 84, 170)
"""Turns of the suit's hue, of 180."""


@dataclass(frozen=True)
class Performance:
    """Everything that one actor does, frame by frame."""

    face: Face
    expressions: list[Expression]
    postures: list[Posture]
    board: NDArray[np.uint8]
    drops: Array
    """(frames,), in portrait pixels below the raised place; 0 hides the face."""

    def draw(self, picture: NDArray[np.uint8], stage: Stage, frame: int) -> None:
        """Draw the actor into `picture`."""
        posture = self.postures[frame]
        stage.put(picture, self.face.show(self.expressions[frame]), posture)
        if self.drops[frame] < LOWERED:
            stage.put_rigid(picture, self.board, posture, float(self.drops[frame]))


def hidden_span(corpus: DemoCorpus, actor: Actor) -> tuple[float, float]:
    """First and last second in which the face of `actor` is hidden."""
    length = HIDDEN_SHARE * corpus.seconds
    start = generator(corpus.seed, "hidden", actor.subject).uniform(0.1, 0.9 - HIDDEN_SHARE) * corpus.seconds
    return start, start + length


def perform(corpus: DemoCorpus, portrait: Portrait, actor: Actor, affect: Affect, time: Array) -> Performance:
    """What `actor` does at the frame times `time` (frames,), in s."""
    rng = generator(corpus.seed, "look", actor.subject)
    hue = HUES[int(rng.integers(len(HUES)))]
    person = dress(portrait, hue, float(rng.uniform(-0.07, 0.07)))
    sleeve = np.median(person.rgba[_SLEEVE], axis=(0, 1))
    return Performance(
        Face(person),
        _expressions(affect, time, generator(corpus.seed, "face", actor.subject)),
        _postures(corpus, actor, affect, time, rng),
        clipboard((int(sleeve[0]), int(sleeve[1]), int(sleeve[2]))),
        drops(time, *hidden_span(corpus, actor)),
    )


def _expressions(affect: Affect, time: Array, rng: np.random.Generator) -> list[Expression]:
    """Smile with valence; open mouth, wide eyes and raised brows with arousal; speech and blinks on top."""
    valence, arousal = affect.observed("face", time).T
    fine = np.arange(0, time[-1] + 0.02, 0.01)
    voiced = np.interp(time, fine, syllables(fine, affect.observed("voice", fine)[:, 1]))
    return face_expressions(valence, arousal, voiced, _blinks(time, rng))


def face_expressions(
    valence: Array, arousal: Array, voiced: Array | float = 0.5, closed: Array | float = 0.0
) -> list[Expression]:
    """Expressions of a face that shows `valence` and `arousal` (n,).

    Args:
        valence: about -1 to 1.
        arousal: about -1 to 1.
        voiced: loudness of speech, 0 to 1; a still face is as open as one that speaks is on average.
        closed: how closed the eyes are by a blink, 0 to 1.
    """
    mouth = np.clip(0.36 + 0.34 * arousal + 0.10 * (voiced - 0.5), 0, 1)
    eyes = np.clip(0.95 + 0.40 * arousal, 0.4, 1.5) * (1 - closed)
    return [Expression(*map(float, e)) for e in zip(valence, mouth, eyes, arousal, strict=True)]


def _blinks(time: Array, rng: np.random.Generator) -> Array:
    """How closed the eyes are, 0 to 1, (frames,): a blink of a fifth of a second about every three."""
    moments = np.cumsum(rng.uniform(1.8, 4.5, 2 + int(time[-1] / 1.8)))
    distance = np.abs(time[:, None] - moments).min(axis=1)
    return np.clip(1.3 - distance / 0.1, 0, 1)


def _postures(corpus: DemoCorpus, actor: Actor, affect: Affect, time: Array, rng: np.random.Generator) -> list[Posture]:
    """Sway, tilt and leaning in with arousal; an upright, open body with valence."""
    fine = np.arange(0, time[-1] + 0.02, 0.01)
    rate = 0.35 * 2 ** (1.2 * affect.observed("body", fine)[:, 1])
    phase = np.interp(time, fine, 2 * np.pi * np.cumsum(rate) * 0.01) + rng.uniform(0, 2 * np.pi)
    valence, arousal = affect.observed("body", time).T
    vigour = 0.55 + 0.4 * np.clip(arousal, -1.2, 1.5)

    unit = corpus.height / 360
    pair = actor.side != "only"
    base = rng.uniform(0.62, 0.66) if pair else rng.uniform(0.78, 0.86)
    scale = unit * base * (1 + 0.085 * arousal)
    centre = {"left": 0.26, "right": 0.74, "only": 0.5 + rng.uniform(-0.06, 0.06)}[actor.side]
    x = corpus.width * centre + unit * (6 if pair else 13) * vigour * np.sin(phase)
    # High enough for the head's top to stay in the picture, low enough for the bottom edge to stay out of it.
    y = max(unit * (36 + (PIVOT[1] - TOP) * base), corpus.height + unit * 18 - (BOTTOM - PIVOT[1]) * scale.min())
    tilt = np.deg2rad(3.0) * vigour * np.sin(phase + 0.6)
    nod = 9 * vigour * np.sin(phase - 0.8)
    mirror = bool(rng.integers(2))
    return [
        Posture(float(x[i]), float(y), float(scale[i]), float(tilt[i]), 11 * v, 0.07 * v, float(nod[i]), mirror)
        for i, v in enumerate(valence.tolist())
    ]
