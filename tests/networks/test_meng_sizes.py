"""The full configuration of Meng et al. on miniature data: what is stated, sizes, two steps of both networks."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from artifact_factory import Person, make_corpus
from repository import ROOT
from sound_lab import CPU, voice, write_frames, write_sound

from affectflow.config.model.feature_sets import RANDOM, FaceSet
from affectflow.config.model.temporal import SegmentLstm, SegmentTransformer
from affectflow.config.system.branch import Branch
from affectflow.config.system.execution import Loader
from affectflow.config.system.load import load_run
from affectflow.config.system.settings import Run
from affectflow.core.tasks import tasks_of
from affectflow.dataloading.index import Labelled
from affectflow.features.faces import FaceWeights, write_face_features
from affectflow.features.registry import build_extractor
from affectflow.features.sound import write_sound_features
from affectflow.models.folder import parameter_counts
from affectflow.models.readout import Readout
from affectflow.papers.registry import build_network
from affectflow.training.data import SequenceData
from affectflow.training.module import BranchModule

CONFIG = ROOT / "config" / "meng.yaml"
VA = tasks_of("va", "abaw3")
NUMBERS = {"DenseNet": 342, "ires100": 512, "fau": 512, "eGeMAPS": 23, "ComParE": 130, "VGGish": 128, "wav2vec": 768}
"""Section 3.2."""
PEOPLE = [Person("a", "train", 270), Person("b", "train", 120), Person("c", "validation", 30)]
FACES = 12
"""Faces that the encoders of faces see, to be quick; all others of the corpus have the nearest one's."""


@pytest.fixture(scope="module")
def stated() -> Run:
    """The configuration as it is."""
    return load_run(CONFIG)


