"""The moving average of a network's parameters: what is validated, kept, and gone on from."""

import json
from pathlib import Path

import pytest
import torch
from clips_lab import clips_of, predict, reaction, train, write_clips
from safetensors.torch import load_file
from torch import Tensor, nn
from training_lab import SAME_BYTES

from affectflow.config.system.branch import Branch
from affectflow.training import session
from affectflow.training.lit import Callback, LightningModule, Trainer

DECAY = 0.8
EVERY: dict[str, object] = {"ema": DECAY, "epochs": 3, "batch": 6, "patience": 9}


class _Steps(Callback):
    """What a network's parameters are after every step."""

    seen: list[dict[str, Tensor]]

    def __init__(self) -> None:
        self.seen = []

    def on_train_batch_end(self, trainer: Trainer, module: LightningModule, *rest: object) -> None:
        network = module.network
        assert isinstance(network, nn.Module)
        self.seen.append({name: tensor.detach().clone() for name, tensor in network.state_dict().items()})


@pytest.fixture(scope="module")
def work(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_clips(tmp_path_factory.mktemp("clips"), clips_of(18, 6))


def train_recorded(work: Path, folder: Path, branch: Branch, monkeypatch: pytest.MonkeyPatch) -> tuple[Path, _Steps]:
    """A training, and its steps."""
    steps, trainer_class = _Steps(), session.Trainer

    def trainer(*, callbacks: list[Callback], **rest: object) -> Trainer:
        return trainer_class(callbacks=[*callbacks, steps], **rest)  # type: ignore[arg-type]

    monkeypatch.setattr(session, "Trainer", trainer)
    return train(work, folder, branch), steps


def test_the_average_is_kept_and_validated(work: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    model, steps = train_recorded(work, tmp_path, reaction(**EVERY), monkeypatch)
    kept = json.loads((model / "branch.json").read_text())["kept"]
    assert len(steps.seen) == 9
    names = dict(steps.seen[0])
    averages = [steps.seen[0]]
    for parameters in steps.seen[1:]:
        # Equal to the definition, e <- decay e + (1 - decay) w, from the first step's parameters on.
        averages.append({n: DECAY * averages[-1][n] + (1 - DECAY) * parameters[n] for n in names})
    state = load_file(model / "model.safetensors")
    expected, last = averages[3 * kept["epoch"] - 1], steps.seen[3 * kept["epoch"] - 1]
    for name, tensor in state.items():
        torch.testing.assert_close(tensor, expected[name], atol=1e-6, rtol=0)
    assert max(float((state[name] - last[name]).abs().max()) for name in state) > 1e-3, "not the parameters themselves"
    # The kept score is that of the kept network.
    predictions = predict(work, model, "validation", tmp_path / "p.parquet")
    outputs = torch.tensor([list(values) for values in predictions.values()]).float()
    target = torch.tensor([list(clip.intensities) for clip in clips_of(18, 6) if clip.split == "validation"]).float()
    centred = [(scores - scores.mean(0)) / scores.std(0, correction=0) for scores in (outputs, target)]
    assert float((centred[0] * centred[1]).mean(0).mean()) == pytest.approx(kept["total"], abs=1e-5)


def test_buffers_are_those_of_the_last_step(work: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    model, steps = train_recorded(work, tmp_path, reaction(**EVERY), monkeypatch)
    state = load_file(model / "model.safetensors")
    buffers = [name for name in state if name.startswith("standardised")]
    assert len(buffers) == 4
    assert all(torch.equal(state[name], steps.seen[-1][name]) for name in buffers)


def test_an_interrupted_training_ends_with_the_same_bytes(
    work: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = train(work, tmp_path / "whole", reaction(**EVERY))
    kill = tmp_path / "killed"

    class _Killed(Callback):
        def on_train_epoch_start(self, trainer: Trainer, module: LightningModule) -> None:
            if trainer.current_epoch == 2:
                raise KeyboardInterrupt

    real = session.Trainer
    with monkeypatch.context() as patch:
        patch.setattr(
            session,
            "Trainer",
            lambda *, callbacks, **rest: real(callbacks=[*callbacks, _Killed()], **rest),
        )
        with pytest.raises((KeyboardInterrupt, SystemExit)):
            train(work, kill, reaction(**EVERY))
    assert (kill / "checkpoints" / "last.ckpt").exists()
    resumed = train(work, kill, reaction(**EVERY))
    assert json.loads((resumed / "run.json").read_text())["resumed"]
    for name in SAME_BYTES:
        assert (resumed / name).read_bytes() == (whole / name).read_bytes()


def test_without_it_the_parameters_themselves_are_kept(
    work: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    model, steps = train_recorded(work, tmp_path, reaction(**EVERY | {"ema": 0.0}), monkeypatch)
    kept = json.loads((model / "branch.json").read_text())["kept"]
    state = load_file(model / "model.safetensors")
    assert all(torch.equal(state[name], steps.seen[3 * kept["epoch"] - 1][name]) for name in state)
