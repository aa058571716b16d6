"""A training that was killed at any moment and goes on is the one that nobody disturbed: the same bytes."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from clips_lab import Clip, clips_of, reaction, train, write_clips
from kills_lab import assert_goes_on_from_each
from segments_lab import lstm, write_corpus
from segments_lab import train as train_segments
from training_lab import SAME_BYTES, rows_of

from affectflow.config.system.branch import Branch
from affectflow.core.errors import InputError

EVERY: dict[str, Any] = {"epochs": 7, "batch": 6, "patience": 9}
LOWERED = {"name": "plateau", "patience": 0, "factor": 0.5}


@dataclass(frozen=True)
class Turned(Clip):
    """A clip whose features tell the opposite of what others' tell."""

    def features(self, sense: str) -> np.ndarray:
        return -super().features(sense)


@pytest.fixture(scope="module")
def work(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_clips(tmp_path_factory.mktemp("clips"), clips_of(18, 6))


@pytest.fixture(scope="module")
def turned(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What is learnt is wrong of the validation split: the score falls with every epoch."""
    clips = [
        Turned(clip.name, clip.split, clip.frames, clip.shard) if clip.split == "validation" else clip
        for clip in clips_of(18, 6)
    ]
    return write_clips(tmp_path_factory.mktemp("turned"), clips)


def check_resumption(
    work: Path, folder: Path, branch: Branch, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> list[dict[str, str]]:
    """Goes on from each kill; the rows."""
    return assert_goes_on_from_each(lambda where: train(work, where, branch), folder, SAME_BYTES, monkeypatch, capsys)


@pytest.mark.parametrize("corpus", ["work", "turned"])
@pytest.mark.parametrize(
    ("schedule", "rates"),
    [
        (LOWERED, {"work": 1, "turned": 6}),
        ({"name": "onecycle"}, 7),
        ({"name": "exponential", "hold": 2}, 6),
        ({"name": "linear", "hold": 2}, 6),
        ({"name": "constant"}, 1),
    ],
    ids=["plateau", "onecycle", "exponential", "linear", "constant"],
)
def test_with_every_schedule(
    request: pytest.FixtureRequest,
    tmp_path: Path,
    corpus: str,
    schedule: dict[str, Any],
    rates: int | dict[str, int],
    monkeypatch: Any,
    capsys: Any,
) -> None:
    """Where the score rises, and where it falls with every epoch."""
    branch = reaction(**EVERY, schedule=schedule)
    rows = check_resumption(request.getfixturevalue(corpus), tmp_path, branch, monkeypatch, capsys)
    totals = [float(row["total"]) for row in rows]
    assert len(set(totals)) == 7 and totals == sorted(totals, reverse=corpus == "turned")
    assert len({row["lr"] for row in rows}) == (rates if isinstance(rates, int) else rates[corpus])


def test_epochs_that_are_kept(turned: Path, tmp_path: Path, monkeypatch: Any, capsys: Any) -> None:
    rows = check_resumption(turned, tmp_path, reaction(**EVERY, epoch_ensemble=(2, 5)), monkeypatch, capsys)
    assert len(rows) == 5


def test_with_the_moving_average(turned: Path, tmp_path: Path, monkeypatch: Any, capsys: Any) -> None:
    rows = check_resumption(turned, tmp_path, reaction(**EVERY, ema=0.8, schedule=LOWERED), monkeypatch, capsys)
    # The rate is halved after each epoch but the first, which no score was before.
    assert [float(row["lr"]) for row in rows] == [5e-3 / 2 ** max(0, k - 1) for k in range(7)]
    last = torch.load(tmp_path / "whole/checkpoints/last.ckpt", weights_only=True)
    trained, average = last["current_model_state"], last["state_dict"]
    assert any(not torch.equal(weight, average[name]) for name, weight in trained.items()), "not twice the average"


@pytest.mark.parametrize("ema", [0.0, 0.8])
def test_after_a_stop_by_patience(turned: Path, tmp_path: Path, ema: float, monkeypatch: Any, capsys: Any) -> None:
    branch = reaction(**EVERY | {"patience": 3, "ema": ema})
    rows = check_resumption(turned, tmp_path, branch, monkeypatch, capsys)
    assert len(rows) == 1 + 3, "the best one, and three that are not better"
    # And again: it is no epoch longer for each start.
    assert len(rows_of(train(turned, tmp_path / "whole", branch))) == 4


def test_with_a_state_that_is_carried_along_videos(
    tmp_path_factory: pytest.TempPathFactory, tmp_path: Path, monkeypatch: Any, capsys: Any
) -> None:
    corpus = write_corpus(tmp_path_factory.mktemp("corpus"))
    branch = lstm(epochs=6, schedule=LOWERED, ema=0.9)
    assert branch.carries
    assert_goes_on_from_each(
        lambda where: train_segments(corpus, where, branch), tmp_path, SAME_BYTES, monkeypatch, capsys
    )


def test_a_checkpoint_that_somebody_removed_is_named(turned: Path, tmp_path: Path) -> None:
    branch = reaction(**EVERY | {"epochs": 2})
    train(turned, tmp_path, branch)
    (tmp_path / "checkpoints/best.ckpt").unlink()
    with pytest.raises(InputError, match=r"best\.ckpt: no such file. Delete .*checkpoints first"):
        train(turned, tmp_path, branch)
