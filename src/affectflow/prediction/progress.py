"""How far a batch is: a bar with the time left on a terminal, plain lines elsewhere."""

import sys
import time
from collections.abc import Callable
from types import TracebackType

from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn

from affectflow.core.counting import counted

_SECONDS = 30.0


class BatchProgress:
    """Tells on standard error what is done and how long the rest will take, judged by the bytes of the videos.

    Args:
        sizes: bytes of each video.
        stages: how many stages each has.
        clock: seconds.
    """

    def __init__(self, sizes: list[int], stages: int, clock: Callable[[], float] = time.monotonic) -> None:
        self._sizes, self._stages = [max(size, 1) for size in sizes], stages
        self._clock, self._begin = clock, clock()
        self._number, self._name, self._stage, self._now = 0, "", 0, ""
        self._share = 0.0
        self._last_line_at: float | None = None
        columns = (TextColumn("{task.description}", markup=False), BarColumn(), TextColumn("{task.fields[left]}"))
        self._bar = Progress(*columns, console=Console(stderr=True)) if sys.stderr.isatty() else None
        self._task = self._bar.add_task("", total=sum(self._sizes), left="") if self._bar else None

    def __enter__(self) -> "BatchProgress":
        if self._bar:
            self._bar.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        if self._bar:
            self._bar.stop()

    def video(self, name: str) -> None:
        """The next video begins."""
        self._number, self._stage, self._name = self._number + 1, 0, name

    def stage(self, name: str) -> None:
        """Its next stage begins."""
        self._stage, self._now, self._share, self._last_line_at = self._stage + 1, name, 0.0, None
        self._show(name)

    def within(self, done: int, total: int | None, unit: str) -> None:
        """The stage has come so far; where there is no bar a line says it every half minute."""
        now = self._clock()
        self._share = min(done / total, 1.0) if total else self._share
        self._last_line_at = now if self._last_line_at is None else self._last_line_at
        if self._bar or now - self._last_line_at >= _SECONDS:
            self._last_line_at = now
            self._show(f"{self._now}: {counted(done, total, unit)}", self._describe_rest())

    def line(self, words: str) -> None:
        """The video has ended, in these words."""
        self._stage, self._share = self._stages, 1.0
        self._print(words, self._describe_rest())

    def _show(self, stage: str, rest: str = "") -> None:
        if self._bar and self._task is not None:
            place = f"{self._place}: {stage}"
            self._bar.update(self._task, description=place, completed=self._bytes_done(), left=self._describe_rest())
        else:
            self._print(stage, rest)

    def _print(self, words: str, rest: str) -> None:
        print(f"{self._place}: {words}{f' · {rest}' if rest else ''}", file=sys.stderr, flush=True)

    @property
    def _place(self) -> str:
        return f"[{self._number}/{len(self._sizes)}] {self._name}"

    def _bytes_done(self) -> float:
        share = min((self._stage - 1 + self._share) / self._stages, 1.0)
        return sum(self._sizes[: self._number - 1]) + share * self._sizes[self._number - 1]

    def _describe_rest(self) -> str:
        finished = self._bytes_done()
        if not finished:
            return ""
        return remaining_time((self._clock() - self._begin) * (sum(self._sizes) - finished) / finished)


def remaining_time(seconds: float) -> str:
    """A time to wait, in words."""
    if seconds < 60:
        return "less than a minute left"
    hours, minutes = divmod(round(seconds / 60), 60)
    return f"about {f'{hours} h ' if hours else ''}{minutes} min left"


def spent(seconds: float) -> str:
    """A time that went by, in words."""
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours} h {minutes} min" if hours else f"{minutes} min {rest} s" if minutes else f"{rest} s"
