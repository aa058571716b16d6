"""What the settings of a run must agree in: each check by itself, on settings that it alone refuses."""

from collections.abc import Callable, Iterable
from typing import Any

import pytest
from pydantic import TypeAdapter
from sources_lab import NETWORK

from affectflow.config.reading import merge
from affectflow.config.system.run_branch_checks import RUN_BRANCH_CHECKS, InRun
from affectflow.config.system.run_checks import RUN_CHECKS, check_run
from affectflow.config.system.settings import Run

CNN = {
    "streams": ["face"],
    "network": NETWORK,
    "sequence": {"length": 1, "stride": 1},
    "picture": {"size": 32},
}
GRU = {"streams": ["features"], "network": {"name": "head_gru", "reads": "all"}, "features": {"of": ["F"]}}
TRACK = {"branches": {"F": CNN}, "methods": {"one": {"branches": ["F"]}}, "submit": "one"}
VALUES: dict[str, Any] = {
    "corpus": {"kind": "demo"},
    "images": {"raf": {"kind": "rafdb", "root": "data/raf", "size": 48}},
    "system": {"name": "tiny", "tracks": {"va": TRACK, "expr": TRACK}},
}
RUN = Run.model_validate(VALUES)
FIELDS = {name: TypeAdapter(field.annotation) for name, field in Run.model_fields.items()}


def build_unchecked(**changes: Any) -> Run:
    """A run of settings of which each is right by itself; that they agree is not checked."""
    values = {
        name: merge(VALUES.get(name, {}), value) if isinstance(value, dict) else value
        for name, value in changes.items()
    }
    return RUN.model_copy(update={name: FIELDS[name].validate_python(value) for name, value in values.items()})


def of_branch(track: str = "va", **changes: Any) -> dict[str, Any]:
    """Changes of the system: of a track's branch F."""
    return {"tracks": {track: {"branches": {"F": changes}}}}


def in_both(**changes: Any) -> dict[str, Any]:
    return merge(of_branch("va", **changes), of_branch("expr", **changes))


def of_branches(**branches: dict[str, Any]) -> dict[str, Any]:
    """More branches of track va."""
    return {"tracks": {"va": {"branches": branches}}}


OMG = {"kind": "omg", "root": "data/omg"}
DRAWN = {"made": {"kind": "demo", "layout": "rafdb", "root": "data/raf/made"}}
ENCODER = {"images": "raf", "target": "va", "backbone": "resnet18", "width": 4, "size": 32, "select": "total"}
STARTED = {"streams": ["face"], "network": {"backbone": "resnet18", "width": 4}, "init": {"face": "encoder"}}
PRETRAINED = of_branches(R=STARTED) | {"pretraining": {"encoder": ENCODER}}
TABLE = {"title": "T", "split": "validation", "over": "folds", "tracks": ["va"], "methods": ["one"]}

REFUSED: dict[str, tuple[dict[str, Any], str]] = {
    "tracks_are_the_systems": (
        {"tracks": ["va", "au"]},
        "tracks names au, which system tiny does not predict; it has va, expr",
    ),
    "tracks_are_named_once": ({"tracks": ["va", "va"]}, "tracks names none, or one twice"),
    "seeds_are_in_range": (
        {"seed": 2**32 - 2, "seeds": 3},
        "seeds is 3: from seed 4294967294 on the last would be 4294967296, and the largest is 4294967295; lower one",
    ),
    "folds_leave_something_to_train_on": (
        {"folds": 1},
        "folds is 1: nothing would be left to train on; set 0, or 2 and more",
    ),
    "utterances_are_of_valence_and_arousal": (
        {"corpus": OMG},
        "tracks are va, expr, and a corpus of kind omg annotates valence and arousal alone: set tracks: [va]",
    ),
    "utterances_are_in_no_folds": (
        {"corpus": OMG, "tracks": ["va"], "folds": 3},
        "folds is 3, and would part the utterances of a video: a corpus of kind omg has no folds; set 0",
    ),
    "clips_are_annotated": (
        {"corpus": {"kind": "demo_hume"}},
        "tracks are va, expr, and a corpus of kind demo_hume annotates the intensity of reactions alone: set tracks: "
        "[eri]",
    ),
    "spectrograms_fit_the_sound": (
        {"decode": {"sample_rate": 96000}},
        "mel.n_fft is 1024, shorter than the window of 0.02 s (1920 samples at 96000 Hz); set mel.n_fft to "
        "1920 or more",
    ),
    "corpus_has_its_own_folder": (
        {"corpus": {"name": "images"}},
        "corpus.name is images, which names the folders of still pictures; choose another",
    ),
    "pictures_are_drawn_apart": (
        {"images": DRAWN},
        "images.made.root is data/raf/made and images.raf.root is data/raf: pictures of kind demo are drawn into a "
        "folder that holds nothing else; choose another",
    ),
    "pictures_suit_their_pretraining": (
        {"system": PRETRAINED},
        "system.pretraining.encoder.target is va, which images.raf (kind rafdb) is not annotated with: it has "
        "expression; change one",
    ),
    "methods_and_branches_fit": (
        {"system": {"tracks": {"va": {"methods": {"all": {"branches": ["F"], "folds": True}}}}}},
        "system.tracks.va.methods.all is the mean over trainings of folds, and folds is 0; set folds: 5, or leave it "
        "out",
    ),
    "table_rows_have_scores": (
        {"system": {"tables": {"table2": TABLE}}},
        "system.tables.table2.over is folds, and folds is 0; set folds: 5, or leave out the table",
    ),
    "official_faces_have_a_folder": (
        {"faces": {"source": "official"}},
        "faces.source is official, but corpus.cropped_aligned is not set: name the folder of official faces, or set "
        "faces.source: detect",
    ),
}

