"""Grids: one description that expands to branches and methods, and the feature sets that they read."""

from typing import Any

import pytest

from affectflow.config.system.systems import System
from affectflow.config.validate import validated
from affectflow.core.errors import InputError

BRANCH = {
    "streams": ["features"],
    "features": {"missing_faces": "zero"},
    "network": {"name": "head_gru", "reads": "all"},
    "epochs": 7,
}


def system(**changes: Any) -> System:
    rows = [{"sets": ["E"], "paper": {"ccc_valence": 0.5}}, {"sets": ["E", "C"]}]
    track: dict[str, Any] = {
        "grids": {"G": {"branch": BRANCH, "rows": rows}, "H": {"title": "Other", "branch": BRANCH, "rows": rows[:1]}},
        "branches": {"own": BRANCH | {"features": {"sets": ["C"]}}},
        "methods": {"both": {"branches": ["own", "G-E-C"]}},
        "submit": "both",
    }
    features = {"E": {"kind": "opensmile", "set": "eGeMAPSv01b"}, "C": {"kind": "opensmile", "set": "ComParE_2016"}}
    values = {"name": "s", "features": features, "tracks": {"va": track | changes}}
    return validated(System, values, "settings")


def test_a_grid_is_a_branch_and_a_method_for_every_choice_of_sets() -> None:
    track = system().tracks["va"]
    assert set(track.branches) == {"own", "G-E", "G-E-C", "H-E"}
    both = track.branches["G-E-C"].features
    assert both is not None
    assert both.sets == ("E", "C")
    assert (both.missing_faces, track.branches["G-E-C"].epochs) == ("zero", 7)
    assert {title: track.methods[title].branches for title in ("G: E", "G: E, C", "Other: E")} == {
        "G: E": ("G-E",),
        "G: E, C": ("G-E-C",),
        "Other: E": ("H-E",),
    }
    assert track.methods["G: E"].paper == {"ccc_valence": 0.5}
    assert track.methods["both"].branches == ("own", "G-E-C"), "a method can name a grid's branch"


def test_a_changed_setting_of_the_grid_is_one_of_all_its_branches() -> None:
    changed = {"G": {"branch": BRANCH | {"epochs": 3}, "rows": [{"sets": ["E"]}, {"sets": ["E", "C"]}]}}
    track = system(grids=changed, methods={"both": {"branches": ["own"]}}).tracks["va"]
    assert {track.branches[name].epochs for name in ("G-E", "G-E-C")} == {3}
    assert track.branches["own"].epochs == 7


def test_mistakes_are_named() -> None:
    with pytest.raises(InputError, match=r"branches\.G-E\.epoch: no such setting; did you mean epochs\?"):
        system(grids={"G": {"branch": BRANCH | {"epoch": 1}, "rows": [{"sets": ["E"]}]}}, branches={}, methods={})
    with pytest.raises(InputError, match=r"branches\.G-X\.features\.sets names X; the system's features: E, C"):
        system(grids={"G": {"branch": BRANCH, "rows": [{"sets": ["X"]}]}}, methods={"both": {"branches": ["own"]}})
    with pytest.raises(InputError, match=r"grids\.G makes G-E, which is given by itself or by another grid, too"):
        system(branches={"G-E": BRANCH | {"epochs": 1, "features": {"sets": ["E"]}}})
    with pytest.raises(
        InputError, match=r"grids\.G\.rows\.0\.sets: Field required|grids\.G\.rows\.0\.sets: is missing"
    ):
        system(grids={"G": {"branch": BRANCH, "rows": [{}]}})
    with pytest.raises(InputError, match="of and sets name nothing"):
        system(branches={"own": BRANCH})
    with pytest.raises(InputError, match=r"network\.reads: own needs features of one head_cnn"):
        own = {"network": {"name": "head_gru"}, "features": {"sets": ["E"]}}
        system(branches={"own": BRANCH | own})
    with pytest.raises(InputError, match=r"sets names one twice: E, E"):
        system(branches={"own": BRANCH | {"features": {"sets": ["E", "E"]}}})


def test_a_set_of_faces_sees_as_its_pre_training_has_learnt_to() -> None:
    encoder = {"images": "pictures", "backbone": "resnet18", "width": 8, "size": 32, "normalise": "unit"}
    track = {"branches": {"b": BRANCH | {"features": {"sets": ["F"]}}}, "methods": {"m": {"branches": ["b"]}}}
    for key, other in (("width", 16), ("size", 48), ("normalise", "imagenet")):
        face_set = {"kind": "face", "weights": "learnt"} | {k: encoder[k] for k in encoder if k != "images"}
        values = {"name": "s", "pretraining": {"learnt": encoder}, "tracks": {"va": track | {"submit": "m"}}}
        assert validated(System, values | {"features": {"F": face_set}}, "settings")
        with pytest.raises(
            InputError, match=rf"features\.F\.{key} is {other}, and pretraining\.learnt has learnt with"
        ):
            validated(System, values | {"features": {"F": face_set | {key: other}}}, "settings")
