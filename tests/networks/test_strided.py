"""The shortcuts of residual networks of any width."""

import os
import subprocess
import sys

import pytest
import torch

from affectflow.networks.backbones.strided import shortcut_conv

LEARN = """
import torch
from affectflow.networks.backbones.strided import shortcut_conv

torch.set_num_threads(1)
for inputs in (2, 4, 6, 12):
    for layout in (torch.channels_last, torch.contiguous_format):
        conv = shortcut_conv(inputs, 8, 2).to(memory_format=layout)
        for _ in range(20):
            conv(torch.randn(16, inputs, 64, 64).contiguous(memory_format=layout)).sum().backward()
print("learnt")
"""


def test_no_width_breaks_the_memory_of_processors_without_avx512() -> None:
    """oneDNN's kernels for them write beyond their memory otherwise, which ends the process."""
    environment = os.environ | {"ONEDNN_MAX_CPU_ISA": "AVX2"}
    result = subprocess.run([sys.executable, "-c", LEARN], env=environment, capture_output=True, text=True)
    assert (result.returncode, result.stdout) == (0, "learnt\n"), result.stderr


@pytest.mark.parametrize("inputs", [3, 4, 8, 12])
@pytest.mark.parametrize("size", [7, 8])
def test_every_second_pixel_is_taken(inputs: int, size: int) -> None:
    torch.manual_seed(0)
    conv = shortcut_conv(inputs, 5, 2).double()
    pictures = torch.randn(2, inputs, size, size, dtype=torch.float64)
    outputs = conv(pictures)
    expected = torch.einsum("oi,nihw->nohw", conv.weight[:, :, 0, 0], pictures[:, :, ::2, ::2])
    assert outputs.shape == (2, 5, 4, 4)
    assert torch.allclose(outputs, expected, rtol=0, atol=1e-12)
    assert {name: value.shape for name, value in conv.state_dict().items()} == {"weight": (5, inputs, 1, 1)}
