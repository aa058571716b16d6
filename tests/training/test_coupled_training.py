"""Coupling in training: the objective by hand, and what distribution matching does to a network."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from relatedness_lab import CLASSES, NAN, RELATED, STUDY, TABLES, WEIGHTED
from sources_lab import HOLISTIC, all_units, branch, write_stills
from torch import Tensor
from training_lab import CPU

from affectflow.config.system.branch import Branch
from affectflow.config.system.execution import Loader
from affectflow.config.training.coupling import Coupling
from affectflow.config.training.trained import Loss
from affectflow.dataloading.inputs import make_inputs
from affectflow.dataloading.source_faces import Faces
from affectflow.dataloading.source_members import Members
from affectflow.losses.coupling import co_annotated_expressions, distribution_matching_loss, soft_expressions
from affectflow.losses.terms import au_loss, ccc_loss, cross_entropy_loss, soft_cross_entropy_loss
from affectflow.models.folder import load_model, read_branch
from affectflow.models.readout import Readout
from affectflow.relatedness.matrices import UNITS
from affectflow.report.tables.still_scores import unit_agreement
from affectflow.training.coupled import Coupled, describe_units_left_out
from affectflow.training.objective import Objective
from affectflow.training.paths import Paths
from affectflow.training.train import train_branch

VA, EXPR, AU = slice(0, 2), 2, slice(3, 20)
RAW_EXPR, RAW_AU = slice(2, 9), slice(9, 26)
NO_TARGETS = np.zeros((1, 20), np.float32)


def joint_batch() -> tuple[Tensor, Tensor, Tensor]:
    """Six faces: two with valence and arousal, two with an expression, two with units, of which one lacks some."""
    raw = torch.randn(6, 26, generator=torch.Generator().manual_seed(3))
    target = torch.full((6, 20), NAN)
    target[:2, VA] = torch.tensor([[0.1, -0.4], [0.6, 0.2]])
    target[2:4, EXPR] = torch.tensor([float(CLASSES.index("happiness")), 0.0])
    target[4, AU] = torch.tensor([float(unit in (12, 25, 6)) for unit in UNITS])
    target[5, AU] = torch.tensor([NAN if unit > 10 else float(unit == 1) for unit in UNITS])
    return raw, target, torch.ones(6, dtype=torch.bool)


def objective(**coupling: Any) -> Objective:
    loss = Loss.model_validate({"mse": 0.0, "bce_reduction": "frame", "coupling": coupling or None})
    coupled = Coupled(Readout(HOLISTIC), loss.coupling, STUDY) if loss.coupling else None
    return Objective(Readout(HOLISTIC), loss, NO_TARGETS, coupled=coupled)


def test_without_coupling_it_is_equation_7() -> None:
    raw, target, mask = joint_batch()
    expected = (
        cross_entropy_loss(raw[:, RAW_EXPR], target[:, EXPR], mask)
        + au_loss(raw[:, RAW_AU], target[:, AU], mask)
        + ccc_loss(raw[:, VA], target[:, VA], mask)
    )
    assert objective()(raw, target, mask).item() == pytest.approx(expected.item(), abs=1e-6)
    # Equation 7 by hand for the action units: the mean of a face's annotated units, then of the faces.
    rows = []
    for face in (4, 5):
        annotated = [k for k in range(17) if not target[face, 3 + k].isnan()]
        p = raw[face, RAW_AU].sigmoid()
        entropies = [-np.log(float(p[k] if target[face, 3 + k] == 1 else 1 - p[k])) for k in annotated]
        rows.append(np.mean(entropies))
    assert au_loss(raw[:, RAW_AU], target[:, AU], mask).item() == pytest.approx(np.mean(rows), abs=1e-6)


@pytest.mark.parametrize("form", ["kl", "printed", "binary"])
def test_matching_and_soft_labels_are_added_with_their_weights(form: Any) -> None:
    raw, target, mask = joint_batch()
    plain = objective()(raw, target, mask)
    matching = distribution_matching_loss(raw[:, RAW_AU], raw[:, RAW_EXPR], RELATED.float(), mask, form)
    soft = soft_cross_entropy_loss(raw[:, RAW_EXPR], soft_expressions(target[:, AU], WEIGHTED.float()), mask)
    loss = objective(matching=2.0, soft=0.5, form=form)(raw, target, mask)
    assert loss.item() == pytest.approx((plain + 2 * matching + 0.5 * soft).item(), abs=1e-5)
    unweighted = soft_cross_entropy_loss(raw[:, RAW_EXPR], soft_expressions(target[:, AU], RELATED.float()), mask)
    loss = objective(matching=0, reweight=[])(raw, target, mask)
    assert loss.item() == pytest.approx((plain + unweighted).item(), abs=1e-5)
    assert abs(unweighted - soft) > 1e-3


def test_co_annotation_gives_each_kind_what_the_other_tells() -> None:
    raw, target, mask = joint_batch()
    co_annotated = target.clone()
    # Happiness: 12 and 25 for certain, 6 with 0.51; face 4 shows just these, and so is happy.
    for unit in (12, 25, 6):
        co_annotated[2, 3 + UNITS.index(unit)] = 1.0
    weights = torch.ones(6, 17)
    weights[2, UNITS.index(6)] = 0.51
    units = au_loss(raw[:, RAW_AU], co_annotated[:, AU], mask, weights)
    expressions = co_annotated_expressions(target[:, EXPR], target[:, AU], RELATED)
    assert expressions[4] == CLASSES.index("happiness") and expressions[5].isnan()
    classes = cross_entropy_loss(raw[:, RAW_EXPR], expressions, mask)
    rest = ccc_loss(raw[:, VA], target[:, VA], mask)
    off = {"matching": 0, "soft": 0}
    both = objective(co_annotation="both", **off)(raw, target, mask)
    assert both.item() == pytest.approx((units + classes + rest).item(), abs=1e-5)
    own = au_loss(raw[:, RAW_AU], target[:, AU], mask)
    one = objective(co_annotation="expressions", **off)(raw, target, mask)
    assert one.item() == pytest.approx((own + classes + rest).item(), abs=1e-5)
    assert target[2, AU].isnan().all(), "the annotations themselves stay"


def test_units_that_teach_get_no_gradient_from_matching() -> None:
    raw, target, mask = joint_batch()
    for units, moves in (("learn", True), ("teach", False)):
        leaf = raw.clone().requires_grad_()
        coupled = Coupled(Readout(HOLISTIC), Coupling(soft=0.0, units=units), STUDY)  # type: ignore[arg-type]
        coupled(leaf, target, mask).backward()
        assert leaf.grad is not None
        assert bool((leaf.grad[:, RAW_AU] != 0).any()) is moves
        assert bool((leaf.grad[:, RAW_EXPR] != 0).any()) and not bool((leaf.grad[:, VA] != 0).any())


def test_what_the_network_cannot_predict_is_named() -> None:
    left_out = Coupled(Readout(HOLISTIC), Coupling(), STUDY).left_out
    assert left_out == {"sadness": (11,)} and describe_units_left_out(left_out) == "AU 11 of sadness"


RESNET = {"backbone": "resnet18", "width": 4, "levels": ["last_pool"], "rnn": "none"}
KINDS = [number % 7 for number in range(70)]


def brightness(kind: int) -> float:
    """Valence, which a stored face shows as its brightness, of a face of a class."""
    return 0.28 * kind - 0.84


def write_faces(root: Path) -> Members:
    """Faces whose brightness tells the expression, and others whose units tell nothing of it."""
    random = np.random.default_rng(5)
    expressions = {
        split: [{"expression": kind, "valence": brightness(kind)} for kind in KINDS]
        for split in ("train", "validation")
    }
    units = {
        split: [
            all_units(*(u for u in UNITS if random.random() < 0.5)) | {"valence": brightness(number % 7)}
            for number in range(28)
        ]
        for split in ("train", "validation")
    }
    return Members({"faces": write_stills(root / "faces", expressions), "units": write_stills(root / "units", units)})


def train_named(root: Path, members: Members, name: str, coupling: dict[str, Any] | None) -> Path:
    sets = {
        "EXPR": {"images": ["faces"], "tracks": ["expr"], "batch": 14},
        "AU": {"images": ["units"], "tracks": ["au"], "batch": 14},
    }
    loss = {"bce_reduction": "frame", "coupling": coupling}
    network = {"name": "multi_rnn", "components": {"X": RESNET}}
    options = {"network": network, "epochs": 15, "patience": 15, "select": "expr_f1", "batch": 70}
    settings = branch(sets, ["expr", "au"], loss=loss, optimizer={"name": "adam", "lr": 3e-3}, **options)
    folder = root / name
    paths = Paths({}, root, folder / "checkpoints", folder / "out", root / "w.yaml", root / "w", members=members)
    tracks = type(HOLISTIC)(HOLISTIC.tracks[1:])
    return train_branch(
        name, settings, tracks, paths, seed=2, loader=Loader(), device=CPU, tracking=None, experiment="x"
    )


def agreement(model: Path, members: Members) -> tuple[float, float]:
    """Accuracy of the expressions of validation faces, and how much likelier the units of the predicted expression
    (table V) are than the others."""
    trained = load_model(model)
    settings: Branch = trained.branch
    faces = Faces(settings, trained.tasks, members, "validation")
    batch = {key: torch.stack([faces[n][key] for n in range(70)]) for key in ("face", "face_found", "mask", "target")}
    with torch.inference_mode():
        raw = trained.network(make_inputs(batch, settings.streams, settings.picture), batch["mask"])[:, 0]
    classes, units = raw[:, :7], raw[:, 7:].sigmoid()
    margin = np.nanmean(unit_agreement(units.numpy(), classes.numpy(), RELATED.numpy()))
    return float((classes.argmax(-1) == batch["target"][:, 0, 0]).float().mean()), float(margin)


def test_predicted_units_are_those_of_the_predicted_expression_where_they_are_matched(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    members = write_faces(tmp_path)
    matching = {"relatedness": str(TABLES / "du2014.yaml"), "soft": 0.0, "matching": 1.0}
    scores = {
        name: agreement(train_named(tmp_path, members, name, coupling), members)
        for name, coupling in {
            "none": None,
            "kl": matching,
            "printed": matching | {"form": "printed"},
        }.items()
    }
    assert all(accuracy == 1 for accuracy, _ in scores.values()), scores
    assert scores["kl"][1] > scores["none"][1] + 0.1, "the units of the expression that is predicted are predicted"
    assert scores["printed"][1] < 0.05, "equation 9 as it is printed makes units vanish instead"
    mentions = capsys.readouterr().err.count("kl: AU 11 of sadness: not coupled, since the network predicts none")
    assert mentions == 1
    values = read_branch(tmp_path / "kl/out")[1]
    assert values["units_left_out"] == {"sadness": [11]} and values["edition"] == "union17"
    assert "units_left_out" not in read_branch(tmp_path / "none/out")[1]
