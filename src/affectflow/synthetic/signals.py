"""The affect of each actor, and what each stream shows of it.

Valence and arousal follow a smooth random path. Each stream (face, body, scene, voice) sees the path through
noise of its own: a constant bias for the clip and a slow wave, so that no stream tells all, averaging over
time does not remove the noise, and streams together tell more than any alone.
"""

from dataclasses import dataclass
from statistics import NormalDist
from typing import Literal

import numpy as np

from affectflow.core.generators import Array, generator
from affectflow.datasets.video.demo_clips import Actor, Split

Stream = Literal["face", "body", "scene", "voice"]

SIGMA: dict[Stream, tuple[float, float]] = {
    "face": (0.30, 0.45),
    "body": (0.60, 0.40),
    "scene": (0.35, 0.60),
    "voice": (0.50, 0.30),
}
"""Standard deviation of each stream's noise in valence and in arousal, before `NOISE`."""

NOISE = 1.15
"""Factor on every `SIGMA`: chosen so that each stream alone falls well short of all together."""

BIAS_SHARE = 0.5
"""Part of the noise's variance that is constant over a clip."""

CENTRES = ((0.5, 0.5), (0.0, 0.0), (-0.5, -0.5), (-0.5, 0.5), (0.0, 0.0), (0.5, -0.5))
"""Centres of the paths, cycled within a split so that each split covers all four quadrants.

The first two belong to a pair that shares a room and a sound track, so they are not opposites.
"""

SWING = 0.38
"""Amplitude of a path around its centre."""


@dataclass(frozen=True)
class Waves:
    """A sum of sinusoids, one set for valence and one for arousal."""

    amplitude: Array
    """(waves,)"""
    frequency: Array
    """(2, waves), in Hz."""
    phase: Array
    """(2, waves), in radians."""

    @classmethod
    def random(cls, rng: np.random.Generator, periods: tuple[tuple[float, float], ...]) -> "Waves":
        """Waves of unit variance, one for each range of periods (s)."""
        amplitude = np.full(len(periods), np.sqrt(2 / len(periods)))
        frequency = 1 / np.stack([[rng.uniform(*p) for p in periods] for _ in range(2)])
        return cls(amplitude, frequency, rng.uniform(0, 2 * np.pi, (2, len(periods))))

    def __call__(self, time: Array) -> Array:
        """Values at `time` (n,), in s, as (n, 2)."""
        angle = 2 * np.pi * self.frequency * time[:, None, None] + self.phase
        return (self.amplitude * np.sin(angle)).sum(-1)


@dataclass(frozen=True)
class Affect:
    """Valence and arousal of one actor, as they are and as each stream shows them."""

    centre: Array
    path_waves: Waves
    noise_waves: dict[Stream, Waves]
    bias: dict[Stream, Array]

    def path(self, time: Array) -> Array:
        """True valence and arousal at `time` (n,), in s, as (n, 2) within [-1, 1]."""
        return np.clip(self.centre + SWING * np.sqrt(0.5) * self.path_waves(time), -1, 1)

    def observed(self, stream: Stream, time: Array) -> Array:
        """What `stream` shows of valence and arousal at `time` (n,), in s, as (n, 2) within [-1.5, 1.5]."""
        noise = np.sqrt(BIAS_SHARE) * self.bias[stream] + np.sqrt(1 - BIAS_SHARE) * self.noise_waves[stream](time)
        return np.clip(self.path(time) + NOISE * np.array(SIGMA[stream]) * noise, -1.5, 1.5)


def affect(seed: int, split: Split, actor: Actor, actors: int, centre: tuple[float, float] | None = None) -> Affect:
    """The affect of an actor among the `actors` of its split, around `centre`, or its own of `CENTRES`."""
    rng = generator(seed, "path", actor.subject)
    return Affect(
        centre=np.array(CENTRES[actor.number % len(CENTRES)] if centre is None else centre),
        path_waves=Waves.random(rng, ((4.0, 6.5), (2.5, 4.0))),
        noise_waves={s: Waves.random(rng, ((3.0, 6.0), (1.8, 3.0))) for s in SIGMA},
        bias={s: _draw_biases(seed, split, s, actors)[actor.number] for s in SIGMA},
    )


def _draw_biases(seed: int, split: Split, stream: Stream, actors: int) -> Array:
    """Biases of all actors of a split (actors, 2): normal quantiles of unit variance in random order.

    Quantiles instead of free draws keep every split's noise at its nominal size, however few its actors.
    """
    if actors == 1:
        return np.zeros((1, 2))
    quantiles = np.array([NormalDist().inv_cdf((i + 0.5) / actors) for i in range(actors)])
    rng = generator(seed, "bias", split, stream)
    return np.stack([rng.permutation(quantiles / quantiles.std()) for _ in range(2)], axis=1)