@pytest.fixture(scope="module")
def corpus(stated: Run, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path, Path]:
    """Manifest, labels and artifacts of three videos, with every set of the configuration as its architecture gives it
    with random weights."""
    torch.set_num_threads(2)
    root = tmp_path_factory.mktemp("meng")
    people = [Person(p.subject, p.split, p.frames, no_face=frozenset(range(FACES // 3, p.frames))) for p in PEOPLE]
    manifest, labels, work = make_corpus(root, people)
    for name, settings in stated.feature_sets.items():
        feature_set = settings if settings.published is None else settings.model_copy(update={"weights": RANDOM})
        for person in PEOPLE:
            out = work / "features" / name / f"{person.place}.arrow"
            if isinstance(feature_set, FaceSet):
                weights = FaceWeights(None, Path(), Path())
                write_face_features(work / "faces" / f"{person.place}.arrow", feature_set, weights, out, device=CPU)
                continue
            times = np.arange(person.frames) / 30
            frames = write_frames(root / "frames.arrow", {person.file: times})
            sound = write_sound(root / "sound.arrow", {person.file: voice(person.frames / 30)}, 16000)
            write_sound_features(
                sound, frames, build_extractor(feature_set, None, CPU), out, feature_set.at, feature_set.window
            )
    return manifest, labels, work


def test_sets_are_those_of_section_3_2(stated: Run) -> None:
    features = stated.system.features
    assert set(features) == set(stated.feature_sets) == set(NUMBERS)
    assert {name: feature_set.sense for name, feature_set in features.items()} == {
        name: "face" if name in ("DenseNet", "ires100", "fau") else "sound" for name in NUMBERS
    }
    pretraining = stated.system.pretraining
    assert pretraining["pretrain_densenet"].corpora == ("ferplus", "affectnet")
    assert pretraining["pretrain_ires100"].corpora == ("ferplus", "rafdb", "affectnet")
    assert (pretraining["pretrain_ires100"].backbone, pretraining["pretrain_ires100"].size) == ("iresnet100", 112)
    assert set(stated.pretrained) == set(pretraining)


def test_networks_and_training_are_those_of_section_4_2(stated: Run) -> None:
    assert (stated.seeds, stated.folds) == (3, 5)
    for name, branch in stated.used["va"].branches.items():
        assert (branch.optimizer.name, branch.schedule.name, branch.batch, branch.epochs) == (
            "adam",
            "constant",
            16,
            30,
        ), name
        assert (branch.loss.mse, branch.loss.ccc) == (0, 2), "equation 5"
        assert branch.postprocess.mean == {"valence": 20, "arousal": 50}
        network = branch.network
        assert isinstance(network, SegmentLstm | SegmentTransformer)
        assert (network.joined, network.regressor, network.dropout) == (512, (512, 256), 0.3)
        if isinstance(network, SegmentLstm):
            assert (network.hidden, network.layers, network.carry, branch.optimizer.lr) == (512, 1, True, 3e-4)
            assert (branch.sequence.length, branch.sequence.stride) == (100, 100)
        else:
            sizes = network.layers, network.heads, network.feedforward
            assert (*sizes, branch.optimizer.lr, branch.sequence.length) == (4, 4, 1024, 2e-4, 250)
            assert branch.sequence.stride in (250, 100)


def test_the_tables_have_all_rows_of_the_paper(stated: Run) -> None:
    tables, methods, cited = stated.system.tables, stated.used["va"].methods, stated.used["va"].cited_test
    rows = {name: len(paper_table.methods) for name, paper_table in tables.items()}
    assert rows == {"table1": 3, "table2": 1, "table3": 5, "table4": 7, "table5": 8, "table6": 5, "table7": 8}
    assert set(tables["table2"].runs) == {*(f"fold{part}" for part in range(1, 6)), "mean", "official"}
    ensemble = methods["Ensemble"]
    for table, target in (("table3", "valence"), ("table4", "arousal")):
        rows_of = [methods[row] for row in tables[table].methods if row != "Ensemble"]
        assert sorted(ensemble.of(target)) == sorted(branch for row in rows_of for branch in row.branches)
        selects = {stated.used["va"].branches[branch].select for branch in ensemble.of(target)}
        assert selects == {f"ccc_{target}"}
    ranks = [(methods[row].paper_test if row in methods else cited[row]) for row in tables["table7"].methods]
    assert [scores["total"] for scores in ranks] == [0.6010, 0.5608, 0.4474, 0.4356, 0.4124, 0.3688, 0.2723, 0.1750]
    assert all(
        scores["total"] == pytest.approx((scores["ccc_valence"] + scores["ccc_arousal"]) / 2, abs=1.01e-4)
        for scores in ranks
    )
    assert methods["5-Fold"].folds
    mixed = {
        name: settings.epoch_ensemble
        for name, settings in stated.used["va"].branches.items()
        if settings.fit_on == "train_and_validation"
    }
    assert mixed == {"Mix-valence": (11, 16), "Mix-arousal": (16, 25)}, "section 4.6"


def take_steps(branch: Branch, corpus: tuple[Path, Path, Path], steps: int = 2) -> tuple[BranchModule, list[float]]:
    """Two optimiser steps of a branch on the corpus: its module, and the losses."""
    manifest, labels, work = corpus
    data = SequenceData(branch, VA, [Labelled(manifest, labels)], work, 1, Loader())
    readout = Readout(VA)
    network = build_network(branch.network, data.inputs(), readout.sizes)
    network.prepare(data.moments)
    module = BranchModule("b", branch, readout, network, data, 1)
    optimizer, losses = module.configure_optimizers(), []
    module.train()
    for sample in range(steps):
        rows = [data.train[sample]]
        batch = {name: torch.stack([row[name] for row in rows]) for name in rows[0]}
        outputs: Any = module(batch)
        loss = module.objective(outputs.raw, batch["target"], batch["mask"])
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        losses.append(float(loss.detach()))
    return module, losses


@pytest.mark.parametrize(
    ("name", "parameters"),
    [
        # Joined 1110 -> 512; LSTM 4 x 512 x (512 + 512 + 2); regressor 512, 256, 2.
        ("LSTM-DenseNet-wav2vec", 1111 * 512 + 4 * 512 * 1026 + 513 * 512 + 513 * 256 + 257 * 2),
        # Joined 2073 -> 512; a layer: attention 4 x 513 x 512, feed-forward 513 x 1024 + 1025 x 512, two norms.
        (
            "Transformer-ires100-fau-wav2vec-VGGish-ComParE-eGeMAPS",
            2074 * 512 + 4 * (4 * 513 * 512 + 513 * 1024 + 1025 * 512 + 4 * 512) + 513 * 512 + 513 * 256 + 257 * 2,
        ),
    ],
)
def test_two_steps_at_the_paper_s_size(
    stated: Run, corpus: tuple[Path, Path, Path], name: str, parameters: int
) -> None:
    branch = stated.used["va"].branches[name]
    assert branch.features is not None
    module, losses = take_steps(branch, corpus)
    assert module.network.joined == 512
    assert parameter_counts(module.network)["total"] == parameters
    wide = sum(NUMBERS[set_name] for set_name in branch.features.sets)
    assert module.network.state_dict()["standardised.mean"].shape == (wide,)
    assert np.isfinite(losses).all()
    assert losses[0] != losses[1]
