"""What a trained system must have seen or heard in a frame for its scores to count."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from media_factory import clip
from people import film
from untrained import BRANCHES, NETWORK, make_system

from affectflow import load_system
from affectflow.config.model.feature_sets import FaceSet, OpenSmileSet
from affectflow.config.system.branch import Branch
from affectflow.config.system.senses import needed, senses_of
from affectflow.prediction.detection_notes import describe_detection, describe_share
from affectflow.preprocessing.audio.window import MelForm, MelTrack

SETS = {
    "heard": OpenSmileSet(kind="opensmile", set="eGeMAPSv01b"),
    "looked": FaceSet(kind="face", weights="random_init", backbone="resnet18"),
}


def on_features(**features: Any) -> Branch:
    return Branch.model_validate({"streams": ["features"], "features": features, "network": {"name": "head_gru"}})


@pytest.mark.parametrize(
    ("branch", "senses"),
    [
        (Branch.model_validate({"streams": ["face"]}), ("face",)),
        (Branch.model_validate({"streams": ["body", "context", "face"]}), ("face", "body")),
        (Branch.model_validate({"streams": ["context"]}), ("body",)),
        (Branch.model_validate({"streams": ["mel"]}), ("sound",)),
        (on_features(of=["CNN"]), ("face",)),
        (on_features(sets=["heard"]), ("sound",)),
        (on_features(sets=["heard", "looked"]), ("face", "sound")),
    ],
)
def test_what_a_branch_sees_or_hears(branch: Branch, senses: tuple[str, ...]) -> None:
    assert senses_of(branch, SETS) == senses


def test_a_fused_score_needs_a_face_where_any_branch_looks_at_faces() -> None:
    assert needed([("face",), ("face", "body"), ("sound",)]) == "face"
    assert needed([("body",), ("sound",)]) == "body"
    assert needed([("sound",)]) == "sound"


def test_silence_is_not_heard() -> None:
    """Sound from 1 s to 2 s of a track of 3 s: a window of 0.5 s hears it when it reaches into it."""
    form = MelForm(bands=4, hop=0.01, silence=-3.28)
    values = np.full((300, 4), form.silence, np.float32)
    values[100:200, 2] = -1
    track = MelTrack(form, [values[:150], values[150:]], 0.0, 0.01)
    times = np.array([-5, 0, 0.7, 0.8, 1.5, 2.2, 2.3, 2.9, 60])
    assert list(track.heard(times, 0.5)) == [False, False, False, True, True, True, False, False, False]
    assert not track.silent().heard(times, 0.5).any() and track.heard([], 0.5).shape == (0,)


def test_what_is_said_first() -> None:
    none, half, all_ = np.zeros(4, np.bool_), np.arange(4) < 2, np.ones(4, np.bool_)
    assert describe_detection({"va": ("face", all_), "au": ("face", all_)}) == ""
    assert describe_detection({"va": ("face", none)}).startswith("No face was found in any of the 4 frames")
    assert describe_detection({"va": ("sound", half)}).startswith("A sound was found in 2 of the 4 frames (50 %).")
    both = describe_detection({"va": ("face", half), "au": ("face", half), "expr": ("sound", all_)})
    assert both.startswith("va, au: A face was found") and "expr" not in both
    assert (
        describe_share("body", 0.0) == "no body in any frame"
        and describe_share("face", 0.04) == "a face in 4.0 % of the frames"
    )


FACE, BODY, SOUND = {"streams": ["face"], **NETWORK}, {"streams": ["body"], **NETWORK}, BRANCHES["A"]


def marks(folder: Path, branches: dict[str, Any], video: Path) -> dict[str, list[bool]]:
    track = {"branches": branches, "methods": {"all": {"branches": list(branches)}}, "submit": "all"}
    settings = make_system(folder, system={"name": "small", "tracks": {"va": track}})
    scores = load_system(settings, folder=folder).predict(video)
    return {name.removeprefix("va_seen"): list(scores[name]) for name in scores if name.startswith("va_seen")}


def test_each_branch_is_marked_by_what_it_looks_or_listens_for(tmp_path: Path) -> None:
    present = [True] * 3 + [False] * 4
    video = film(tmp_path / "silent.mkv", present)
    nothing = [False] * 7
    result = marks(tmp_path / "all", {"F": FACE, "B": BODY, "A": SOUND}, video)
    assert result == {"": present, "_F": present, "_B": present, "_A": nothing}
    assert marks(tmp_path / "sound", {"A": SOUND}, video) == {"": nothing, "_A": nothing}


def test_what_nobody_with_a_weight_has_seen_does_not_count(tmp_path: Path) -> None:
    """A video of nobody, with sound: fused scores count only for a system that listens and does not look."""
    video = clip(tmp_path / "heard.mp4", count=6, sound="sine=frequency=440:duration=0.24")
    audible, nothing = [True] * 6, [False] * 6
    assert marks(tmp_path / "both", {"F": FACE, "A": SOUND}, video) == {"": nothing, "_F": nothing, "_A": audible}
    assert marks(tmp_path / "sound", {"A": SOUND}, video) == {"": audible, "_A": audible}


def test_a_branch_without_a_weight_does_not_make_a_score_count(tmp_path: Path) -> None:
    from affectflow.prediction.system import TrainedTrack

    settings = make_system(tmp_path)
    trained = load_system(settings, ["va"], tmp_path).trained.tracks["va"]
    assert trained.needs == "face" and trained.weighted == ["BCF", "A"]
    method = trained.method.model_copy(update={"weights": {t: {"BCF": 0.0, "A": 1.0} for t in trained.track.targets}})
    lone: TrainedTrack = replace(trained, method=method)
    assert lone.needs == "face" and lone.weighted == ["A"]
