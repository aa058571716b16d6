"""What stands in for `python` in the tests: hands its script to the fork server of `warm.py`, or starts Python anew.

Runs isolated and without site-packages, so that it begins within milliseconds. `warm.py` appends where the server is.
"""

import array
import marshal
import os
import resource
import signal
import socket
import sys

FORWARDED = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGQUIT, signal.SIGUSR1, signal.SIGUSR2)
LIMITS = [getattr(resource, name) for name in dir(resource) if name.startswith("RLIMIT_")]

# What the interpreter or a library reads while it starts: a process that has started cannot follow another value.
AT_START = (
    *(
        "PYTHON",
        "LC_",
        "LD_",
        "XDG_",
        "MPL",
        "MALLOC_",
        "ARROW_",
        "TORCH",
        "PYTORCH_",
        "NUMBA_",
        "KMP_",
        "GOMP_",
        "OMP_",
    ),
    *("MKL_", "OPENBLAS_", "HF_", "TRANSFORMERS_", "MLFLOW_", "DO_NOT_TRACK", "SNAKEMAKE_", "HOME", "LANG", "TZ"),
)
# What the server follows in each child, and what libraries tell others by the environment once they are imported.
FOLLOWED = {"PYTHONPATH", "OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS"}
BY_LIBRARIES = {"KMP_DUPLICATE_LIB_OK", "LD_LIBRARY_PATH", "PYTORCH_NVML_BASED_CUDA_CHECK", "TORCHINDUCTOR_CACHE_DIR"}
# What the project sets for itself before it imports MLflow and torch; the server's values are the same.
SET_LATER = ("MLFLOW_", "DO_NOT_TRACK", "OMP_WAIT_POLICY")


def start_environment(environment: dict[str, str]) -> dict[str, str]:
    """The part of an environment that must be the server's own."""
    return {
        name: value
        for name, value in environment.items()
        if name.startswith(AT_START) and name not in FOLLOWED | BY_LIBRARIES
    }


def may_be_warm(words: list[str], server: dict[str, str]) -> bool:
    """Whether the server can run what `python WORDS` would, in this environment: a script, or a command of ours."""
    if not words or not (words[0].endswith(".py") or (words[0] == "-m" and words[1:2] and _ours(words[1]))):
        return False
    here = start_environment(dict(os.environ))
    names = {name for name in server.keys() | here.keys() if server.get(name) != here.get(name)}
    return all(name.startswith(SET_LATER) and name not in here for name in names)


def _ours(module: str) -> bool:
    return module == "snakemake" or module.split(".")[0] == "affectflow"


def state() -> dict[str, object]:
    """What a process inherits beside its environment."""
    return {
        "umask": _umask(),
        "affinity": sorted(os.sched_getaffinity(0)),
        "limits": [resource.getrlimit(limit) for limit in LIMITS],
        "blocked": sorted(signal.pthread_sigmask(signal.SIG_BLOCK, ())),
        "ignored": [number for number in FORWARDED if signal.getsignal(number) == signal.SIG_IGN],
    }


def _umask() -> int:
    mask = os.umask(0o077)
    os.umask(mask)
    return mask


def run(address: str, words: list[str]) -> None:
    """Have the server run `python WORDS` with this process's files, folder and environment; end as that ends."""
    server = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    server.connect(address)
    here = os.open(".", os.O_PATH | os.O_DIRECTORY)
    request = state() | {"words": [os.fsencode(word) for word in words], "environment": dict(os.environb)}
    message = marshal.dumps(
        {key: [int(v) for v in value] if key in ("blocked", "ignored") else value for key, value in request.items()}
    )
    files = array.array("i", [0, 1, 2, here])
    server.sendmsg([len(message).to_bytes(8, "little")], [(socket.SOL_SOCKET, socket.SCM_RIGHTS, files)])
    server.sendall(message)
    for number in FORWARDED:
        if signal.getsignal(number) != signal.SIG_IGN:
            signal.signal(number, lambda received, _: server.sendall(bytes([received])))
    answer = server.recv(8)
    if len(answer) < 8:
        sys.exit("the fork server of the tests has ended")
    status = int.from_bytes(answer, "little", signed=True)
    if status < 0:
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
        if -status not in (signal.SIGKILL, signal.SIGSTOP):
            signal.signal(-status, signal.SIG_DFL)
        os.kill(os.getpid(), -status)
    os._exit(status)


def main(address: str, interpreter: str, server: dict[str, str]) -> None:
    """Run what the command line says, in the server where it can."""
    if may_be_warm(sys.argv[1:], server):
        run(address, sys.argv[1:])
    os.execv(interpreter, [interpreter, *sys.argv[1:]])
