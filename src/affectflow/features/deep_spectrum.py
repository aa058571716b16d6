"""DeepSpectrum (Amiriparian et al. 2017): what a DenseNet121 trained on pictures sees in the spectrogram of sound, 1024
numbers for each stretch (Li et al., section 3.1.2).

The numbers are those of torchvision's network and weights after the last normalisation, ReLU and the mean over the
picture. DeepSpectrum's own program takes Keras' weights, does not resample, and draws a last stretch that is too short
as wide as all others; here all sound is brought to 16 kHz, and silence follows behind the track's end.
"""

from collections.abc import Callable, Iterable, Iterator
from functools import partial
from itertools import islice

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from affectflow.config.model.feature_sets import DeepSpectrumSet
from affectflow.config.system.execution import Device
from affectflow.features.extractor import SoundExtractor
from affectflow.features.frozen import Frozen
from affectflow.features.rate import RATE, to_16k, windows
from affectflow.features.seeing import Seeing, random_init
from affectflow.features.spectrogram_picture import Drawing
from affectflow.networks.backbones.densenet import DenseNet
from affectflow.networks.initial import load_backbone

_NETWORK = "densenet121"
# Pictures that the network sees at once: always so many, so that sums are rounded alike however a track is cut.
_BATCH = 8


def extractor(settings: DeepSpectrumSet, state: dict[str, Tensor] | None, device: Device) -> SoundExtractor:
    """DeepSpectrum with published weights.

    Args:
        settings: what pictures show, how they are drawn, and the weights' name for errors.
        state: the weights, as torchvision names or has named them; none for `random_init`.
        device: where the network runs.

    Raises:
        InputError: `state` is of another network, or the bands do not fit the Fourier transform.
    """
    torch.set_num_threads(device.threads)  # already where random pictures give a random network its moments
    build = partial(DenseNet, _NETWORK)
    if state is None:
        network = random_init(build, settings.side)
    else:
        network = build()
        load_backbone(
            network, state, settings.weights, "weights of the set in system.features, or set it to random_init"
        )
    return _Extractor(settings, Drawing(settings), Frozen(Seeing(network, "imagenet"), device))


class _Extractor:
    def __init__(self, settings: DeepSpectrumSet, drawing: Drawing, network: Frozen) -> None:
        self.size, self.middles = settings.size, 0.0
        self._length, self._hop = round(settings.seconds * RATE), round(settings.hop * RATE)
        self._drawing, self._network = drawing, network

    def stream(
        self, blocks: Callable[[], Iterable[NDArray[np.int16]]], rate: int
    ) -> Iterator[tuple[NDArray[np.float64], NDArray[np.float32]]]:
        """A vector each `hop` seconds, of the picture of the `seconds` around its time; see `SoundExtractor`. As long
        as any sound is in no picture yet, one more follows, with silence behind the track's end."""
        pictures = map(self._drawing.picture, windows(to_16k(blocks(), rate), self._length, self._hop))
        first = 0
        while batch := list(islice(pictures, _BATCH)):
            begins = np.arange(first, first + len(batch)) * self._hop
            yield (begins + self._length / 2) / RATE, self._network(np.stack(batch))
            first += len(batch)
