"""A process that has imported the heavy libraries, and forks a child for each Python script that a test starts.

Most of a test's time would otherwise be the same imports again. None of the project's own modules is imported here:
each child imports those that its PYTHONPATH names, as a process that starts anew does.
"""

import atexit
import contextlib
import gc
import importlib
import linecache
import marshal
import os
import random
import resource
import runpy
import selectors
import signal
import socket
import sys
import tempfile
import threading
import types
from pathlib import Path
from typing import Any

HEAVY = (
    *(
        "torch",
        "torchvision",
        "lightning.pytorch",
        "snakemake.cli",
        "snakemake.api",
        "snakemake.utils",
        "numpy",
        "pandas",
    ),
    *(
        "mlflow",
        "mlflow.tracking",
        "mlflow.pyfunc",
        "mlflow.models",
        "mlflow.types",
        "sqlalchemy",
        "alembic",
        "pydantic",
    ),
    *("pyarrow.parquet", "pyarrow.compute", "pyarrow.csv", "pyarrow.ipc", "cv2", "av", "ffmpeg", "librosa", "soxr"),
    *("matplotlib.figure", "matplotlib.backends.backend_agg", "plotly.offline", "scipy.spatial", "scipy.signal"),
    *(
        "safetensors.torch",
        "ruamel.yaml",
        "psutil",
        "rocrate.rocrate",
        "rich.progress",
        "PIL.Image",
        "skimage.transform",
    ),
    *("threadpoolctl", "imageio_ffmpeg", "smart_open", "boto3", "botocore.client", "yte", "docutils.nodes"),
)
STARTED_IN = str(Path.cwd())
HARMLESS = {"jemalloc_bg_thd"}
"""A thread of Arrow's allocator, which takes care of forks itself."""


def preload(pair: Path) -> list[Any]:
    """Import what most scripts import; returns the operators that `pair` (the project's torch_pair.py) has declared."""
    import torch.library

    runpy.run_path(str(pair))
    operators = list(torch.library._keep_alive)
    for name in HEAVY:
        importlib.import_module(name)
    sys.modules["snakemake.cli"].get_argument_parser()  # finds and imports the plugins
    assert not [name for name in sys.modules if name.split(".")[0] == "affectflow"]
    tasks = {
        (task / "comm").read_text().strip()
        for task in Path("/proc/self/task").iterdir()
        if task.name != str(os.getpid())
    }
    if threading.active_count() > 1 or tasks - HARMLESS:
        sys.exit(f"threads that no fork would have: {threading.enumerate()}, {tasks}")
    return operators


class Request:
    """What a client has sent: `python WORDS`, its files, folder, environment and what else a process inherits."""

    def __init__(self, client: socket.socket) -> None:
        head, files, _, _ = socket.recv_fds(client, 8, 4)
        message = b""
        while len(message) < int.from_bytes(head, "little") or not head:
            part = client.recv(1 << 20)
            if not part:
                raise EOFError
            message += part
        self.state: dict[str, Any] = marshal.loads(message)
        self.files = files
        self.words = [os.fsdecode(word) for word in self.state["words"]]


class Child:
    """A forked process, until both it and its client have ended."""

    def __init__(self, pid: int, client: socket.socket) -> None:
        self.pid, self.client = pid, client
        self.ended = os.pidfd_open(pid)

    def pass_on_signals(self, waiting: selectors.BaseSelector) -> None:
        """Pass on the signals that the client has sent; a client that was killed takes its child along."""
        numbers = self.client.recv(64)
        for number in numbers or (signal.SIGKILL,):
            signal.pidfd_send_signal(self.ended, number)
        if not numbers:
            waiting.unregister(self.client)
            self.client.close()

    def reap(self, waiting: selectors.BaseSelector) -> None:
        """Tell the client, where there is one, how its child has ended."""
        status = os.waitstatus_to_exitcode(os.waitpid(self.pid, 0)[1])
        waiting.unregister(self.ended)
        os.close(self.ended)
        if self.client.fileno() >= 0:
            waiting.unregister(self.client)
            with contextlib.suppress(BrokenPipeError):
                self.client.sendall(status.to_bytes(8, "little", signed=True))
            self.client.close()


def serve(listener: socket.socket) -> Request:
    """Fork a child for each client until standard input ends. Returns in the children alone."""
    waiting = selectors.DefaultSelector()
    waiting.register(listener, selectors.EVENT_READ)
    waiting.register(0, selectors.EVENT_READ)
    children: set[Child] = set()
    while True:
        for key, _ in waiting.select():
            child = key.data
            if key.fileobj == 0:
                for child in children:
                    signal.pidfd_send_signal(child.ended, signal.SIGKILL)
                sys.exit()
            elif key.fileobj is listener:
                client, _ = listener.accept()
                try:
                    request = Request(client)
                except EOFError:  # it was killed before it could say what it wants
                    client.close()
                    continue
                if (pid := os.fork()) == 0:
                    for own in (waiting, listener, client, *(other.client for other in children)):
                        own.close()
                    for other in children:
                        os.close(other.ended)
                    return request
                for file in request.files:
                    os.close(file)
                child = Child(pid, client)
                children.add(child)
                waiting.register(child.ended, selectors.EVENT_READ, child)
                waiting.register(client, selectors.EVENT_READ, child)
            elif child in children:
                if key.fileobj == child.ended:
                    children.remove(child)
                    child.reap(waiting)
                else:
                    child.pass_on_signals(waiting)


