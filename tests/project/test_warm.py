"""The fork server of the tests runs scripts as Python does, and leaves alone what it cannot run so."""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import psutil
import pytest
import warm
import warm_client

Run = Callable[..., "subprocess.CompletedProcess[str]"]


def run(words: tuple[object, ...], folder: Path, **changes: str) -> "subprocess.CompletedProcess[str]":
    environment = os.environ | {"PYTHONPATH": str(folder)} | changes
    return subprocess.run(
        [warm.python(), *map(str, words)], cwd=folder, env=environment, capture_output=True, text=True, timeout=120
    )


def write_script(folder: Path, text: str, name: str = "script.py") -> Path:
    (folder / name).write_text(text, encoding="utf-8")
    return folder / name


STATE = """
import json, os, random, resource, signal, sys, tempfile
import numpy, torch, threadpoolctl
print(json.dumps({
    "arguments": sys.argv, "first": sys.path[0], "path": [p for p in sys.path[1:] if p], "file": __file__,
    "main": sys.modules["__main__"].__dict__ is globals(), "folder": os.getcwd(), "umask": os.umask(0),
    "environment": {n: v for n, v in os.environ.items() if n not in sys.argv[-1].split(",")},
    "files": resource.getrlimit(resource.RLIMIT_NOFILE),
    "cores": sorted(os.sched_getaffinity(0)), "temporary": tempfile.gettempdir(),
    "interrupt": signal.getsignal(signal.SIGINT) is signal.default_int_handler,
    "blocked": [int(s) for s in signal.pthread_sigmask(signal.SIG_BLOCK, ())],
    "blas": list({pool["num_threads"] for pool in threadpoolctl.threadpool_info()}),
    "torch": torch.get_num_threads(), "encoding": sys.stdout.encoding,
    "open": sorted(int(f) for f in os.listdir("/proc/self/fd")),
}))
"""


@pytest.mark.parametrize("threads", ["1", "2", None])
def test_a_script_finds_what_it_would_find_in_a_process_of_its_own(tmp_path: Path, threads: str | None) -> None:
    write_script(tmp_path, STATE)
    changes = {"PYTHONPATH": "/somewhere:/else", "TMPDIR": str(tmp_path), "SOME": "thing"}
    changes |= dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS"), threads) if threads else {}
    environment = {
        name: value for name, value in (os.environ | changes).items() if threads or "NUM_THREADS" not in name
    }
    states, ignored_names = [], ",".join(warm_client.BY_LIBRARIES)  # which importing may set
    for interpreter in (warm.python(), sys.executable):
        command = f"ulimit -n 500; umask 027; exec taskset -c 0 {interpreter} ./script.py --some {ignored_names}"
        result = subprocess.run(command, shell=True, cwd=tmp_path, env=environment, capture_output=True, text=True)
        assert result.returncode == 0, result.stderr
        states.append(json.loads(result.stdout))
    warm_state, cold_state = states
    assert max(warm_state.pop("open")) <= max(cold_state.pop("open")) + 1
    assert warm_state == cold_state


OWN = """
import random, numpy, torch, affectflow
print(affectflow.said, random.random(), numpy.random.rand(), torch.rand(1).item())
"""


def test_modules_are_those_of_its_own_path_and_its_random_numbers_its_own(tmp_path: Path) -> None:
    values = set()
    for text in ("one", "two"):
        folder = tmp_path / text
        (folder / "affectflow").mkdir(parents=True)
        write_script(folder, f"said = {text!r}", "affectflow/__init__.py")
        script = write_script(folder, OWN)
        values.update(run((script,), folder).stdout.split())
        write_script(folder, "said = 'three'", "affectflow/__init__.py")
        assert run((script,), folder).stdout.split()[0] == "three"
    assert len(values) == 8 and {"one", "two"} <= values


@pytest.mark.parametrize(
    ("text", "status", "output", "error"),
    [
        ("print('well')", 0, "well\n", ""),
        ("import sys; sys.exit(3)", 3, "", ""),
        ("import sys; sys.exit('so it is')", 1, "", "so it is\n"),
        ("import atexit; atexit.register(print, 'last'); print('first')", 0, "first\nlast\n", ""),
        ("import os; os.kill(os.getpid(), 9)", -9, "", ""),
        ("import os; os.abort()", -6, "", ""),
        ("import os; os.execvp('sh', ['sh', '-c', 'echo $0 $NAME; exit 4'])", 4, "sh thing\n", ""),
        ("import threading as t; t.Timer(0.2, print, ['late']).start()", 0, "late\n", ""),
    ],
)  # fmt: skip
def test_it_ends_as_its_script_does(tmp_path: Path, text: str, status: int, output: str, error: str) -> None:
    result = run((write_script(tmp_path, text),), tmp_path, NAME="thing")
    assert (result.returncode, result.stdout) == (status, output)
    assert result.stderr.endswith(error) and bool(result.stderr) >= bool(error)


def test_an_error_is_told_as_python_tells_it(tmp_path: Path) -> None:
    script = write_script(tmp_path, "def f():\n    raise ValueError('no')\n\nf()\n")
    cold = subprocess.run([sys.executable, script], cwd=tmp_path, capture_output=True, text=True)
    assert run((script,), tmp_path).stderr == cold.stderr


def start_waiting_script(folder: Path) -> tuple["subprocess.Popen[str]", psutil.Process]:
    """A script that waits, and the process in which it runs."""
    script = write_script(folder, "import os, time; print(os.getpid(), flush=True); time.sleep(600)")
    process = subprocess.Popen(
        [warm.python(), script], cwd=folder, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
    )
    assert process.stdout is not None
    return process, psutil.Process(int(process.stdout.readline()))


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT, signal.SIGKILL])
def test_a_signal_ends_it_and_its_script(tmp_path: Path, number: signal.Signals) -> None:
    process, script = start_waiting_script(tmp_path)
    with process:
        process.send_signal(number)
        assert process.wait(30) == -number
    assert psutil.wait_procs([script], timeout=30)[1] == []


def test_what_it_could_not_run_as_python_does_starts_anew(tmp_path: Path) -> None:
    parent = "import psutil; print(' '.join(psutil.Process().parent().cmdline()))"
    script = write_script(tmp_path, parent)
    server = run((script,), tmp_path).stdout
    assert "warm_server.py" in server
    for words, changes in [
        (("-c", parent), {}),
        (("-X", "utf8", script), {}),
        ((script,), {"PYTHONHASHSEED": "1"}),
        ((script,), {"HOME": str(tmp_path)}),
        ((script,), {"TZ": "Asia/Tokyo"}),
        ((script,), {"MLFLOW_LOGGING_LEVEL": "DEBUG"}),
    ]:
        assert "warm_server.py" not in run(words, tmp_path, **changes).stdout, (words, changes)
    assert "warm_server.py" in run((script,), tmp_path, OMP_NUM_THREADS="1", AFFECTFLOW_RUN="x").stdout


def test_the_project_s_variables_for_mlflow_are_those_of_the_server() -> None:
    from affectflow.tracking import store

    assert {**store.DEFAULTS, **store.QUIET}.items() <= warm.BEFORE_IMPORT.items()
    assert warm_client.start_environment({"OMP_NUM_THREADS": "1", "PYTHONPATH": "x", "NAME": "y"}) == {}
