"""How torch is set up."""

import subprocess
import sys

import pytest


@pytest.mark.parametrize("wanted", [True, False])
def test_repeatable_operations_are_asked_for_without_torch_s_compiler(wanted: bool) -> None:
    code = (
        "import sys, torch\n"
        "from affectflow.compute.devices import set_deterministic\n"
        f"set_deterministic({wanted})\n"
        "print(torch.are_deterministic_algorithms_enabled(), 'torch._inductor' in sys.modules)"
    )
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert result.stdout == f"{wanted} False\n"
