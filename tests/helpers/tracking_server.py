"""A real tracking server, and a real PostgreSQL for its store, on loopback, for tests."""

import os
import pwd
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

_STARTS = 120.0


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


class Server:
    """`mlflow server`, which can be killed and started again with the same store and port."""

    def __init__(self, folder: Path, store: str) -> None:
        self._folder, self._store, self.port = folder, store, free_port()
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def uri(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def start(self) -> None:
        """Start it and wait until it answers."""
        command = [
            *(sys.executable, "-m", "mlflow", "server", "--host", "127.0.0.1", "--port", str(self.port)),
            *("--workers", "1", "--backend-store-uri", self._store),
            *("--artifacts-destination", str(self._folder / "artifacts")),
        ]
        environment = os.environ | {"MLFLOW_DISABLE_TELEMETRY": "true", "MLFLOW_SERVER_ENABLE_JOB_EXECUTION": "false"}
        with (self._folder / "server.log").open("ab") as log:
            self._process = subprocess.Popen(
                command, stdout=log, stderr=log, cwd=self._folder, env=environment, start_new_session=True
            )
        end = time.monotonic() + _STARTS
        while not self._answers():
            log_text = (self._folder / "server.log").read_text(errors="replace")[-3000:]
            assert self._process.poll() is None, f"the tracking server ended: {log_text}"
            assert time.monotonic() < end, f"the tracking server did not start: {log_text}"
            time.sleep(0.3)

    def kill(self) -> None:
        """Kill it and all its processes, as a crash would."""
        if self._process is not None:
            os.killpg(self._process.pid, signal.SIGKILL)
            self._process.wait()
            self._process = None

    def _answers(self) -> bool:
        try:
            with urllib.request.urlopen(f"{self.uri}/health", timeout=5) as answer:
                return bool(answer.status == 200)
        except (urllib.error.URLError, TimeoutError, ConnectionError):
            return False


@contextmanager
def tracking_server(folder: Path, store: str | None = None) -> Iterator[Server]:
    """A running server that keeps its store (SQLite when not given) and artifacts in `folder`."""
    folder.mkdir(parents=True, exist_ok=True)
    server = Server(folder, store or f"sqlite:///{folder}/server.db")
    server.start()
    try:
        yield server
    finally:
        server.kill()


def postgres_programs() -> Path:
    """The folder of PostgreSQL's programs; skips the test where it or its driver is not installed."""
    pytest.importorskip("psycopg2", reason="psycopg2 is not installed")
    versions = sorted(Path("/usr/lib/postgresql").glob("*/bin"), key=lambda path: float(path.parent.name))
    on_path = shutil.which("initdb")
    if not versions and on_path is None:
        pytest.skip("PostgreSQL is not installed")
    return versions[-1] if versions else Path(str(on_path)).parent


@contextmanager
def postgres() -> Iterator[str]:
    """A PostgreSQL of its own; gives the URI of an empty database in it."""
    programs, port = postgres_programs(), free_port()
    prefix = _other_user()
    # Not in pytest's folder, which another user may not enter.
    folder = Path(tempfile.mkdtemp(prefix="postgres-"))
    try:
        if prefix:
            owner = pwd.getpwnam(prefix[prefix.index("-u") + 1])
            os.chown(folder, owner.pw_uid, owner.pw_gid)
        data = folder / "data"

        def run(program: str, *arguments: str) -> None:
            process = subprocess.run(
                [*prefix, str(programs / program), *arguments], cwd=folder, capture_output=True, text=True, timeout=120
            )
            log = folder / "log"
            assert process.returncode == 0, process.stderr + (log.read_text() if log.exists() else "")

        run("initdb", "--pgdata", str(data), "--username", "mlflow", "--auth", "trust", "--no-sync")
        options = f"-c listen_addresses=127.0.0.1 -c port={port} -c unix_socket_directories= -c fsync=off"
        # Its output goes to a file: a pipe would stay open as long as the server runs.
        run("pg_ctl", "--pgdata", str(data), "--log", str(folder / "log"), "--wait", "--options", options, "start")
        try:
            yield f"postgresql://mlflow@127.0.0.1:{port}/postgres"
        finally:
            run("pg_ctl", "--pgdata", str(data), "--mode", "immediate", "stop")
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _other_user() -> list[str]:
    """How to run a program as somebody else where this is root, which PostgreSQL refuses to be."""
    if os.getuid() != 0:
        return []
    users = {user.pw_name for user in pwd.getpwall()}
    name = next((name for name in ("postgres", "nobody") if name in users), None)
    if name is None or shutil.which("runuser") is None:
        pytest.skip("PostgreSQL does not run as root, and there is no other user to run it as")
    return ["runuser", "-u", name, "--"]
