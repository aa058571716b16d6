"""How far a batch is: a bar with the time left on a terminal, plain lines elsewhere."""

import sys
import time
from collections.abc import Callable
from types import TracebackType

from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn

from affectflow.core.counting import counted

_SECONDS = 30.0
# Less than this share of the bytes tells nothing of the rest: such as a small file that is no video.
_TELLING = 0.01


class BatchProgress:
    """Tells on standard error what is done and how long the rest will take, judged by the bytes of the videos.

    Args:
        sizes: bytes of each video.
        stages: how many stages each has.
        clock: seconds.
    """

    def __init__(self, sizes: list[int], stages: int, clock: Callable[[], float] = time.monotonic) -> None:
        self._sizes, self.stages = [max(size, 1) for size in sizes], stages
        self.clock, self._begin = clock, clock()
        self._videos: list[VideoProgress] = []
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

    def video(self, name: str) -> "VideoProgress":
        """The next video begins; others may go on."""
        number = len(self._videos)
        place = f"[{number + 1}/{len(self._sizes)}] {name}"
        self._videos.append(VideoProgress(self, place, self._sizes[number]))
        return self._videos[-1]

    @property
    def has_bar(self) -> bool:
        """Whether what is shown takes the place of what was shown before."""
        return self._bar is not None

    def show(self, text: str) -> None:
        """In the bar with the time left, or as a line."""
        if self._bar and self._task is not None:
            done = sum(video.bytes for video in self._videos)
            self._bar.update(self._task, description=text, completed=done, left=self.describe_rest())
        else:
            self.say(text)

    def say(self, text: str, rest: str = "") -> None:
        """As a line, with the time left where it is given."""
        print(f"{text}{f' · {rest}' if rest else ''}", file=sys.stderr, flush=True)

    def describe_rest(self) -> str:
        """The time left, in words; nothing while nobody can tell."""
        finished = sum(video.bytes for video in self._videos)
        if finished < _TELLING * sum(self._sizes):
            return ""
        return remaining_time((self.clock() - self._begin) * (sum(self._sizes) - finished) / finished)


class VideoProgress:
    """How far one video is.

    Args:
        batch: all of them.
        place: which one of all it is, in words.
        size: its bytes.
    """

    def __init__(self, batch: BatchProgress, place: str, size: int) -> None:
        self._batch, self._place, self._size = batch, place, size
        self._stage, self._name, self._share = 0, "", 0.0
        self._last_line_at: float | None = None

    def stage(self, name: str) -> None:
        """Its next stage begins."""
        self._stage, self._name, self._share, self._last_line_at = self._stage + 1, name, 0.0, None
        self._batch.show(f"{self._place}: {name}")

    def within(self, done: int, total: int | None, unit: str) -> None:
        """The stage has come so far; where there is no bar a line says it every half minute."""
        now = self._batch.clock()
        self._share = min(done / total, 1.0) if total else self._share
        self._last_line_at = now if self._last_line_at is None else self._last_line_at
        words = f"{self._place}: {self._name}: {counted(done, total, unit)}"
        if self._batch.has_bar:
            self._batch.show(words)
        elif now - self._last_line_at >= _SECONDS:
            self._last_line_at = now
            self._batch.say(words, self._batch.describe_rest())

    def line(self, words: str) -> None:
        """It has ended, in these words."""
        self._stage, self._share = self._batch.stages, 1.0
        self._batch.say(f"{self._place}: {words}", self._batch.describe_rest())

    @property
    def bytes(self) -> float:
        """Of its bytes, those that are done, by its stages."""
        return self._size * min(max(self._stage - 1 + self._share, 0) / self._batch.stages, 1.0)


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
