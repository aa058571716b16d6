"""MLflow, so that it can never slow down or cost a training.

All calls are made in order by one thread. What fails is said once; the work goes on, and what was not logged is in
files, from which `affectflow sync-mlflow` logs it later.
"""

import queue
import sys
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from affectflow.tracking.store import client, first_line

if TYPE_CHECKING:
    from mlflow.tracking import MlflowClient

Call = Callable[["MlflowClient", str], object]
"""Something to do with a client and a run's id."""

_PAUSE_SECONDS = 60.0


@dataclass
class _AwaitedCall:
    """A call that somebody waits for."""

    call: Call
    done: threading.Event = field(default_factory=threading.Event)
    failure: str | None = None


class Tracker:
    """One MLflow run and the thread that logs it.

    Args:
        uri: tracking store.
        open_run: begins or finds the run; called until it succeeds.
        otherwise: what becomes of the work where the store does not answer, for the warning.
    """

    def __init__(self, uri: str, open_run: Callable[["MlflowClient"], str], otherwise: str) -> None:
        self.uri = uri
        self.run_id: str | None = None
        self._open_run, self._otherwise = open_run, otherwise
        self._api: MlflowClient | None = None
        self._warned = False
        self._pause_ends = 0.0
        self._calls: queue.SimpleQueue[Call | _AwaitedCall | None] = queue.SimpleQueue()
        threading.Thread(target=self._work, name="mlflow", daemon=True).start()

    def call(self, call: Call) -> None:
        """Make a call later; returns at once. For a minute after a failure such calls are left out."""
        self._calls.put(call)

    def ask(self, call: Call, seconds: float) -> str | None:
        """Make a call after those that wait, whatever failed before, and wait for it.

        Returns:
            What went wrong, None where nothing did.
        """
        awaited = _AwaitedCall(call)
        self._calls.put(awaited)
        if not awaited.done.wait(seconds):
            failure = f"no answer within {seconds:.0f} s"
            self._warn(failure)
            return failure
        return awaited.failure

    def stop(self) -> None:
        """End the thread after the calls that wait; does not wait itself."""
        self._calls.put(None)

    def _work(self) -> None:
        while (item := self._calls.get()) is not None:
            if isinstance(item, _AwaitedCall):
                item.failure = self._try(item.call)
                item.done.set()
            elif time.monotonic() >= self._pause_ends:
                self._try(item)

    def _try(self, call: Call) -> str | None:
        try:
            self._api = self._api or client(self.uri)
            self.run_id = self.run_id or self._open_run(self._api)
            call(self._api, self.run_id)
        # Whatever an unreachable store raises, from any of its many libraries, must not end a training.
        except Exception as error:
            failure = first_line(error)
            self._pause_ends = time.monotonic() + _PAUSE_SECONDS
            self._warn(failure)
            return failure
        self._pause_ends = 0.0
        return None

    def _warn(self, failure: str) -> None:
        if not self._warned:
            self._warned = True
            print(f"warning: MLflow at {self.uri}: {failure}; {self._otherwise}", file=sys.stderr, flush=True)
