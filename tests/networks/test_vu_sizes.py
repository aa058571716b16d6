"""The full configuration of Vu and Beurton-Aimar on miniature data: what is stated, sizes, two steps of each."""

import csv
from collections.abc import Mapping
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from types import SimpleNamespace

import affectnet_factory
import numpy as np
import pytest
import stills_factory
import torch
from prepared_corpus import prepare
from repository import ROOT
from torch import Tensor

from affectflow.artifacts.layout import SETTINGS, feature_file
from affectflow.config.data.corpora import DemoCorpus
from affectflow.config.system.branch import Branch
from affectflow.config.system.execution import Device, Loader
from affectflow.config.system.load import load_run
from affectflow.config.system.settings import Run
from affectflow.config.training.sources import TrainingSource
from affectflow.config.training.trained import Augment
from affectflow.core.tasks import tasks_of
from affectflow.dataloading.source_members import FaceCorpus, Members
from affectflow.datasets.images.registry import list_images
from affectflow.inference.features import write_features, write_image_features
from affectflow.models.folder import save_json, save_model
from affectflow.models.readout import Readout
from affectflow.networks.network import Network
from affectflow.papers.registry import build_network
from affectflow.preprocessing.face.images import write_images
from affectflow.report.tables.figure_cells import deviation
from affectflow.report.tables.paper_table import Part, write_paper_table
from affectflow.synthetic.make import make_demo
from affectflow.training.module import BranchModule
from affectflow.training.source_data import SourceData

CONFIG = ROOT / "config" / "vu.yaml"
CNNS = ("Teacher-12", "Teacher-123", "Student", "Student-shared")
GRUS = ("GRU-Teacher", "GRU-Student")
TEACHERS = dict.fromkeys(("Student", "Student-shared"), "Teacher-123") | {"GRU-Student": "GRU-Teacher"}
SIZES = dict.fromkeys(CNNS, 24_047_343) | dict.fromkeys(GRUS, 155_055)
"""Worked from the layers' sizes in test_head_networks, for 2 x 20 bins and 7 expressions."""
BATCH, COPIES = 4, 2  # smaller here, to be quick: a set's batch, and the views of a training frame
BOTH = tasks_of("va+expr", "abaw2")
CPU = Device(gpus=0, threads=2)


@pytest.fixture(scope="module")
def stated() -> Run:
    """The configuration as it is."""
    return load_run(CONFIG)


def branch_of(run: Run, name: str) -> Branch:
    """A branch, which stands the same in both tracks."""
    assert run.used["va"].branches[name] == run.used["expr"].branches[name]
    return run.used["va"].branches[name]


def test_the_branches_are_those_of_the_paper(stated: Run) -> None:
    assert (list(stated.used), stated.edition) == (["va", "expr"], "abaw2")
    for track in stated.used.values():
        assert tuple(track.branches) == (*CNNS, *GRUS)
        assert [method.branches for method in track.methods.values()] == [(name,) for name in track.branches]
        assert track.submit == "Student model", "of table 4"
    branches = {name: branch_of(stated, name) for name in SIZES}
    assert {name: branch.teacher for name, branch in branches.items() if branch.teacher} == TEACHERS
    assert all(branch.tracks == ("va", "expr") for branch in branches.values())
    assert {
        name: branch.features and branch.features.of for name, branch in branches.items() if branch.features
    } == dict.fromkeys(GRUS, ("Student-shared",)), "section 2.4: the student's features"


