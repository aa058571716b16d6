"""The full configurations of Li et al. on miniature data: what is stated, sizes, two steps of every kind of network."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from clips_lab import label_row, manifest_row, write_set
from repository import ROOT
from sound_lab import CPU, voice, write_frames, write_sound

from affectflow.artifacts.schemas import FRAMES, MANIFEST, SET_FEATURES, labels_schema
from affectflow.artifacts.tables import read_arrow, write_parquet
from affectflow.config.model.feature_sets import RANDOM, DeepSpectrumSet, FaceSet
from affectflow.config.model.reaction import InteractionTransformer
from affectflow.config.model.temporal import SegmentTransformer
from affectflow.config.system.branch import Branch
from affectflow.config.system.execution import Loader
from affectflow.config.system.load import load_run
from affectflow.config.system.settings import Run
from affectflow.core.tasks import Tasks, tasks_of
from affectflow.core.tracks import track_of
from affectflow.dataloading.index import Labelled
from affectflow.features.faces import FaceWeights, load_encoder
from affectflow.features.registry import build_extractor
from affectflow.features.sound import write_sound_features
from affectflow.models.folder import parameter_counts
from affectflow.models.readout import Readout
from affectflow.papers.registry import build_network
from affectflow.training.data import SequenceData
from affectflow.training.module import BranchModule

CONFIG = ROOT / "config"
ERI = track_of("eri")
NUMBERS = {"DeepSpectrum": 1024, "PosterV2": 768, "ViT": 768}
"""Section 3.1.2: 1024, and 1536 of both visual ones."""
FACES = {"InceptionResnetV1-1": 512, "InceptionResnetV1-2": 512, "Regnet": 888}


@pytest.fixture(scope="module")
def reaction() -> Run:
    return load_run(CONFIG / "li_hume.yaml")


@pytest.fixture(scope="module")
def expression() -> Run:
    return load_run(CONFIG / "li_affwild2.yaml")


def test_reaction_intensity_is_that_of_section_4_3(reaction: Run) -> None:
    branches = reaction.used["eri"].branches
    assert set(branches) == {"A", "V", "A-V", "AV", "AV-no-class", "AV-no-ema", "AV-no-l2"}
    for name, branch in branches.items():
        assert (branch.optimizer.name, branch.optimizer.lr, branch.schedule.name) == ("adam", 1e-4, "constant"), name
        assert (branch.batch, branch.epochs, branch.patience, branch.gradient_clip) == (256, 100, 15, 0.1), name
        assert branch.loss.mse == 1 and branch.loss.strongest == (0 if name == "AV-no-class" else 0.01)
        assert branch.ema == (0 if name == "AV-no-ema" else 0.99)
        assert branch.optimizer.weight_decay == (0 if name == "AV-no-l2" else 1e-3)
        network = branch.network
        assert isinstance(network, InteractionTransformer)
        assert (network.embedded, network.depth, network.heads, network.dropout) == (256, 1, 2, 0.5)
        interaction = network.interaction_depth, network.interaction_heads, network.interaction_dropout
        assert interaction == (1, 8, 0.1)
        assert network.interaction == (name != "A-V")
        assert network.steps == branch.sequence.length == 30
    assert {name: feature_set.sense for name, feature_set in reaction.feature_sets.items()} == {
        "DeepSpectrum": "sound",
        "PosterV2": "face",
        "ViT": "face",
    }
    assert branches["A"].streams == ("sound_features",) and branches["V"].streams == ("face_features",)


def test_the_tables_have_all_rows_and_figures_of_the_paper(reaction: Run, expression: Run) -> None:
    track, tables = reaction.used["eri"], reaction.system.tables
    ours = {title: method.paper["total"] for title, method in track.methods.items()}
    rows = tables["table1"].methods
    of_others = [track.cited[row]["total"] for row in rows if row in track.cited]
    assert of_others == [0.1087, 0.1835, 0.2488, 0.3893, 0.3454, 0.2978, 0.3590, 0.2382, 0.3025, 0.3968]
    assert [ours[row] for row in rows if row in ours] == [0.2299, 0.3924, 0.4377, 0.4394, 0.4452]
    assert [ours[row] for row in tables["table2"].methods] == [0.4394, 0.4306, 0.4281, 0.4165]
    track = expression.used["expr"]
    both = {title: method.paper.get("f1") for title, method in track.methods.items()}
    both |= {name: scores["f1"] for name, scores in track.cited.items()}
    assert [both[row] for row in expression.system.tables["table4"].methods] == [
        0.23,
        0.3035,
        0.339,
        0.284,
        0.346,
        None,
    ]
    assert track.methods["Ensemble"].branches == ("Regnet", "InceptionResnetV1-1", "InceptionResnetV1-2")


def test_the_tables_of_test_scores_have_all_teams_of_the_paper(reaction: Run, expression: Run) -> None:
    tables, score = reaction.system.tables, {"table3": (reaction, "eri", "total"), "table5": (expression, "expr", "f1")}
    scores = {}
    for name, (run, track, of) in score.items():
        used = run.used[track]
        test_scores = {title: method.paper_test for title, method in used.methods.items()} | used.cited_test
        scores[name] = [test_scores[row][of] for row in tables[name].methods]
        assert tables[name].split == "test"
    assert scores["table3"] == [0.4734, 0.4380, 0.4046, 0.3935, 0.3865, 0.3730, 0.3667, 0.2527, 0.1789]
    assert scores["table5"] == [
        0.4121, 0.4072, 0.3532, 0.3337, 0.3292, 0.3218, 0.3075, 0.3047, 0.2278, 0.2277, 0.2050,
    ]  # fmt: skip


def test_expression_is_learnt_by_the_focal_loss_from_three_networks(expression: Run) -> None:
    assert expression.edition == "abaw3" and len(expression.track("expr").outputs) == 8
    for name, branch in expression.used["expr"].branches.items():
        assert branch.loss.focal == 2.0 and branch.loss.class_weights == "balanced"
        assert isinstance(branch.network, SegmentTransformer), name
    sets = {
        name: feature_set for name, feature_set in expression.feature_sets.items() if isinstance(feature_set, FaceSet)
    }
    assert {
        name: (feature_set.backbone, feature_set.size, feature_set.weights) for name, feature_set in sets.items()
    } == {
        "InceptionResnetV1-1": ("inception_resnet_v1", 160, "inception_vggface2"),
        "InceptionResnetV1-2": ("inception_resnet_v1", 160, "inception_casia"),
        "Regnet": ("regnet_y_1_6gf", 224, "imagenet_regnet_y_1_6gf"),
    }


@pytest.mark.parametrize("name", ["PosterV2", "ViT", "InceptionResnetV1-1", "Regnet"])
def test_every_set_of_faces_has_as_many_numbers(reaction: Run, expression: Run, name: str) -> None:
    run = reaction if name in NUMBERS else expression
    settings = run.feature_sets[name].model_copy(update={"weights": RANDOM})
    assert isinstance(settings, FaceSet)
    encoder = load_encoder(settings, FaceWeights(None, Path(), Path()))
    with torch.inference_mode():
        features = encoder(torch.zeros(1, 3, settings.size, settings.size))
    assert features.shape == (1, (NUMBERS | FACES)[name])
    assert bool(features.isfinite().all())


@pytest.fixture(scope="module")
def clips(reaction: Run, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Artifacts of clips of 2 and of 16 seconds: DeepSpectrum by its real architecture, of faces random numbers."""
    torch.set_num_threads(2)
    work = tmp_path_factory.mktemp("li") / "work"
    frames = {"long": 128, "short": 16, "held out": 24}
    settings = reaction.feature_sets["DeepSpectrum"].model_copy(update={"weights": RANDOM})
    assert isinstance(settings, DeepSpectrumSet)
    random = np.random.default_rng(0)
    write_frames(work / "frames/one.arrow", {name: np.arange(count) / 8 for name, count in frames.items()})
    sound = write_sound(work / "sound.arrow", {name: voice(count / 8) for name, count in frames.items()}, 16000)
    out = work / "features/DeepSpectrum/one.arrow"
    write_sound_features(sound, work / "frames/one.arrow", build_extractor(settings, None, CPU), out, settings.at)
    for name in ("PosterV2", "ViT"):
        own = {clip: random.normal(0, 1, (count, NUMBERS[name])) for clip, count in frames.items()}
        write_set(work / f"features/{name}/one.arrow", "face", own)
    splits = {name: "validation" if name == "held out" else "train" for name in frames}
    manifest = [manifest_row(name, splits[name], count) for name, count in frames.items()]
    write_parquet(work / "manifest.parquet", manifest, MANIFEST)
    labels = [label_row(name, np.roll([1, 0.5, 0, 0.2, 0, 0, 0], n).tolist()) for n, name in enumerate(frames)]
    write_parquet(work / "labels.parquet", labels, labels_schema(ERI))
    assert len(read_arrow(work / "frames/one.arrow", FRAMES)) == len(read_arrow(out, SET_FEATURES)) == 168
    return work


