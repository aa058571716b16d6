"""The full configurations of Kollias and Zafeiriou on miniature data in the layout of their corpora: sizes, and two
steps."""

import shutil
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from itertools import cycle
from pathlib import Path

import affectnet_factory
import corpus_factory as factory
import pytest
import stills_factory
import torch
from media_factory import ffmpeg
from omg_factory import make_omg
from prepared_corpus import prepare
from repository import ROOT

from affectflow.config.data.corpora import DemoCorpus
from affectflow.config.system.branch import Branch
from affectflow.config.system.execution import Loader
from affectflow.config.system.load import load_run
from affectflow.config.system.settings import Run
from affectflow.core.tasks import Tasks, tasks_of
from affectflow.core.tracks import TrackName
from affectflow.dataloading.batches import batch_loader, frame_shapes
from affectflow.dataloading.cutting import Cutting
from affectflow.dataloading.dataset import open_sequences
from affectflow.dataloading.index import Labelled, SplitIndex, read_indices
from affectflow.dataloading.inputs import make_inputs
from affectflow.dataloading.source import Source
from affectflow.dataloading.source_members import FaceCorpus, Members
from affectflow.models.readout import Readout
from affectflow.papers.registry import build_network
from affectflow.relatedness.matrices import read_relatedness
from affectflow.synthetic.make import make_demo
from affectflow.training.coupled import Coupled
from affectflow.training.objective import Objective
from affectflow.training.optimizers import build_optimizer
from affectflow.training.source_data import SourceData

CONFIG = ROOT / "config"


def affwild2(root: Path) -> Path:
    """In the layout of Aff-Wild2, with faces."""
    make_demo(DemoCorpus(kind="demo", root=root, edition="abaw1", subjects=(2, 1, 1), seconds=1, rate=5))
    return root


def faces(root: Path) -> list[Path]:
    """Videos of five frames with a face."""
    return sorted(affwild2(root).rglob("*.mp4"))


def affwild(root: Path) -> Path:
    factory.affwild(root, factory.VIDEOS[:3], frames=5)
    for video, recording in zip(sorted(root.rglob("*.mp4")), faces(root.parent / "recordings"), strict=False):
        shutil.copy(recording, video)
    return root


def omg(root: Path) -> Path:
    return make_omg(root, faces(root.parent / "recordings"))


def disfa(root: Path) -> Path:
    factory.disfa(root, factory.PEOPLE[:5], frames=5)
    for video, recording in zip(sorted(root.rglob("*.avi")), cycle(faces(root.parent / "recordings")), strict=False):
        ffmpeg("-i", recording, "-an", video)
    return root


def afewva(root: Path) -> Path:
    return factory.afewva(root, factory.VIDEOS[:5], media=True)


def bp4d(root: Path) -> Path:
    factory.bp4d(root, factory.TASKS[::2])
    tasks = sorted(path for path in (root / "2D+3D").glob("*/*"))
    for folder, recording in zip(tasks, cycle(faces(root.parent / "recordings")), strict=False):
        ffmpeg("-i", recording, "-start_number", 0, folder / "%04d.jpg")
    return root


# What each network's parameters sum to: worked from the layers' sizes in test_multi_rnn for those that stand there.
SIZES = {
    "affwildnet": {
        "VGG-16": 50_382_658,
        "ResNet-50": 23_512_130,
        "VGG-FACE": 50_382_658,
        "VGG-FACE-LSTM": 35_889_218,
        "AffWildNet": 35_872_322,
        "AffWildNet-ResNet": 27_510_782,
    },
    "multirnn": {
        "ResNet-50": 23_512_130,
        "ResNet-RNN": 24_443_714,
        "CNN-1RNN": 65_953_346,
        "CNN-3RNN": 66_251_842,
        "Model-FC": 132_270_082,
        "Model-RNN": 132_450_946,
    },
    "mtvgg_affwild": {
        "VGG": 50_382_658,
        "VGG-A": 35_701_442,
    },
    "mtvgg": {
        "MT-VGG": 50_444_113,
        "MT-VGG-GRU-V": 35_317_201,
        "MT-VGG-A": 35_762_897,
        "MT-VGG-GRU-A": 20_635_985,
        "AV-MT-VGG-GRU": 56_198_289,
    },
    "facebehaviornet": dict.fromkeys(("FBN", "FBN-38", "FBN-AW2"), 50_480_986)
    | {"VA": 50_382_658, "EXPR": 50_403_143, "AU": 50_444_113},
}
LAYOUTS: dict[str, Callable[[Path], Path]] = {
    "affwildnet": affwild,
    "multirnn": omg,
    "mtvgg_affwild": affwild,
    "mtvgg": affwild2,
    "finetune/afewva": afewva,
    "finetune/disfa": disfa,
    "finetune/bp4d": bp4d,
    "finetune/bp4d_plus": bp4d,
    "facebehaviornet": affwild2,
}
# Of Table IV's other corpora the smallest network: what differs is the corpus.
BRANCHES = [(name, branch) for name, branches in SIZES.items() for branch in branches if name != "facebehaviornet"]
BRANCHES += [(f"finetune/{corpus}", "MT-VGG-GRU-V") for corpus in ("afewva", "disfa", "bp4d")]


@dataclass(frozen=True)
class Prepared:
    """A full configuration on its miniature corpus, which lies in `folder`."""

    folder: Path

    run: Run
    work: Path
    sources: dict[TrackName, Labelled]