def test_the_sets_are_those_of_the_paper(stated: Run) -> None:
    kinds = {name: source.kind for name, source in stated.images.items()}
    assert (kinds["expw"], kinds["afewva"], kinds["affectnet"]) == ("expw", "afewva", "affectnet")
    assert (stated.corpus.name, stated.corpus.kind) == ("affwild2", "affwild2")

    def describe(
        source: TrainingSource,
    ) -> tuple[tuple[str, ...], tuple[str, ...], tuple[str, ...], tuple[str, ...], bool]:
        return source.images, source.corpora, source.tracks, source.shared, source.complete

    for name in SIZES:
        sets, recurrent = branch_of(stated, name).sources, name in GRUS
        shared = name in ("Student-shared", "GRU-Student")
        # The GRUs see sequences of Aff-Wild2 alone where they see sequences, as config/systems/vu.yaml says.
        expected = {
            "EXPR": (() if recurrent else ("expw",), ("affwild2",), ("expr",), ("va",) if shared else (), False),
            "VA": (() if recurrent else ("afewva",), ("affwild2",), ("va",), ("expr",) if shared else (), False),
            "EXPR_VA": (("affectnet",), (), ("va", "expr"), (), True),
        }
        if name == "Teacher-12":
            del expected["EXPR_VA"]
        assert {title: describe(source) for title, source in sets.items()} == expected, name
        batches = {"EXPR": 16, "VA": 16, "EXPR_VA": 16 * 32} if recurrent else dict.fromkeys(sets, 64)
        assert {title: source.batch for title, source in sets.items()} == batches, (
            "section 3.1, and N frames of each set"
        )
        validated = [
            (title, source.members("validation")) for title, source in sets.items() if source.validate_on != "none"
        ]
        assert validated == [(title, ((), ("affwild2",))) for title in ("EXPR", "VA")], "of Aff-Wild2, section 3.2"


def test_networks_and_training_are_those_of_the_paper(stated: Run) -> None:
    assert stated.seeds == 10, "section 3.2"
    for name in SIZES:
        branch = branch_of(stated, name)
        assert (branch.optimizer.name, branch.optimizer.lr, branch.schedule.name) == ("adam", 1e-4, "constant"), (
            "section 3.1"
        )
        assert (branch.epochs, branch.patience) == (40, 5), "section 3.1"
        loss = branch.loss
        assert (loss.by_source, loss.cross_entropy, loss.bins, loss.ccc, loss.mse) == ("sum", 1, 1, 1, 0), (
            "equations 1-3, 7"
        )
        assert branch.bins is not None and branch.bins.count == 20
        if branch.teacher:
            assert (loss.distillation.label_weight, loss.distillation.temperature_squared) == (0.6, False), (
                "lambda of equation 8"
            )
    for name in CNNS:
        branch = branch_of(stated, name)
        assert branch.network.name == "head_cnn" and (branch.network.backbone, branch.network.width) == ("resnet50", 64)
        assert branch.picture.size == stated.faces.size == 112
        assert branch.augment.flip > 0 and branch.augment.crop > 0, "section 2.3: translation and flip"
        assert branch.augment.model_copy(update={"flip": 0.0, "crop": 0.0}) == Augment(), "section 2.3: no other"
    for name in GRUS:
        branch = branch_of(stated, name)
        assert branch.network.name == "head_gru" and branch.network.bidirectional and branch.network.hidden == 64
        assert branch.sequence.length == 32, "section 2.4"
        assert branch.features is not None and branch.features.augmented_copies > 1, (
            "section 2.4: augmented in sequence level"
        )


# EXPR, valence and arousal, as the paper prints them.
PRINTED = {
    "table1": {
        "Baseline": ("0.366", "0.23", "0.21"),
        "Multitask T in {1, 2}": ("0.498", "0.374", "0.407"),
        "Multitask T in {1, 2, 3}": ("0.513", "0.438", "0.398"),
    },
    "table2": {"No sharing": ("0.513", "0.472", "0.412"), "With sharing": ("0.525", "0.471", "0.421")},
    "table3": {"Teacher model": ("0.555", "0.523", "0.543"), "Student model": ("0.555", "0.526", "0.551")},
    "table4": {
        "Zhang et al. [24]": ("", "0.32", "0.55"),
        "Gera et al. [25]": ("0.465", "", ""),
        "Deng et al. [14]": ("0.493", "0.335", "0.515"),
        "Kuhnke et al. [26]": ("0.546", "0.493", "0.613"),
        "Student model": ("0.555", "0.526", "0.551"),  # "Our model"
    },
}


