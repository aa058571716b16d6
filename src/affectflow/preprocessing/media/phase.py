"""Whether the channels of a sound track cancel each other when they are mixed."""

from pathlib import Path
from typing import Any

import av
import numpy as np

from affectflow.preprocessing.media.mixing import mix_weights
from affectflow.preprocessing.media.opened import open_media
from affectflow.preprocessing.media.tracks import SoundTrack

_LOST = 0.1
"""Share of the channels' own energy below which a mix has lost its sound: 10 dB. What has nothing in common keeps it,
what is alike in two channels has twice as much, and what is opposite in phase nothing."""
_HEARD = 1e-8
"""Mean power of the channels, full scale being 1, below which there is nothing to lose: -80 dB."""


def phase_notes(path: Path, sound: SoundTrack) -> list[str]:
    """Notes on channels that cancel each other, in sentences. Reads the track block by block.

    The measure is the energy of the mix over the sum of the energies that its channels bring to it, of the whole track.
    """
    weights = mix_weights(sound.layout)
    if len(weights) == 1:
        return []
    mix_energy, channel_energy, count = 0.0, 0.0, 0
    for samples in _blocks(path, sound.index, len(weights)):
        parts = weights[:, None] * samples
        mix_energy += float(np.square(parts.sum(axis=0)).sum())
        channel_energy += float(np.square(parts).sum())
        count += samples.shape[1]
    if channel_energy <= _HEARD * count or mix_energy >= _LOST * channel_energy:
        return []
    quieter = (
        f"{-10 * np.log10(mix_energy / channel_energy):.0f} dB quieter"
        if mix_energy > 1e-9 * channel_energy
        else "nothing of them is left"
    )
    return [f"the sound's channels cancel each other in the mix (opposite phase): {quieter} than they are"]


def _blocks(path: Path, index: int, channels: int) -> Any:
    """The samples of a track, shape (channels, some), in [-1, 1]; what is damaged is passed over."""
    with open_media(path) as container:
        stream = container.streams[index]
        to_numbers = av.AudioResampler(format="flt")  # packed: PyAV 18 may crash on more than seven planes
        for packet in container.demux(stream):
            try:
                frames = [part for frame in packet.decode() for part in to_numbers.resample(frame)]
            except (av.FFmpegError, ValueError):
                continue
            for frame in frames:
                if frame.layout.nb_channels == channels:
                    yield frame.to_ndarray().reshape(-1, channels).T
