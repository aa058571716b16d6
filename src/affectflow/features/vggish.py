"""VGGish (Hershey et al. 2017): 128 numbers for 0.96 s of sound (Meng et al., section 3.2.2).

As its authors published it for AudioSet, with the parameter names of the usual conversion for torch. What the network
says is taken as it is: the post-processing of AudioSet's own release (whitening by principal components, 8 bits a
number) is not applied. As the conversion has it, ReLU follows the last layer too; later releases of the original leave
that one out.
"""

from collections.abc import Callable, Iterable, Iterator
from itertools import islice

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray
from torch import Tensor, nn

from affectflow.config.model.feature_sets import VggishSet
from affectflow.config.system.execution import Device
from affectflow.features.extractor import SoundExtractor
from affectflow.features.frozen import Frozen, load_all, random_weights
from affectflow.features.rate import RATE, to_16k, windows
from affectflow.preprocessing.audio.band_sums import BandSums

_WINDOW, _HOP, _FFT = 400, 160, 512  # 25 ms, 10 ms
_BANDS, _LOWEST, _HIGHEST = 64, 125.0, 7500.0
_COLUMNS = 96
_OFFSET = 0.01

EXAMPLE = (_COLUMNS - 1) * _HOP + _WINDOW
"""Samples at 16 kHz of which the 96 columns of an example are computed."""

# Examples that the network sees at once: always so many, so that sums are rounded alike however a track is cut.
_BATCH = 16

# Of whole releases, the principal components of the post-processing.
_POST_PROCESSING = "pproc."


def extractor(settings: VggishSet, state: dict[str, Tensor] | None, device: Device) -> SoundExtractor:
    """VGGish with published weights.

    Args:
        settings: distance of examples, and the weights' name for errors.
        state: the weights (`features.0.weight` …, `embeddings.4.bias`); none for `random_init`.
        device: where it runs.

    Raises:
        InputError: `state` is of another network.
    """
    with random_weights():
        network = Vggish()
    if state is not None:
        network_state = {key: tensor for key, tensor in state.items() if not key.startswith(_POST_PROCESSING)}
        load_all(network, network_state, settings.weights, "VGGish")
    return _Extractor(settings, Frozen(network, device))


class Vggish(nn.Module):
    """The network; maps log-mel examples (batch, 96, 64) to (batch, 128). Its random weights let loudness through all
    layers (He et al. 2015), so that even they tell one sound from another."""

    def __init__(self) -> None:
        super().__init__()
        layers: list[nn.Module] = []
        width = 1
        for block in ((64,), (128,), (256, 256), (512, 512)):
            for wider in block:
                layers += [nn.Conv2d(width, wider, 3, padding=1), nn.ReLU()]
                width = wider
            layers.append(nn.MaxPool2d(2))
        self.features = nn.Sequential(*layers)
        self.embeddings = nn.Sequential(
            nn.Linear(width * (_COLUMNS // 16) * (_BANDS // 16), 4096),
            nn.ReLU(),
            nn.Linear(4096, 4096),
            nn.ReLU(),
            nn.Linear(4096, VggishSet(kind="vggish").size),
            nn.ReLU(),
        )
        for layer in self.modules():
            if isinstance(layer, nn.Conv2d | nn.Linear):
                nn.init.kaiming_normal_(layer.weight, nonlinearity="relu")
                assert layer.bias is not None
                nn.init.zeros_(layer.bias)

    def forward(self, examples: Tensor) -> Tensor:
        feature_maps = self.features(examples[:, None])
        # The weights were learnt by a network whose channels come last.
        embedded: Tensor = self.embeddings(feature_maps.permute(0, 2, 3, 1).flatten(1))
        return embedded


class _Extractor:
    def __init__(self, settings: VggishSet, network: Frozen) -> None:
        self.size, self.middles = settings.size, 0.0
        self._hop = max(1, round(settings.hop * RATE / _HOP)) * _HOP
        self._network = network

    def stream(
        self, blocks: Callable[[], Iterable[NDArray[np.int16]]], rate: int
    ) -> Iterator[tuple[NDArray[np.float64], NDArray[np.float32]]]:
        """Vectors each `hop` seconds, rounded to columns of 10 ms; see `SoundExtractor`. As long as any sound is in no
        example yet, one more follows, with silence behind the track's end."""
        examples, first = windows(to_16k(blocks(), rate), EXAMPLE, self._hop), 0
        while batch := list(islice(examples, _BATCH)):
            begins = np.arange(first, first + len(batch)) * self._hop
            yield (begins + EXAMPLE / 2) / RATE, self._network(log_mel(np.stack(batch)))
            first += len(batch)


def log_mel(samples: NDArray[np.float32]) -> NDArray[np.float32]:
    """What the network sees.

    Args:
        samples: sound at 16 kHz in [-1, 1), shape (batch, EXAMPLE).

    Returns:
        Natural logarithm of magnitudes in mel bands, plus 0.01; shape (batch, 96, 64).
    """
    frames = sliding_window_view(samples, _WINDOW, axis=1)[:, ::_HOP]
    magnitudes = np.abs(np.fft.rfft(frames * np.hanning(_WINDOW + 1)[:-1], _FFT))
    return np.log(BandSums(mel_bands().T)(magnitudes) + _OFFSET).astype(np.float32)


def mel_bands() -> NDArray[np.float64]:
    """Weight of each of the 257 frequencies in each of 64 bands, shape (257, 64).

    Triangles of height 1, equally wide in mel (HTK's scale, 1127 ln(1 + f / 700)) from 125 to 7500 Hz, whose sides are
    straight in mel. librosa's, which are straight in Hz, differ.
    """
    frequencies = _mel(np.linspace(0, RATE / 2, _FFT // 2 + 1))[:, None]
    edges = np.linspace(_mel(_LOWEST), _mel(_HIGHEST), _BANDS + 2)
    rising = (frequencies - edges[:-2]) / (edges[1:-1] - edges[:-2])
    falling = (edges[2:] - frequencies) / (edges[2:] - edges[1:-1])
    bands: NDArray[np.float64] = np.maximum(0, np.minimum(rising, falling))
    return bands


def _mel(hertz: NDArray[np.float64] | float) -> NDArray[np.float64]:
    return 1127 * np.log1p(np.asarray(hertz) / 700)
