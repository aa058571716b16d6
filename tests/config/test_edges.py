"""Teachers and features in the settings: what cannot be made from what is named is said before any work."""

from typing import Any

import pytest
from edges_lab import IMAGES, plain, run_of
from features_lab import SETS, cnn, gru
from repository import ROOT

from affectflow.config.reading import merge
from affectflow.config.sharing import read_extended
from affectflow.config.system.edges import check_edges
from affectflow.config.system.load import load_run
from affectflow.config.system.members import members_of, pictures_of
from affectflow.config.system.settings import Run
from affectflow.config.validate import validated
from affectflow.core.errors import InputError

CONFIG = ROOT / "config"


def test_they_fit() -> None:
    run = run_of()
    branch = run.used["va"].branches["H"]
    assert branch.made_from == ("S", "G") and not branch.sees_single_faces
    assert run.used["va"].branches["S"].made_from == ("T",)
    assert members_of(branch) == (["affect"], {"demo": ["expr", "va"]})
    assert pictures_of(branch) == [("affect", "train")], "the pictures do not validate"


def test_pictures_may_be_smaller_than_those_that_nobody_reads() -> None:
    run = run_of(images={"affect": {"size": 40}})
    assert run.used["va"].branches["G"].picture.size == 112, "of a branch on features it means nothing"


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"S": {"teacher": "Z"}}, "teacher is Z, expected a branch of its tracks: T, S, G, H"),
        ({"T": {"teacher": "S"}}, "the branch is made from itself, by way of S, T"),
        ({"S": {"features": {"of": ["S"]}}}, "streams and features do not agree"),
        ({"S": {"picture": {"size": 48}}}, "T has another picture; it sees and says the same as its student"),
        ({"H": {"features": {"augmented_copies": 1}}}, "G has another features"),
        ({"S": {"bins": {"count": 10}}}, "T has another bins"),
        ({"T": {"bins": None}, "S": {"bins": None}}, "which va has with bins alone: set bins"),
        ({"S": {"loss": {"by_source": "no"}}}, "teacher needs the loss of single frames; set loss.by_source"),
        ({"G": {"features": {"of": ["T", "T"]}}}, "of names one twice: T, T"),
        (
            {"G": {"features": {"of": ["H"]}}, "H": {"teacher": None}},
            "names H, expected branches of single faces",
        ),
        ({"S": {"augment": {"flip": 0, "crop": 0, "brightness": 0}}}, "S has no augment"),
        ({"G": {"augment": {"flip": 0.5}}}, "a sequence of features is one of features.augmented_copies"),
        ({"S": {"network": {"features": "cnn"}}}, "own needs features of one head_cnn with the same tracks"),
        ({"G": {"features": {"of": ["T", "S"]}}}, "own needs features of one head_cnn with the same tracks"),
        (
            {"G": {"features": {"of": [], "sets": ["x"], "augmented_copies": 1}}},
            "own needs features of one head_cnn with the same",
        ),
        ({"G": {"sources": {"VA": {"every": 2}}}}, "sources.VA: every and class_subsampling leave out single frames"),
        ({"G": {"sources": {"VA": {"corpora": ["other"]}}}}, "names other, of which there are no features"),
        (
            {"T": {"sources": {"EXPR": {"validate_on": "none"}}}},
            "sources: none validates expr; set validate_on",
        ),
        ({"T": {"sources": {"EXPR": {"shared": ["au"]}}}}, "sources.EXPR.shared names au, which the branch learns not"),
        ({"T": {"streams": ["mel"]}}, "head_cnn reads one picture"),
        ({"G": {"streams": ["face"]}}, "head_gru reads features alone"),
        ({"T": {"loss": {"ccc": 0, "bins": 0, "mse": 0}}}, "loss: mse and ccc and bins leave nothing to learn from"),
    ],
)
def test_what_does_not_fit_is_said(changes: dict[str, Any], message: str) -> None:
    with pytest.raises(InputError) as raised:
        run_of(**changes)
    assert message in str(raised.value)


def test_features_of_one_track_are_no_features_of_two() -> None:
    others = {"F": cnn(tracks=[], sources={"VA": SETS["VA"] | {"shared": []}}), "G": gru(features={"of": ["F"]})}
    with pytest.raises(ValueError, match="F does not learn va, expr, which the branch learns"):
        check_edges("G", "G", ("va", "expr"), others)
    check_edges("G", "G", ("va",), others | {"G": gru(features={"of": ["F"]}, tracks=[])})


def test_action_units_have_no_teacher() -> None:
    three = {"tracks": ["va", "expr", "au"], "sources": {"AU": {"corpora": ["demo"], "tracks": ["au"], "batch": 2}}}
    branches = {"T": merge(plain(cnn()), three), "S": merge(plain(cnn(teacher="T")), three)}
    track = {"branches": branches, "methods": {"X": {"branches": ["S"]}}, "submit": "X"}
    system = {"name": "small", "tracks": dict.fromkeys(("va", "expr", "au"), track)}
    with pytest.raises(InputError, match="distillation is of expr and va"):
        validated(Run, {"corpus": {"kind": "demo"}, "images": IMAGES, "system": system}, "settings.yaml")


def test_shipped_sets_are_the_papers() -> None:
    run = load_run([CONFIG / "vu.yaml"])
    student = run.used["va"].branches["Student-shared"]
    assert {name: (source.tracks, source.shared) for name, source in student.sources.items()} == {
        "EXPR": (("expr",), ("va",)),
        "VA": (("va",), ("expr",)),
        "EXPR_VA": (("va", "expr"), ()),
    }
    assert {source.batch for source in student.sources.values()} == {64}, "N of each"
    raw = read_extended(CONFIG / "systems/vu.yaml")
    assert list(SETS) == list(raw["tracks"]["va"]["branches"]["Teacher-123"]["sources"])
