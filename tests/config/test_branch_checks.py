"""What a branch must fit where it stands in a system: each check by itself, on settings that it is the first to
refuse."""

from collections.abc import Mapping
from typing import Any

import pytest
from sources_lab import branch as of_sets
from training_lab import branch

from affectflow.config.system.branch import Branch
from affectflow.config.system.branch_checks import BRANCH_CHECKS, Placed, check_branch
from affectflow.core.tracks import TrackName

VA_SET = {"images": ["a"], "tracks": ["va"], "batch": 4}
EXPR_SET = {"images": ["a"], "tracks": ["expr"], "batch": 4}
BOTH = ["va", "expr"]
SCORES = "ccc_valence, ccc_arousal, total"


def place(track: TrackName, settings: Branch, **others: Branch) -> Placed:
    """A branch X where it stands in a track; `others` are what the system has as X in other tracks."""
    tracks: Mapping[str, Branch] = {**dict.fromkeys(settings.tracks, settings), track: settings, **others}
    return Placed({name: {"X": branch_settings} for name, branch_settings in tracks.items()}, track, "X")  # type: ignore[misc]


REFUSED: dict[str, tuple[Placed, str]] = {
    "learns_its_track_once": (
        place("va", branch(tracks=["expr"])),
        "tracks.va.branches.X.tracks is expr; expected va among them, and each once",
    ),
    "is_the_same_in_each_track": (
        place("va", branch(tracks=BOTH), expr=branch(tracks=BOTH, batch=5)),
        "tracks.va.branches.X learns expr, too: give tracks.expr.branches.X the same settings",
    ),
    "sets_name_learnt_tracks": (
        place("va", of_sets({"S": VA_SET | {"shared": ["expr"]}}, ["va"], loss={})),
        "tracks.va.branches.X.sources.S.shared names expr, which the branch learns not",
    ),
    "sets_annotate_what_is_learnt": (
        place("va", of_sets({"S": VA_SET}, BOTH)),
        "tracks.va.branches.X.sources: none is annotated with expr, which the branch learns",
    ),
    "sets_validate_what_is_learnt": (
        place("va", of_sets({"S": VA_SET, "T": EXPR_SET | {"validate_on": "none"}}, BOTH)),
        "tracks.va.branches.X.sources: none validates expr; set validate_on of one with it",
    ),
    "predicts_frames_or_clips_as_its_track": (
        place("eri", branch()),
        "tracks.eri.branches.X.network is cnn_rnn; track eri asks for one that predicts a clip as a whole",
    ),
    "terms_are_of_what_is_learnt": (
        place("expr", branch(loss={"terms": {"mae": 1}})),
        "tracks.expr.branches.X.loss.terms.mae is of va and eri; the branch learns expr: remove it",
    ),
    "coupling_has_what_it_couples": (
        place("expr", branch(loss={"coupling": {}})),
        "tracks.expr.branches.X.loss.coupling couples expr and au; the branch learns expr: name both in tracks",
    ),
    "windows_are_of_valence_and_arousal": (
        place("expr", branch(postprocess={"mean": {"valence": 20}})),
        "tracks.expr.branches.X.postprocess.mean is of valence and arousal, which track expr has not; remove it",
    ),
    "selects_by_a_score": (
        place("va", branch(select="f1")),
        f"tracks.va.branches.X.select is 'f1', expected one of {SCORES}",
    ),
    "loss_has_a_term": (
        place("va", branch(loss={"mse": 0, "ccc": 0, "bins": 1})),
        "tracks.va.branches.X.loss: mse and ccc leave nothing to learn from; set one above 0",
    ),
    "words_are_of_expressions": (
        place("au", branch(loss={"embedding": 1})),
        "tracks.au.branches.X.loss.embedding is for track expr alone: classes have words, au none",
    ),
    "balances_classes": (
        place("va", branch(loss={"class_weights": "balanced"})),
        "tracks.va.branches.X: class_weights and sampling balance classes; track va has none",
    ),
    "samples_by_one_track": (
        place("va", branch(tracks=BOTH, sampling="balanced")),
        "tracks.va.branches.X.sampling balances the classes of one track; va+expr are several",
    ),
}

FITTING = (
    place("va", branch()),
    place("expr", branch(sampling="balanced", loss={"embedding": 1, "class_weights": "balanced"}, select="f1")),
    place("au", branch(tracks=["expr", "au"], loss={"coupling": {}, "class_weights": "balanced"})),
    place("va", branch(tracks=BOTH, postprocess={"mean": {"arousal": 50}}, loss={"bins": 1, "ccc": 0}, bins={})),
    place("expr", of_sets({"S": VA_SET | {"shared": ["expr"]}, "T": EXPR_SET}, BOTH)),
)


def refusing_checks(placed: Placed) -> list[str]:
    """The names of the checks that refuse a branch, in their order."""
    names = []
    for check in BRANCH_CHECKS:
        try:
            check(placed)
        except ValueError:
            names.append(check.__name__)
    return names


def test_each_check_has_its_case() -> None:
    assert [check.__name__ for check in BRANCH_CHECKS] == list(REFUSED)


@pytest.mark.parametrize("name", REFUSED)
def test_a_check_is_the_first_to_refuse_what_it_is_for(name: str) -> None:
    placed, message = REFUSED[name]
    # Whom no set is annotated for, no set validates: both checks say so.
    beside = ["sets_validate_what_is_learnt"] if name == "sets_annotate_what_is_learnt" else []
    assert refusing_checks(placed) == [name, *beside]
    with pytest.raises(ValueError) as caught:
        check_branch(placed)
    assert str(caught.value) == message


@pytest.mark.parametrize("its", FITTING)
def test_what_fits_passes_every_check(its: Placed) -> None:
    assert refusing_checks(its) == []


@pytest.mark.parametrize(
    ("its", "message"),
    [
        (place("va", branch(tracks=["va", "va"])), "tracks is va, va; expected va among them, and each once"),
        (place("va", of_sets({"S": VA_SET, "T": EXPR_SET}, ["va"])), "sources.T.tracks names expr, which the branch"),
        (place("va", branch(loss={"mse": 0, "ccc": 0, "bins": 0}, bins={})), "loss: mse and ccc and bins leave"),
        (place("va", branch(sampling="balanced")), "class_weights and sampling balance classes; track va has none"),
    ],
)
def test_the_other_ways_not_to_fit(its: Placed, message: str) -> None:
    with pytest.raises(ValueError) as caught:
        check_branch(its)
    assert message in str(caught.value)


def test_a_branch_that_another_track_lacks_is_not_the_same_there() -> None:
    settings: Any = branch(tracks=BOTH)
    lonely = Placed({"va": {"X": settings}, "expr": {}}, "va", "X")
    assert (
        refusing_checks(lonely)
        == refusing_checks(Placed({"va": {"X": settings}}, "va", "X"))
        == ["is_the_same_in_each_track"]
    )
