"""Kills of a training without a process for each: what they leave of its checkpoints, and going on from there."""

import re
import shutil
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest
from training_lab import rows_of

from affectflow.training.session import Session

_EPOCH = re.compile(r": epoch (\d+)/")

Run = Callable[[Path], Path]
"""Trains with the checkpoints below a folder, and returns the folder that is left."""


def train_with_copies(run: Run, folder: Path, monkeypatch: pytest.MonkeyPatch) -> tuple[Path, list[Path]]:
    """A training that nobody disturbs, and copies of its checkpoints as a kill may leave them: after a file there got
    its name, for each one, with the half of another one that was being written."""
    checkpoints, real = folder / "checkpoints", Path.replace
    copies: list[Path] = []

    def replace(path: Path, target: Path) -> Path:
        placed = real(path, target)
        if Path(target).parent == checkpoints:
            copies.append(folder / "copies" / str(len(copies)))
            shutil.copytree(checkpoints, copies[-1])
            whole = Path(target).read_bytes()
            (copies[-1] / f".{Path(target).stem}.1.tmp{Path(target).suffix}").write_bytes(whole[: len(whole) // 2])
        return placed

    with monkeypatch.context() as patch:
        patch.setattr(Path, "replace", replace)
        out = run(folder)
    return out, copies


def assert_goes_on_from_each(
    run: Run,
    folder: Path,
    names: Sequence[str],
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    epochs: int = 6,
) -> list[dict[str, str]]:
    """A training that is killed at any moment of its first epochs, and run again, leaves the same bytes, and trains
    again at most the epoch in which it was killed; one that had ended trains none.

    Returns:
        Its rows.
    """
    monkeypatch.setattr(Session, "_draw", lambda *rest: None)  # pictures take most of the time, and are not compared
    whole, kills = train_with_copies(run, folder / "whole", monkeypatch)
    rows = rows_of(whole)
    output = capsys.readouterr().err
    assert [int(number) for number in _EPOCH.findall(output)] == list(range(1, len(rows) + 1))
    trained = set()
    for number, copy in enumerate([*kills, folder / "whole/checkpoints"]):
        folder_again = folder / f"again{number}"
        shutil.copytree(copy, folder_again / "checkpoints")
        out = run(folder_again)
        for name in names:
            assert (out / name).read_bytes() == (whole / name).read_bytes(), f"{name} after kill {number}"
        by_epoch = [int(epoch) for epoch in _EPOCH.findall(capsys.readouterr().err)]
        finished_epochs = len(rows) - len(by_epoch)
        assert by_epoch == list(range(finished_epochs + 1, len(rows) + 1)), f"after kill {number}"
        trained.add(finished_epochs)
        shutil.rmtree(folder_again)
    assert trained >= set(range(min(epochs, len(rows)) + 1)), "from the beginning, and after every epoch"
    return rows
