"""What a batch says while it runs: a bar on a terminal, plain lines elsewhere."""

import io
import sys
import time
from itertools import count

import pytest

from affectflow.core.counting import each, heard_by
from affectflow.prediction.progress import BatchProgress, remaining_time


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (0, "less than a minute left"),
        (59.9, "less than a minute left"),
        (60, "about 1 min left"),
        (3599, "about 1 h 0 min left"),
        (9000, "about 2 h 30 min left"),
    ],
)
def test_time_left_in_words(seconds: float, words: str) -> None:
    assert remaining_time(seconds) == words


def run(monkeypatch: pytest.MonkeyPatch, stream: io.StringIO) -> str:
    """Two videos of two stages each, with a clock that goes on by 100 s whenever it is read."""
    clock = count(0, 100)
    monkeypatch.setattr(sys, "stderr", stream)
    with BatchProgress([1000, 3000], 2, lambda: next(clock)) as progress:
        for name in ("one [b].mp4", "two.mp4"):
            video = progress.video(name)
            for stage in ("decode", "faces"):
                video.stage(stage)
            video.line("9 frames")
    return stream.getvalue()


def test_plain_lines_where_there_is_no_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    assert run(monkeypatch, io.StringIO()).splitlines() == [
        "[1/2] one [b].mp4: decode",
        "[1/2] one [b].mp4: faces",
        # A quarter of the bytes in 100 s: three quarters are left.
        "[1/2] one [b].mp4: 9 frames · about 5 min left",
        "[2/2] two.mp4: decode",
        "[2/2] two.mp4: faces",
        "[2/2] two.mp4: 9 frames · less than a minute left",
    ]


def test_a_log_says_every_half_minute_how_far_a_stage_is(monkeypatch: pytest.MonkeyPatch) -> None:
    """A clock that goes on by 10 s whenever it is read: twice for a line, once for a frame without one."""
    clock, stream = count(0, 10), io.StringIO()
    monkeypatch.setattr(sys, "stderr", stream)
    with BatchProgress([1000], 2, lambda: next(clock)) as progress:
        video = progress.video("one.mp4")
        with heard_by(video.within):
            video.stage("decode")
            for _ in each(range(8), "one", None):
                pass
            video.stage("faces")
            for _ in each(range(4), "one", 4):
                pass
    assert stream.getvalue().splitlines() == [
        "[1/1] one.mp4: decode",
        # The first frame begins the half minutes.
        "[1/1] one.mp4: decode: 4 frames",
        "[1/1] one.mp4: decode: 7 frames",
        "[1/1] one.mp4: faces",
        "[1/1] one.mp4: faces: 4 of 4 frames · less than a minute left",
    ]


def test_two_videos_at_a_time(monkeypatch: pytest.MonkeyPatch) -> None:
    """With a clock that goes on by 100 s whenever it is read."""
    clock, stream = count(0, 100), io.StringIO()
    monkeypatch.setattr(sys, "stderr", stream)
    with BatchProgress([99, 1000, 901], 2, lambda: next(clock)) as progress:
        one, two = progress.video("one.mp4"), progress.video("two.mp4")
        one.stage("decode")
        two.stage("decode")
        two.stage("faces")  # half of 1000
        one.line("9 frames")
        three = progress.video("three.mp4")
        three.stage("decode")
        two.line("error: no")
        three.line("8 frames")
    assert stream.getvalue().splitlines() == [
        "[1/3] one.mp4: decode",
        "[2/3] two.mp4: decode",
        "[2/3] two.mp4: faces",
        # 599 of 2000 bytes in 100 s: 234 s are left.
        "[1/3] one.mp4: 9 frames · about 4 min left",
        "[3/3] three.mp4: decode",
        # 1099 in 200 s: 164 s.
        "[2/3] two.mp4: error: no · about 3 min left",
        "[3/3] three.mp4: 8 frames · less than a minute left",
    ]


def test_a_small_file_tells_nothing_of_the_time_left(monkeypatch: pytest.MonkeyPatch) -> None:
    stream = io.StringIO()
    monkeypatch.setattr(sys, "stderr", stream)
    with BatchProgress([9, 991], 2) as progress:
        progress.video("one.mp4").line("error: no video")
    assert stream.getvalue() == "[1/2] one.mp4: error: no video\n"


def test_a_job_of_the_workflow_says_how_far_it_is(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    clock = count(0, 2)
    monkeypatch.setattr(time, "monotonic", lambda: next(clock))
    assert list(each("abcdef", "shard", 6)) == list("abcdef")
    assert capsys.readouterr().err.splitlines() == ["shard: 3 of 6 frames", "shard: 6 of 6 frames"]


def test_a_bar_on_a_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setenv("COLUMNS", "100")
    output = run(monkeypatch, Terminal())
    assert "one [b].mp4" in output and "━" in output and "min left" in output
