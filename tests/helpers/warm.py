"""Python that starts quickly, for tests that start it often: `python()` stands in for `sys.executable`.

Its scripts run in children of a process that has imported the heavy libraries once (`warm_server.py`). What asks how a
process starts, ends, is killed or counts its memory must use `sys.executable` itself.
"""

import atexit
import functools
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

import warm_client
from repository import ROOT

from affectflow.tracking.store import DEFAULTS, QUIET

HERE = Path(__file__).resolve().parent
PAIR = ROOT / "src/affectflow/compute/torch_pair.py"
# As the project sets them for itself before it imports these libraries.
BEFORE_IMPORT = {"OMP_WAIT_POLICY": "passive", **DEFAULTS, **QUIET}
ONE_THREAD = dict.fromkeys(("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS"), "1")


@functools.cache
def python() -> Path:
    """The stand-in for `sys.executable`, and beside it one for each command of the project.

    Starts the server, which ends with this process.
    """
    folder = Path(tempfile.mkdtemp(prefix="warm-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    stand_in, address = folder / "bin/python", folder / "socket"
    environment = os.environ | BEFORE_IMPORT
    server = subprocess.Popen(
        [sys.executable, HERE / "warm_server.py", address, stand_in, PAIR],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        env=environment | ONE_THREAD,
        start_new_session=True,
    )
    atexit.register(_end, server)
    assert server.stdout is not None
    if server.stdout.readline() != b"ready\n":
        raise RuntimeError(f"the fork server of the tests did not start, exit status {server.wait()}")
    stand_in.parent.mkdir()
    arguments = (str(address), sys.executable, warm_client.start_environment(environment))
    text = Path(warm_client.__file__).read_text(encoding="utf-8")
    stand_in.write_text(f"#!{sys.executable} -IS\n{text}\n\nmain{arguments!r}\n", encoding="utf-8")
    stand_in.chmod(0o755)
    write_command(stand_in.with_name("affectflow"), stand_in, "-m affectflow.cli.main")
    write_command(stand_in.with_name("snakemake"), stand_in, "-m affectflow.cli.snakemake")
    return stand_in


def write_command(path: Path, interpreter: Path, words: str) -> None:
    """A command that runs `INTERPRETER WORDS` with what it is given."""
    path.write_text(f'#!/bin/sh\nexec "{interpreter}" {words} "$@"\n', encoding="utf-8")
    path.chmod(0o755)


def _end(server: "subprocess.Popen[bytes]") -> None:
    assert server.stdin is not None
    server.stdin.close()
    server.wait(60)
