"""Low-level descriptors of openSMILE of a track of any length: the published configurations, fed as the sound comes.

The package's own call takes a whole track at once, and computes functionals of it too. Here its library reads from and
writes to buffers of a fixed length, so that memory stays flat; the numbers are the same to the last bit.
"""

import queue
import tempfile
import threading
import time
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from affectflow.config.model.feature_sets import OpenSmileSet
from affectflow.config.system.execution import Device
from affectflow.core.errors import InputError
from affectflow.features.extractor import Blocks, Pieces
from affectflow.features.smile_times import middles, row_begins

if TYPE_CHECKING:
    from torch import Tensor

_INCLUDED = {
    "eGeMAPSv01b": ("gemaps/v01b/GeMAPSv01b_core.lld.conf.inc", "egemaps/v01b/eGeMAPSv01b_core.lld.conf.inc"),
    "ComParE_2016": ("compare/ComParE_2016_core.lld.conf.inc",),
}
_LEVELS = {
    "eGeMAPSv01b": ("egemapsv01b_lldsetE_smo", "gemapsv01b_lldsetF_smo"),
    "ComParE_2016": tuple(
        f"is13_{part}{deltas}" for deltas in ("", "_de") for part in ("lld_nzsmo", "lldA_smo", "lldB_smo")
    ),
}
_SOURCE, _SINK = "source", "sink"
_BUFFER_SECONDS = 10
_ROWS = 256
_WAIT = 0.001


def extractor(settings: OpenSmileSet, state: "dict[str, Tensor] | None", device: Device) -> "SmileExtractor":
    """The extractor of a set; it needs neither weights nor a GPU."""
    return SmileExtractor(settings)


class SmileExtractor:
    """Descriptors each 10 ms. The time of a row is where its frames begin."""

    def __init__(self, settings: OpenSmileSet) -> None:
        self.size = settings.size
        self.middles = middles(settings.set)
        self._set = settings.set

    def stream(self, blocks: Blocks, rate: int) -> Pieces:
        """As of `SoundExtractor`; a track shorter than a window has no rows.

        Raises:
            InputError: openSMILE fails.
        """
        from opensmile.core.lib import OpenSmileException

        with tempfile.TemporaryDirectory() as folder:
            config = Path(folder) / "lld.conf"
            config.write_text(_configuration(self._set, rate), encoding="ascii")
            running = _Running(config, rate)
            try:
                yield from running.rows(blocks())
            except OpenSmileException as error:
                raise InputError(f"openSMILE, set {self._set}, at {rate} Hz: {error}") from error
            finally:
                running.end()


class _Running:
    """One run of the library: a thread in which it works, one that feeds it, and a queue for what it gives."""

    def __init__(self, config: Path, rate: int) -> None:
        from opensmile.core.lib import OpenSMILE

        self._rate = rate
        self._pieces: queue.Queue[tuple[NDArray[np.float64], NDArray[np.float32]] | None] = queue.Queue(4)
        self._done = 0
        self._rows: list[NDArray[np.float32]] = []
        self._stopped = threading.Event()
        self._failed: list[BaseException] = []
        self._threads: list[threading.Thread] = []
        self._smile = OpenSMILE()
        shared = _configurations() / "shared"
        # Buffers of whole tracks, which functionals need, become rings.
        buffers = {
            "bufferModeRbConf": shared / "BufferModeRb.conf.inc",
            "bufferModeConf": shared / "BufferModeRbLag.conf.inc",
        }
        self._smile.initialize(str(config), buffers, loglevel=0)
        self._smile.external_sink_set_callback_ex(_SINK, self._take)

    def rows(self, blocks: Iterable[NDArray[np.int16]]) -> Pieces:
        """What it gives for a track, in pieces."""
        self._threads = [
            threading.Thread(target=self._run_guarded, args=(self._feed, blocks), daemon=True),
            threading.Thread(target=self._run_guarded, args=(self._run,), daemon=True),
        ]
        for thread in self._threads:
            thread.start()
        while (piece := self._pieces.get()) is not None:
            yield piece
        for error in self._failed:
            raise error

    def end(self) -> None:
        """Stop, be it done or not, and give everything back."""
        self._stopped.set()
        self._smile.abort()
        for thread in self._threads:
            while thread.is_alive():
                self._drain()
                thread.join(_WAIT)
        self._smile.free()

    def _run_guarded(self, work: Any, *arguments: Any) -> None:
        try:
            work(*arguments)
        except BaseException as error:
            self._failed.append(error)
            self._smile.abort()

    def _feed(self, blocks: Iterable[NDArray[np.int16]]) -> None:
        for block in blocks:
            # A second at a time: what is written at once must fit the ring.
            for first in range(0, len(block), self._rate):
                piece = np.ascontiguousarray(block[first : first + self._rate], "<i2").tobytes()
                while not self._smile.external_audio_source_write_data(_SOURCE, piece):
                    if self._stopped.is_set() or self._failed:
                        return
                    time.sleep(_WAIT)
        self._smile.external_audio_source_set_eoi(_SOURCE)

    def _run(self) -> None:
        try:
            self._smile.run()
            self._hand_over()
        finally:
            self._put(None)

    def _take(self, row: NDArray[np.float32], meta: Any) -> None:
        self._rows.append(row.reshape(-1).copy())
        if len(self._rows) == _ROWS:
            self._hand_over()

    def _hand_over(self) -> None:
        if self._rows:
            self._put((row_begins(self._done, len(self._rows), self._rate), np.stack(self._rows)))
            self._done, self._rows = self._done + len(self._rows), []

    def _put(self, piece: tuple[NDArray[np.float64], NDArray[np.float32]] | None) -> None:
        while not self._stopped.is_set():
            try:
                return self._pieces.put(piece, timeout=0.1)
            except queue.Full:
                continue

    def _drain(self) -> None:
        while not self._pieces.empty():
            self._pieces.get_nowait()


def _configurations() -> Path:
    import opensmile

    return Path(str(opensmile.__file__)).parent / "core" / "config"


def _configuration(name: str, rate: int) -> str:
    """openSMILE's configuration: the set's own descriptors between a source and a sink in memory."""
    included = "\n".join(f"\\{{{_configurations() / path}}}" for path in _INCLUDED[name])
    return f"""
[componentInstances:cComponentManager]
instance[dataMemory].type = cDataMemory
instance[{_SOURCE}].type = cExternalAudioSource
instance[{_SINK}].type = cExternalSink
printLevelStats = 0

[{_SOURCE}:cExternalAudioSource]
writer.dmLevel = wave
writer.levelconf.growDyn = 0
writer.levelconf.isRb = 1
writer.levelconf.nT = {_BUFFER_SECONDS * rate}
sampleRate = {rate}
nBits = 16
channels = 1

{included}

[{_SINK}:cExternalSink]
reader.dmLevel = {";".join(_LEVELS[name])}
blocksize = 1
"""