@pytest.fixture(scope="module")
def prepared(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Prepared]:
    @cache
    def build(name: str) -> Prepared:
        folder = tmp_path_factory.mktemp("corpus")
        defaults = load_run(CONFIG / f"{name}.yaml")
        settings = {"root": str(LAYOUTS[name](folder / "corpus"))}
        changes = {"corpus": settings, "faces": {"min_score": 0.5}, "mel": defaults.mel.model_dump()}
        run = load_run(CONFIG / f"{name}.yaml", changes)
        return Prepared(folder, run, folder / "work", prepare(run, folder / "work"))

    return build


def shorten(run: Run, name: str) -> tuple[Branch, Tasks]:
    """A branch of the run with sequences of two frames, and what it learns."""
    track, branch = next((t, used.branches[name]) for t, used in run.used.items() if name in used.branches)
    short = branch.sequence.model_copy(update={"length": 2, "stride": 2})
    tasks = Tasks(tuple(run.track(t) for t in (branch.tracks or (track,))))
    return branch.model_copy(update={"sequence": short}), tasks


@pytest.mark.parametrize(("name", "branch"), BRANCHES)
def test_the_papers_size_takes_two_steps(name: str, branch: str, prepared: Callable[[str], Prepared]) -> None:
    corpus = prepared(name)
    settings, tasks = shorten(corpus.run, branch)
    sources = [corpus.sources[track.name] for track in tasks.tracks]
    index: SplitIndex = read_indices(sources, "train", tasks, settings.cross_split_subjects)
    data = open_sequences(Source(index, corpus.work, settings), Cutting(annotated_only=True))
    torch.manual_seed(0)
    network = build_network(settings.network, frame_shapes(data, settings), Readout(tasks).sizes)
    if name in SIZES:
        assert sum(parameter.numel() for parameter in network.parameters()) == SIZES[name][branch]
    objective = Objective(Readout(tasks), settings.loss, index.targets)
    optimizer = build_optimizer(settings.optimizer, network.parameters())
    before = network.get_submodule("output").weight.detach().clone()  # type: ignore[operator, union-attr]
    # Two sequences a step: all frames of an utterance have one annotation, with which alone nothing agrees.
    for batch in batch_loader(data, [[0, len(data) - 1], [1, len(data) - 2]], Loader().workers):
        outputs = network(make_inputs(batch, settings.streams, settings.picture), batch["mask"])
        loss = objective(outputs, batch["target"], batch["mask"])
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        assert loss.isfinite()
    assert not torch.equal(network.get_submodule("output").weight, before)


def stills(folder: Path) -> dict[str, Path]:
    """Stored faces of AffectNet, RAF-DB and EmotioNet, each read from its own layout."""
    affectnet_factory.write_later(folder / "affectnet", {"train": 6, "validation": 4})
    stills_factory.write_rafdb(folder / "rafdb")
    stills_factory.write_emotionet(folder / "emotionet")
    folders = {}
    for kind in ("affectnet", "rafdb", "emotionet"):
        settings = stills_factory.corpus(kind, folder / kind)
        folders[kind] = folder / "stored" / kind
        for split in ("train", "validation"):
            stills_factory.store_split(settings, split, folders[kind])
    return folders


@pytest.fixture(scope="module")
def members(prepared: Callable[[str], Prepared]) -> Members:
    """What FaceBehaviorNet's sets are made of, each corpus in its own layout."""
    corpora = {"affwild2_abaw1": "facebehaviornet"} | {n: f"finetune/{n}" for n in ("disfa", "bp4d", "bp4d_plus")}
    miniatures = {name: prepared(config) for name, config in corpora.items()}
    images = stills(miniatures["affwild2_abaw1"].folder / "stills")
    return Members(images, {name: FaceCorpus(one.work, one.sources) for name, one in miniatures.items()})


@pytest.mark.parametrize("name", SIZES["facebehaviornet"])
def test_facebehaviornet_takes_two_steps_of_all_its_sets(
    name: str, prepared: Callable[[str], Prepared], members: Members, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(CONFIG.parent)  # the tables of relatedness are named from there
    run = prepared("facebehaviornet").run
    track, settings = next((t, used.branches[name]) for t, used in run.used.items() if name in used.branches)
    tasks = tasks_of(settings.task(track), "union17")
    data = SourceData(settings, tasks, members, 0, Loader())
    assert all(data.train.sizes.values())
    torch.manual_seed(0)
    network = build_network(settings.network, data.inputs(), Readout(tasks).sizes)
    assert sum(parameter.numel() for parameter in network.parameters()) == SIZES["facebehaviornet"][name]
    coupling = settings.loss.coupling
    coupled = None if coupling is None else Coupled(Readout(tasks), coupling, read_relatedness(coupling.relatedness))
    objective = Objective(Readout(tasks), settings.loss, data.targets, coupled=coupled)
    optimizer = build_optimizer(settings.optimizer, network.parameters())
    for batch in batch_loader(data.train, [list(range(0, len(data.train), 9)), list(range(4, len(data.train), 9))], 0):
        outputs = network(make_inputs(batch, settings.streams, settings.picture), batch["mask"])
        loss = objective(outputs, batch["target"], batch["mask"])
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        assert loss.isfinite()


def test_table_vi_has_every_row_of_others() -> None:
    """The row of [37] stands in the paper's last column, which is BP4DS's; table IV names [37] for BP4D+."""
    table = load_run(CONFIG / "facebehaviornet.yaml").system.image_tables["table6"]
    assert table.rows["[37]"].paper == {"BP4D+ F1": 0.58} and table.columns["BP4D+ F1"].corpus == "bp4d_plus"
    assert load_run(CONFIG / "finetune/bp4d_plus.yaml").system.tables["table4"].corpus == "bp4d_plus"
    rows = list(table.rows)
    assert rows.index("[37]") == rows.index("DLE extension [36]") + 1 and len(rows) == 16
