"""A process that scores the videos that it is sent, one after the other.

    python -m affectflow.prediction.worker DESCRIPTOR FOLDER

It is started by `affectflow.prediction.workers` and ends with it: `DESCRIPTOR` is its end of a connection, `FOLDER` is
for what is temporary.
"""

import io
import queue
import signal
import sys
import threading
import time
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

from affectflow.prediction.one_video import Task, score_one

_SECONDS = 0.2
"""Between two messages of how far a stage is."""


class Sender:
    """Sends messages from any thread: what they are, and their values."""

    def __init__(self, connection: Connection) -> None:
        self._connection, self._lock = connection, threading.Lock()

    def __call__(self, kind: str, *values: object) -> None:
        with self._lock:
            self._connection.send((kind, values))


class Lines(io.TextIOBase):
    """Standard error as messages of whole lines, so that those of several processes do not run into each other."""

    def __init__(self, send: Sender) -> None:
        self._send, self._line = send, ""

    def write(self, text: str) -> int:
        *lines, self._line = (self._line + text).split("\n")
        for line in lines:
            self._send("text", line)
        return len(text)


class Teller:
    """Sends how far a video is to where it is shown."""

    def __init__(self, send: Sender) -> None:
        self._send, self._next = send, 0.0

    def stage(self, name: str) -> None:
        self._next = 0.0
        self._send("stage", name)

    def within(self, done: int, total: int | None, unit: str) -> None:
        if time.monotonic() >= self._next:
            self._next = time.monotonic() + _SECONDS
            self._send("within", done, total, unit)

    def line(self, words: str) -> None:
        self._send("line", words)


def main() -> None:
    connection, temporary = Connection(int(sys.argv[1])), Path(sys.argv[2])
    send = Sender(connection)
    sys.stderr = Lines(send)
    system, selection = connection.recv()
    tasks: queue.SimpleQueue[Task | None] = queue.SimpleQueue()
    threading.Thread(target=_receive, args=(connection, tasks), daemon=True).start()
    while (task := tasks.get()) is not None:
        send("end", score_one(task, system, selection, Teller(send), temporary))


def _receive(connection: Connection, tasks: "queue.SimpleQueue[Any]") -> None:
    """Hand on what comes. Where the other side is gone, whatever is being done ends, too."""
    try:
        while True:
            tasks.put(connection.recv())
    except (EOFError, OSError):
        tasks.put(None)
        # To the main thread itself: it may wait for another program.
        signal.pthread_kill(threading.main_thread().ident or 0, signal.SIGINT)


if __name__ == "__main__":
    try:
        main()
    except (KeyboardInterrupt, BrokenPipeError):
        sys.exit(1)