def take_steps(branch: Branch, tasks: Tasks, work: Path, steps: int = 2) -> tuple[BranchModule, list[float]]:
    """Two optimiser steps of a branch: its module, and the losses."""
    data = SequenceData(
        branch, tasks, [Labelled(work / "manifest.parquet", work / "labels.parquet")], work, 1, Loader()
    )
    readout = Readout(tasks)
    network = build_network(branch.network, data.inputs(), readout.sizes)
    network.prepare(data.moments)
    module = BranchModule("b", branch, readout, network, data, 1)
    optimizer, losses = module.configure_optimizers(), []
    module.train()
    rows = [data.train[sample] for sample in range(len(data.train))]
    batch = {name: torch.stack([row[name] for row in rows]) for name in rows[0]}
    for _ in range(steps):
        outputs: Any = module(batch)
        loss = module.objective(outputs.raw, batch["target"], module.real(batch))
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        losses.append(float(loss.detach()))
    return module, losses


@pytest.mark.parametrize("name", ["A", "V", "A-V", "AV"])
def test_two_steps_of_reaction_intensity_at_the_paper_s_size(reaction: Run, clips: Path, name: str) -> None:
    module, losses = take_steps(reaction.used["eri"].branches[name], Tasks((ERI,)), clips)
    streams = {"A": 1, "V": 1}.get(name, 2)
    assert module.network.joined == 256 * streams
    state = module.network.state_dict()
    sizes = {"A": [1024], "V": [1536]}.get(name, [1024, 1536])
    assert [len(state[key]) for key in state if key.startswith("standardised") and key.endswith("mean")] == sizes
    assert ("interaction_projection.weight" in state) == (name == "AV")
    assert np.isfinite(losses).all() and losses[0] != losses[1]