@pytest.mark.parametrize("name", PRINTED)
def test_the_tables_have_the_paper_s_rows_and_figures(stated: Run, name: str, tmp_path: Path) -> None:
    table = stated.system.tables[name]
    assert (table.split, table.over) == ("validation", "seeds") and table.title.startswith(f"Table {name[-1]}. ")
    systems = [(stated.track(track), stated.used[track]) for track in table.tracks]
    parts = [Part(track, used.methods, used.cited, {}, {}) for track, used in systems]
    out = tmp_path / "table.csv"
    write_paper_table(table, parts, deviation(stated.seeds), "affwild2", "affwild2", out, tmp_path / "table.md")
    with out.open(encoding="utf-8", newline="") as lines:
        rows = list(csv.DictReader(lines))
    columns = [column for column in rows[0] if "paper" in column]
    assert columns == ["track2_paper_total", "track1_paper_ccc_valence", "track1_paper_ccc_arousal"]
    figures = {row["method"]: tuple(row[column] for column in columns) for row in rows}
    expected = {row: tuple(cell and f"{float(cell):.3f}" for cell in cells) for row, cells in PRINTED[name].items()}
    assert list(figures.items()) == list(expected.items()), "in the paper's order"


def test_the_tables_are_four(stated: Run) -> None:
    assert list(stated.system.tables) == list(PRINTED)


@dataclass(frozen=True)
class Prepared:
    """The configuration on miniature corpora, and where what is learnt from lies."""

    run: Run
    members: Members

    def branch(self, name: str) -> Branch:
        """A branch of the paper's size, with smaller batches and fewer views."""
        branch = branch_of(self.run, name)
        sets = {title: source.model_copy(update={"batch": BATCH}) for title, source in branch.sources.items()}
        features = branch.features and branch.features.model_copy(update={"augmented_copies": COPIES})
        return branch.model_copy(update={"sources": sets, "features": features})


@pytest.fixture(scope="module")
def prepared(tmp_path_factory: pytest.TempPathFactory) -> Prepared:
    """Aff-Wild2 is filmed, the still pictures are drawn; from there on all is read as the corpora themselves are."""
    folder = tmp_path_factory.mktemp("corpora")
    make_demo(DemoCorpus(kind="demo", root=folder / "affwild2", edition="abaw2", subjects=(2, 1, 1), seconds=8, rate=5))
    stills_factory.write_expw(folder / "expw")
    stills_factory.write_afewva(folder / "afewva")
    affectnet_factory.write_later(folder / "affectnet", {"train": 20, "validation": 8})
    bare = {"branches": {name: {"init": None} for name in CNNS}}
    run = load_run(
        CONFIG,
        {
            "corpus": {"root": str(folder / "affwild2")},
            "images": {name: {"root": str(folder / name)} for name in ("expw", "afewva", "affectnet")},
            "system": {"tracks": {"va": bare, "expr": bare}},
        },
    )
    assert run.pictured == ["afewva", "affectnet", "expw"] and not run.pretrained
    for name in run.pictured:
        source, out = run.images[name], folder / "stored" / name
        for split in ("train", "validation"):
            stills = list_images(source, split)
            write_images(stills, source.size, source.quality, out / f"{split}.arrow", out / f"{split}.csv", name)
    corpus = FaceCorpus(folder / "work", prepare(run, folder / "work"))
    return Prepared(run, Members({name: folder / "stored" / name for name in run.pictured}, {"affwild2": corpus}))