def take_over(request: Request, base: list[str], executable: str, operators: list[Any]) -> None:
    """Make this child what the client would be if it had started Python.

    Args:
        request: what the client has sent.
        base: where modules are looked for after the PYTHONPATH.
        executable: what is to be started for another Python.
        declared: operators that the project's own import declares.
    """
    state = request.state
    for number, file in enumerate(request.files[:3]):
        os.dup2(file, number)
    os.fchdir(request.files[3])
    for file in request.files:
        if file > 2:
            os.close(file)
    os.environb.clear()
    os.environb.update(state["environment"])
    os.umask(state["umask"])
    os.sched_setaffinity(0, state["affinity"])
    for limit, values in zip(limits(), state["limits"], strict=True):
        if resource.getrlimit(limit) != values:
            resource.setrlimit(limit, values)
    signal.pthread_sigmask(signal.SIG_SETMASK, state["blocked"])
    for number in state["ignored"]:
        signal.signal(number, signal.SIG_IGN)
    for stream, file in ((sys.stdout, 1), (sys.stderr, 2)):
        stream.reconfigure(line_buffering=file == 2 or os.isatty(file))  # type: ignore[union-attr]
    sys.executable = executable
    paths = os.environ.get("PYTHONPATH", "")
    sys.path[:] = [*(paths.split(os.pathsep) if paths else ()), *base]
    sys.path_importer_cache.clear()
    importlib.invalidate_caches()
    linecache.clearcache()
    tempfile.tempdir = None
    follow_folder()
    follow_threads()
    seed_anew()
    for library in operators:
        library._destroy()


def limits() -> list[int]:
    """The kinds of limit in the client's order."""
    return [getattr(resource, name) for name in dir(resource) if name.startswith("RLIMIT_")]


def follow_folder() -> None:
    """Snakemake notes the folder in which it is imported."""
    from snakemake.workflow import Workflow

    here, defaults = str(Path.cwd()), Workflow.__init__.__defaults__
    Workflow.__init__.__defaults__ = tuple(here if value == STARTED_IN else value for value in defaults)


def follow_threads() -> None:
    """As many threads as libraries would have found in the environment when they were loaded. The server has one."""
    import threadpoolctl
    import torch

    cores = str(len(os.sched_getaffinity(0)))
    everywhere = os.environ.get("OMP_NUM_THREADS", cores)
    blas = int(os.environ.get("OPENBLAS_NUM_THREADS", everywhere))
    if blas != 1 or everywhere != "1":
        threadpoolctl.threadpool_limits({"openblas": blas, "openmp": int(everywhere)})
        torch.set_num_threads(int(everywhere))


def seed_anew() -> None:
    """Random numbers of their own for each child, as each process has them."""
    import numpy as np
    import torch

    random.seed()
    np.random.seed()
    torch.seed()


def execute(words: list[str]) -> int:
    """Run `python WORDS` in this process; returns its exit status."""
    sys.orig_argv = [sys.executable, *words]
    try:
        if words[0] == "-m":
            sys.argv = ["-m", *words[2:]]
            sys.path.insert(0, str(Path.cwd()))
            runpy._run_module_as_main(words[1])  # type: ignore[attr-defined]
        else:
            sys.argv = list(words)
            script = words[0] if words[0].startswith("/") else f"{Path.cwd()}/{words[0]}"
            sys.path.insert(0, str(Path(script).resolve().parent))
            main = types.ModuleType("__main__")
            main.__file__, main.__builtins__ = script, __builtins__  # type: ignore[attr-defined]
            sys.modules["__main__"] = main
            exec(compile(Path(script).read_bytes(), script, "exec"), main.__dict__)
    except SystemExit as end:
        if end.code is None or isinstance(end.code, int):
            return (end.code or 0) & 0xFF
        print(end.code, file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        sys.excepthook(*sys.exc_info())
        sys.stderr.flush()
        signal.signal(signal.SIGINT, signal.SIG_DFL)
        os.kill(os.getpid(), signal.SIGINT)
    except BaseException as error:
        below = error.__traceback__
        while below is not None and below.tb_frame.f_code.co_filename in (__file__, runpy.__file__):
            below = below.tb_next
        sys.excepthook(type(error), error.with_traceback(below), below)
        return 1
    return 0


def finish(status: int) -> None:
    """End as an interpreter does, without taking every object apart."""
    threading._shutdown()  # type: ignore[attr-defined]
    atexit._run_exitfuncs()
    for stream in (sys.stdout, sys.stderr):
        try:
            stream.flush()
        except (BrokenPipeError, ValueError):
            status = status or 120
    os._exit(status)


def main() -> None:
    address, executable, pair = sys.argv[1:]
    before = sys.path[1:]
    paths = os.environ.get("PYTHONPATH", "").split(os.pathsep)
    base = [path for path in before if path not in paths]
    operators = preload(Path(pair))
    listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    listener.bind(address)
    listener.listen(64)
    print("ready", flush=True)
    gc.collect()
    gc.freeze()
    request = serve(listener)
    take_over(request, base, executable, operators)
    finish(execute(request.words))


if __name__ == "__main__":
    main()