def test_two_steps_of_expression_at_the_paper_s_size(expression: Run, tmp_path: Path) -> None:
    work, track = tmp_path / "work", tasks_of("expr", "abaw3")
    frames = {"a": 100, "b": 70}
    random = np.random.default_rng(0)
    for name, size in FACES.items():
        own = {subject: random.normal(0, 1, (count, size)) for subject, count in frames.items()}
        write_set(work / f"features/{name}/one.arrow", "face", own)
    splits = {"a": "train", "b": "validation"}
    manifest = [manifest_row(name, splits[name], count, rows=count) for name, count in frames.items()]
    write_parquet(work / "manifest.parquet", manifest, MANIFEST)
    labels = [
        {"subject": name, "frame": frame, "expression": int(random.integers(8))}
        for name, count in frames.items()
        for frame in range(count)
    ]
    write_parquet(work / "labels.parquet", labels, labels_schema(track.tracks[0]))
    branch = expression.used["expr"].branches["Stitched"]
    module, losses = take_steps(branch, track, work)
    # Joined 1912 -> 256; a layer: attention 4 x 257 x 256, feed-forward 257 x 1024 + 1025 x 256, two norms; 256, 8.
    layer = 4 * 257 * 256 + 257 * 1024 + 1025 * 256 + 4 * 256
    assert parameter_counts(module.network)["total"] == 1913 * 256 + layer + 257 * 256 + 257 * 8
    assert np.isfinite(losses).all() and losses[0] != losses[1]
