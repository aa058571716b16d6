"""Prediction files of utterances and of whole clips against the organisers' lists."""

from collections.abc import Callable
from pathlib import Path

import pytest
from hume_factory import HEADER, write_hume
from omg_factory import Row, write_list

from affectflow.cli.main import main

OFFICIAL = 2229
"""Utterances of OMG-Emotion's test list."""


def omg(root: Path, labelled: bool = False) -> tuple[Path, list[str]]:
    """A test list of as many utterances as the official one, and the lines of a file that fits it."""
    rows = [Row(f"video{number // 7}", number % 7 + 1, 0.25, 0.5) for number in range(OFFICIAL)]
    lines = [f"{row.video},utterance_{row.number}.mp4,{row.arousal:.6f},{row.valence:.6f}" for row in rows]
    return write_list(root / "omg_TestVideos_WithoutLabels.csv", rows, labelled), [
        "video,utterance,arousal,valence",
        *lines,
    ]


def hume(root: Path, brackets: bool = True) -> tuple[Path, list[str]]:
    """A table of splits, and the lines of a file that fits it."""
    splits = {f"{number:05d}": ("train", "val", "test")[number % 3] for number in range(30)}
    corpus = write_hume(root, splits, (True, brackets))
    test_clips = [clip for clip, split in splits.items() if split == "test"]
    names = [f"[{clip}]" if brackets else clip for clip in test_clips]
    return corpus / "partition.csv", [HEADER, *(f"{name},0.1,0.2,0.3,0.4,0.5,0.6,1.000000" for name in names)]


def check(capsys: pytest.CaptureFixture[str], sample: Path, lines: list[str], *words: str) -> tuple[int, list[str]]:
    file = sample.parent / "predictions.csv"
    file.write_text("\n".join(lines) + "\n")
    status = main(["check-submission", str(file), "--sample", str(sample), *words])
    captured = capsys.readouterr()
    return status, (captured.out + captured.err).splitlines()


@pytest.mark.parametrize("labelled", [False, True])
def test_omg_fits_the_official_list(tmp_path: Path, capsys: pytest.CaptureFixture[str], labelled: bool) -> None:
    sample, lines = omg(tmp_path, labelled)
    status, output = check(capsys, sample, lines)
    assert (status, output) == (0, [f"{tmp_path / 'predictions.csv'}: fits: 2229 rows, track va"])


@pytest.mark.parametrize("brackets", [True, False])
def test_hume_fits_the_table_of_splits(tmp_path: Path, capsys: pytest.CaptureFixture[str], brackets: bool) -> None:
    sample, lines = hume(tmp_path / "hume", brackets)
    status, output = check(capsys, sample, lines)
    assert (status, output) == (0, [f"{sample.parent / 'predictions.csv'}: fits: 10 rows, track eri"])


Make = Callable[[Path], tuple[Path, list[str]]]
CHANGES: dict[str, tuple[Callable[[list[str]], list[str]], str]] = {
    "missing rows": (lambda lines: [*lines[:3], *lines[4:]], ", row 3 of the list"),
    "extra rows": (lambda lines: [*lines, f"x{lines[1]}"], "is not in the list"),
    "duplicates": (lambda lines: [*lines, lines[2]], "stands there a second time"),
    "order": (lambda lines: [*lines[:2], lines[3], lines[2], *lines[4:]], "stands after a row that the list has later"),
    "header": (lambda lines: [lines[0].lower() + "s", *lines[1:]], "line 1: found"),
    "columns": (lambda lines: [*lines[:2], lines[2] + ",0", *lines[3:]], "line 3: found"),
    "values": (
        lambda lines: [*lines[:2], lines[2].rpartition(",")[0] + ",1.5", *lines[3:]],
        "is 1.5, expected a number in",
    ),
    "empty lines": (lambda lines: [*lines, ""], "is empty"),
}


@pytest.mark.parametrize("make", [omg, hume])
@pytest.mark.parametrize("kind", CHANGES)
def test_each_fault_is_found(tmp_path: Path, capsys: pytest.CaptureFixture[str], make: Make, kind: str) -> None:
    sample, lines = make(tmp_path / "corpus")
    change, message = CHANGES[kind]
    status, output = check(capsys, sample, change(lines))
    assert status == 1 and output[0] == f"{kind}: 1" and message in output[1]
    assert len(output) == 3 and ": 1 problem(s): " in output[2]


def test_lists_of_another_track_or_without_test_clips_are_errors(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    sample, lines = hume(tmp_path / "hume")
    status, output = check(capsys, sample, lines, "--track", "va")
    assert (status, output) == (2, [f"error: {sample}: is of track eri, not of va; leave --track out"])
    sample.write_text("File_ID,Split\n[00001],Train\n")
    status, output = check(capsys, sample, lines)
    assert (status, output) == (
        2,
        [f"error: {sample}: has no clip of the test split; expected the table of splits that has"],
    )
