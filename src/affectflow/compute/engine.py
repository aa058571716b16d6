"""Networks of detectors, read from ONNX and TensorFlow Lite files and run by OpenVINO on the CPU."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import cache, cached_property
from pathlib import Path

import numpy as np
import openvino
from numpy.typing import NDArray

from affectflow.core.errors import InputError

# Single precision on every CPU: where the processor knows bfloat16, OpenVINO would take that, and points of a body
# would move by several pixels. One thread, so that jobs side by side do not take each other's cores.
_OPTIONS = {"INFERENCE_PRECISION_HINT": "f32", "INFERENCE_NUM_THREADS": 1, "NUM_STREAMS": 1}


@cache
def _core() -> openvino.Core:
    """One for the whole process, which is never taken down: each gives the thread a stack for signals and, as it goes,
    puts back the one that it found, which may be that of another one that is gone."""
    return openvino.Core()


class Network:
    """A network that is made ready at the first call; the same input always gives the same output on a machine.

    Args:
        file: an ONNX or TensorFlow Lite file.
        shape: of its only input, where the file does not say it as it is wanted; -1 for a length that varies from call
            to call.

    Raises:
        InputError: the file cannot be read as a network of one input, or takes no input of this shape.
    """

    def __init__(self, file: Path, shape: Sequence[int] | None = None) -> None:
        self._file = file
        with self._readable():
            self._model = _core().read_model(file)
            if shape is not None:
                self._model.reshape(list(shape))
        self._names = [output.get_any_name() for output in self._model.outputs]

    def __call__(self, values: NDArray[np.float32]) -> dict[str, NDArray[np.float32]]:
        """Outputs by their names in the file. They are overwritten by the next call.

        Raises:
            InputError: the file asks for something that is not known here.
        """
        results = self._request.infer([np.ascontiguousarray(values)], share_inputs=True, share_outputs=True)
        return {name: results[place] for place, name in enumerate(self._names)}

    @cached_property
    def _request(self) -> openvino.InferRequest:
        with self._readable():
            return _core().compile_model(self._model, "CPU", _OPTIONS).create_infer_request()

    @contextmanager
    def _readable(self) -> Iterator[None]:
        """Says which file cannot be run, and why."""
        try:
            yield
        except RuntimeError as error:
            reason = str(error).strip().splitlines()[-1]
            version = openvino.__version__
            raise InputError(f"{self._file}: not a network that OpenVINO {version} can run: {reason}") from error