SET = {"images": ["raf"], "tracks": ["expr"], "batch": 4}
OTHER_SET = {"corpora": ["other"], "tracks": ["va"], "batch": 4}
LANDMARKED = {
    "name": "multi_rnn",
    "components": {"X": {"width": 4, "fc": [8], "fc_dropout": 0.0, "rnn": "none", "landmarks": True}},
}
HEARD = {
    "streams": ["sound_features", "face_features"],
    "network": {"name": "interaction_transformer"},
    "sequence": {"length": 30},
    "features": {"sets": ["egemaps"]},
}
OF_CLIPS = {
    "features": {"egemaps": {"kind": "opensmile", "set": "eGeMAPSv01b"}},
    "tracks": {"eri": {"branches": {"H": HEARD}, "methods": {"one": {"branches": ["H"]}}, "submit": "one"}},
}
REFUSED_BRANCHES: dict[str, tuple[dict[str, Any], str, str]] = {
    "learns_tracks_of_the_run": (
        {"system": in_both(tracks=["va", "expr"]), "tracks": ["va"]},
        "F",
        "branch F of track va learns expr, too, which tracks leaves out; name all of them, or none",
    ),
    "sets_have_pictures_as_asked": (
        {"system": of_branch(sources={"S": SET | {"tracks": ["va"]}})},
        "F",
        "system.tracks.va.branches.F.sources.S.tracks is va, and images.raf (kind rafdb) is annotated with expression "
        "alone; change one",
    ),
    "features_are_of_the_runs_corpus": (
        {"system": of_branches(G=GRU | {"sources": {"S": OTHER_SET}})},
        "G",
        "system.tracks.va.branches.G.sources names other, of which there are no features: they are of the run's own "
        "corpus, demo, and of still pictures",
    ),
    "edition_has_what_the_corpus_asks": (
        {"system": of_branch("expr", edition="abaw1"), "corpus": {"edition": "abaw3"}},
        "F",
        "system.tracks.expr.branches.F.edition is abaw1, which lacks other; corpus.edition abaw3 asks for them: change "
        "one",
    ),
    "feature_sets_are_of_its_senses": (
        {"system": OF_CLIPS, "tracks": ["eri"], "corpus": {"kind": "demo_hume"}},
        "H",
        "system.tracks.eri.branches.H.streams reads features of face and sound, and features.sets names sets of sound; "
        "change one",
    ),
    "landmarks_are_found": (
        {
            "system": of_branches(L={"streams": ["face", "landmarks"], "network": LANDMARKED}),
            "faces": {"landmarker": "detector"},
        },
        "L",
        "branch L of track va reads landmarks, and faces gives none; set faces.source: detect and faces.landmarker: "
        "dlib68",
    ),
}


def refusing_checks(checks: Iterable[Callable[[Any], None]], candidate: Run | InRun) -> list[str]:
    """The names of the checks that refuse, in their order."""
    names = []
    for check in checks:
        try:
            check(candidate)
        except ValueError:
            names.append(check.__name__)
    return names


def message_of(run: Run) -> str:
    with pytest.raises(ValueError) as caught:
        check_run(run)
    return str(caught.value)


def test_each_check_has_its_case() -> None:
    assert [check.__name__ for check in RUN_CHECKS] == list(REFUSED)
    assert [check.__name__ for check in RUN_BRANCH_CHECKS] == list(REFUSED_BRANCHES)


def test_what_agrees_passes_every_check() -> None:
    assert refusing_checks(RUN_CHECKS, build_unchecked()) == []
    assert refusing_checks(RUN_BRANCH_CHECKS, InRun(RUN, "va", "F")) == []
    fitting = build_unchecked(
        tracks=["va"], corpus=OMG, seed=2**32 - 1, images=merge(DRAWN, {"made": {"root": "data/made"}})
    )
    assert refusing_checks(RUN_CHECKS, fitting) == []


@pytest.mark.parametrize("name", REFUSED)
def test_a_check_alone_refuses_what_it_is_for(name: str) -> None:
    changes, message = REFUSED[name]
    run = build_unchecked(**changes)
    assert refusing_checks(RUN_CHECKS, run) == [name]
    assert message_of(run) == message


@pytest.mark.parametrize("name", REFUSED_BRANCHES)
def test_a_check_of_a_branch_alone_refuses_what_it_is_for(name: str) -> None:
    changes, branch, message = REFUSED_BRANCHES[name]
    run = build_unchecked(**changes)
    placed = [InRun(run, track, branch) for track, used in run.used.items() if branch in used.branches]
    assert [names for candidate in placed if (names := refusing_checks(RUN_BRANCH_CHECKS, candidate))] == [[name]]
    assert refusing_checks(RUN_CHECKS, run) == ["methods_and_branches_fit"]
    assert message_of(run) == message


def test_tracks_that_are_given_and_none() -> None:
    assert message_of(build_unchecked(tracks=[])) == "tracks names none, or one twice"
