"""A student learns from its teacher: on the same inputs, without changing it, and reproducibly (Vu and
Beurton-Aimar)."""

import json
from pathlib import Path
from types import SimpleNamespace

import pytest
import torch
from features_lab import BOTH, cnn, corpus, gru, store, train
from killed_script import kill_at, run_again
from repository import ROOT
from safetensors.torch import load_file
from training_lab import rows_of

from affectflow.config.system.branch import Branch
from affectflow.config.system.execution import Loader
from affectflow.core.errors import InputError
from affectflow.dataloading.inputs import make_inputs
from affectflow.dataloading.source_members import Members
from affectflow.models.folder import load_model
from affectflow.models.readout import Readout
from affectflow.papers.registry import build_network
from affectflow.training.module import BranchModule
from affectflow.training.source_data import SourceData


@pytest.fixture(scope="module")
def members(tmp_path_factory: pytest.TempPathFactory) -> Members:
    return corpus(tmp_path_factory.mktemp("corpus"))


@pytest.fixture(scope="module")
def teacher(members: Members, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return train(members, tmp_path_factory.mktemp("models") / "Teacher", cnn())


def student(**changes: object) -> Branch:
    return cnn(teacher="Teacher", **changes)


def test_the_teacher_sees_what_the_student_sees_and_does_not_learn(members: Members, teacher: Path) -> None:
    settings = student()
    data = SourceData(settings, BOTH, members, 5, Loader())
    data.trainer = SimpleNamespace(current_epoch=0, global_rank=0, world_size=1)  # type: ignore[assignment]
    batch = next(iter(data.train_dataloader()))
    readout, teacher_network = Readout(BOTH, settings.bins), load_model(teacher).network
    network = build_network(settings.network, data.inputs(), readout.sizes)
    module = BranchModule("S", settings, readout, network, data, 5, teacher=teacher_network)
    module.train()
    outputs = module(batch)
    assert outputs.teacher is not None and not outputs.teacher.requires_grad and outputs.raw.requires_grad
    # Without dropout, by its running moments, and on the pictures that are changed for the student.
    reference = load_model(teacher).network.eval()
    inputs = make_inputs(batch, settings.streams, settings.picture)
    with torch.no_grad():
        assert torch.equal(outputs.teacher, reference(inputs, batch["mask"]))
        plain = make_inputs({k: v for k, v in batch.items() if k != "draw"}, settings.streams, settings.picture)
        assert not torch.equal(outputs.teacher, reference(plain, batch["mask"]))
    module.objective(outputs.raw, batch["target"], batch["mask"], None, batch["source"], outputs.teacher).backward()
    assert all(parameter.grad is None for parameter in teacher_network.parameters())
    assert {name for name, _ in module.named_parameters()} == {
        f"network.{name}" for name, _ in network.named_parameters()
    }
    module.eval()
    assert module(batch).teacher is None, "it is not asked in validation"


def test_a_student_is_a_model_of_its_own(members: Members, teacher: Path, tmp_path: Path) -> None:
    before = (teacher / "model.safetensors").read_bytes()
    models = [train(members, tmp_path / name, student(), teacher=teacher) for name in ("one", "two")]
    assert (teacher / "model.safetensors").read_bytes() == before
    assert len({(model / "model.safetensors").read_bytes() for model in models}) == 1, "the same bytes each time"
    assert load_file(models[0] / "model.safetensors").keys() == load_file(teacher / "model.safetensors").keys()
    other = train(
        members,
        tmp_path / "truth",
        student(
            loss=student().loss.model_copy(
                update={"distillation": student().loss.distillation.model_copy(update={"label_weight": 0.1})}
            )
        ),
        teacher=teacher,
    )
    assert rows_of(other) != rows_of(models[0]), "the weight of the annotations tells"


def test_a_gru_learns_from_a_gru_on_features(members: Members, teacher: Path, tmp_path: Path) -> None:
    features = {"CNN": store(members, teacher, tmp_path / "features")}
    first = train(members, tmp_path / "GRU-Teacher", gru(epochs=1), features=features)
    second = train(members, tmp_path / "GRU", gru(epochs=1, teacher="GRU-Teacher"), features=features, teacher=first)
    assert load_file(second / "model.safetensors").keys() == load_file(first / "model.safetensors").keys()
    assert json.loads((second / "branch.json").read_text())["splits"]["train"]["sequences"].keys() == {
        "EXPR",
        "VA",
        "EXPR_VA",
    }


def test_a_teacher_that_says_something_else_is_refused(members: Members, tmp_path: Path) -> None:
    other = train(members, tmp_path / "Teacher", cnn(bins={"count": 10}, epochs=1))
    with pytest.raises(InputError, match="its student predicts"):
        train(members, tmp_path / "S", student(), teacher=other)


def test_a_killed_student_goes_on_to_the_same_bytes(members: Members, teacher: Path, tmp_path: Path) -> None:
    settings = student(epochs=4)
    whole = train(members, tmp_path / "S", settings, teacher=teacher)
    video = members.corpora["video"]
    options: list[tuple[str, object]] = [
        ("branch-name", "S"),
        ("edition", "abaw2"),
        ("tracks", "va+expr"),
        ("branch", settings.model_dump_json()),
        *(("manifest", f"{name}={source.manifest}") for name, source in video.sources.items()),
        *(("labels", f"{name}={source.labels}") for name, source in video.sources.items()),
        ("corpus", f"video={video.work}"),
        ("images", f"affect={members.images['affect']}"),
        ("work", video.work),
        ("teacher", teacher),
        ("seed", 1),
        ("device", '{"gpus": 0, "threads": 1}'),
        ("tracking", json.dumps({"uri": f"sqlite:///{tmp_path}/mlflow.db"})),
        ("experiment", "x"),
        ("checkpoints", tmp_path / "checkpoints"),
        ("out", tmp_path / "out"),
    ]
    words = [str(word) for name, value in options for word in (f"--{name}", value)]
    words.insert(0, str(ROOT / "workflow/scripts/train.py"))
    kill_at(words, "S: epoch 2/4")
    rerun = run_again(words)
    assert rerun.returncode == 0 and "going on from" in rerun.stderr, rerun.stderr
    assert (tmp_path / "out/model.safetensors").read_bytes() == (whole / "model.safetensors").read_bytes()