@pytest.fixture(scope="module")
def features(prepared: Prepared, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What a Student-shared of random weights sees, as GRUs read it."""
    folder, model = tmp_path_factory.mktemp("features"), tmp_path_factory.mktemp("model")
    branch = prepared.branch("Student-shared")
    inputs = {"face": (3, 112, 112)}
    save_model(model, build_random(branch, inputs).state_dict())
    about = {"branch": "Student-shared", "track": "va+expr", "edition": "abaw2", "inputs": inputs, "seed": 1}
    save_json(model / SETTINGS, about | {"settings": branch.model_dump(mode="json")})
    corpus, loader = prepared.members.corpora["affwild2"], Loader()
    manifests = [source.manifest for source in corpus.sources.values()]
    for split, copy in (*(("train", copy) for copy in range(COPIES)), ("validation", 0)):
        out = folder / feature_file(split, copy)
        write_features(model, manifests, corpus.work, split, out, device=CPU, loader=loader, copy=copy)
    for copy in range(COPIES):
        out = folder / feature_file("train", copy, "affectnet")
        stills = prepared.members.images["affectnet"] / "train.arrow"
        write_image_features(model, stills, out, device=CPU, loader=loader, copy=copy)
    return folder


def build_random(branch: Branch, inputs: Mapping[str, tuple[int, ...]]) -> Network:
    """A branch's network with random weights."""
    assert branch.init == {}
    return build_network(branch.network, dict(inputs), Readout(BOTH, branch.bins).sizes)


def parameters(network: Network) -> dict[str, Tensor]:
    return {name: value.detach().clone() for name, value in network.named_parameters()}


def two_steps(
    name: str, prepared: Prepared, feature_folders: Mapping[str, Path]
) -> tuple[SourceData, list[dict[str, Tensor]]]:
    """Train a branch for two steps with its own optimiser and loss; what it learnt from, and the two batches."""
    branch = prepared.branch(name)
    data = SourceData(branch, BOTH, prepared.members, 1, Loader(), feature_folders)
    data.trainer = SimpleNamespace(current_epoch=0, global_rank=0, world_size=1)  # type: ignore[assignment]
    torch.manual_seed(0)
    network = build_random(branch, data.inputs())
    teacher = build_random(prepared.branch(branch.teacher), data.inputs()) if branch.teacher else None
    assert {count(model) for model in (network, teacher) if model} == {SIZES[name]}
    module = BranchModule(name, branch, Readout(BOTH, branch.bins), network, data, 1, teacher=teacher)
    module.trainer = SimpleNamespace(world_size=1, current_epoch=0)  # type: ignore[assignment]
    optimizer = module.configure_optimizers()
    assert isinstance(optimizer, torch.optim.Adam) and optimizer.param_groups[0]["lr"] == 1e-4
    before, teacher_before = parameters(network), parameters(teacher) if teacher else {}
    module.train()
    batches = list(islice(data.train_dataloader(), 2))
    assert len(batches) == 2
    for step, batch in enumerate(batches):
        loss = module.training_step(batch, step)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        assert loss.isfinite() and loss > 0
    assert not [key for key, parameter in network.named_parameters() if torch.equal(before[key], parameter)], (
        "all are learnt"
    )
    if teacher:
        assert all(torch.equal(teacher_before[key], parameter) for key, parameter in teacher.named_parameters())
    return data, batches


def count(network: Network) -> int:
    return sum(parameter.numel() for parameter in network.parameters())


def check_sets(name: str, prepared: Prepared, data: SourceData, batches: list[dict[str, Tensor]]) -> None:
    """Every step has a batch of each set, whose annotations are those that the paper's equations count."""
    sets = branch_of(prepared.run, name).sources
    for batch in batches:
        assert sorted(batch["source"].tolist()) == [number for number in range(len(sets)) for _ in range(BATCH)]
    source_of = np.repeat(list(sets), list(data.train.sizes.values()))[data.train.owners]
    for title, source in sets.items():
        annotated = ~np.isnan(data.targets[source_of == title])
        for track, columns in (("va", slice(0, 2)), ("expr", slice(2, 3))):
            present = annotated[:, columns]
            assert present.all() if track in source.tracks else present.any() == (track in source.shared), (
                title,
                track,
            )


@pytest.mark.parametrize("name", CNNS)
def test_a_cnn_of_the_papers_size_takes_two_steps_of_its_sets(name: str, prepared: Prepared) -> None:
    data, batches = two_steps(name, prepared, {})
    check_sets(name, prepared, data, batches)
    assert {batch["face"].shape[1:] for batch in batches} == {(1, 134, 134, 3)}  # 112 are seen, as in the public code
    assert data.inputs() == {"face": (3, 112, 112)}


@pytest.mark.parametrize("name", GRUS)
def test_a_gru_of_the_papers_size_takes_two_steps_of_its_sets(name: str, prepared: Prepared, features: Path) -> None:
    data, batches = two_steps(name, prepared, {"Student-shared": features})
    check_sets(name, prepared, data, batches)
    assert {batch["features"].shape[1:] for batch in batches} == {(32, 256)}
