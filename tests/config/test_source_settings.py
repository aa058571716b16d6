"""Settings of sets, editions, coupling and scores on still pictures: what does not fit is said before any work."""

from pathlib import Path
from typing import Any

import pytest
import torch
from sources_lab import NETWORK

from affectflow.config.reading import merge
from affectflow.config.system.load import load_run
from affectflow.config.system.members import members_of
from affectflow.config.system.settings import Run
from affectflow.config.validate import validated
from affectflow.core.errors import InputError
from affectflow.papers.registry import build_network

SETS = {
    "VA": {"images": ["affectnet"], "tracks": ["va"], "batch": 4},
    "AU": {"corpora": ["demo"], "tracks": ["au"], "batch": 5},
    "EXPR": {"images": ["affectnet"], "tracks": ["expr"], "batch": 3},
}
BRANCH = {
    "streams": ["face"],
    "network": NETWORK,
    "sequence": {"length": 1, "stride": 1},
    "picture": {"size": 32},
    "tracks": ["va", "expr", "au"],
    "edition": "union17",
    "loss": {"bce_reduction": "frame", "coupling": {}},
    "sources": SETS,
}
METHOD = {"methods": {"X": {"branches": ["X"]}}, "submit": "X"}
IMAGES = {"affectnet": {"kind": "affectnet", "root": "a"}, "compound": {"kind": "rafdb_compound", "root": "b"}}


def run_of(changes: dict[str, Any] | None = None, whole: dict[str, Any] | None = None, **top: Any) -> Run:
    """A run whose branch X stands in all tracks, with changes of the branch, and of all else."""
    branch = (BRANCH if whole is None else whole) | {}
    track = METHOD | {"branches": {"X": merge(branch, changes or {})}}
    system = {"name": "small", "tracks": dict.fromkeys(("va", "expr", "au"), track)}
    return validated(Run, merge({"corpus": {"kind": "demo"}, "images": IMAGES, "system": system}, top), "settings.yaml")


def test_they_fit() -> None:
    run = run_of(system={"scored_images": ["affectnet", "compound"]})
    branch = run.used["au"].branches["X"]
    assert branch.largest_batch == 12 and branch.sees_single_faces
    assert members_of(branch) == (["affectnet"], {"demo": ["au"]})
    assert run.pictured == ["affectnet", "compound"]
    assert run.scored == [("va+expr+au", "X", "affectnet"), ("va+expr+au", "X", "compound")]


def test_compound_pictures_are_scored_by_networks_that_learn_all_three() -> None:
    two = {key: value for key, value in BRANCH.items() if key not in ("tracks", "loss", "sources")}
    run = run_of(whole=two | {"loss": {"mse": 0.0}}, system={"scored_images": ["affectnet", "compound"]})
    assert run.scored == [("va", "X", "affectnet"), ("expr", "X", "affectnet")]
    recurrent = two | {"network": {"name": "cnn_rnn"}}
    assert run_of(whole=recurrent, system={"scored_images": ["affectnet"]}).scored == []


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"sources": {"VA": {"images": []}}}, "images and corpora name nothing; a source needs a member"),
        ({"sources": {"VA": {"images": ["affectnet", "affectnet"]}}}, "images names one twice: affectnet, affectnet"),
        ({"sources": {"VA": {"bach": 3}}}, "sources.VA.bach: no such setting; did you mean batch?"),
        ({"sequence": {"length": 8, "stride": 8}}, "reads face in sequences of 8; set streams: [face], sequence:"),
        ({"network": {"components": {"X": {"rnn": "gru"}}}}, "in sequences of 1 by a recurrent network; set"),
        ({"sampling": "balanced"}, "of sources every face is taken"),
        ({"sources": {"EXPR": {"tracks": ["va"]}}}, "X.sources: none is annotated with expr, which the branch learns"),
        (
            {"sources": {"VA": {"images": ["compound"]}}},
            "(kind rafdb_compound) is annotated with compound alone",
        ),
        ({"picture": {"size": 128}}, "picture.size is 128, larger than images.affectnet.size (112)"),
        ({"edition": "abaw1"}, "edition is abaw1, which lacks au7, au10, au23, au24, au26; corpus.edition abaw2 asks"),
        ({"loss": {"coupling": {"matching": 0, "soft": 0}}}, "co_annotation, matching and soft are all off"),
        ({"loss": {"coupling": {"from": "kl"}}}, "loss.coupling.from: no such setting; did you mean form?"),
        (
            {"loss": {"bce_reduction": "mean", "coupling": {"co_annotation": "both"}}},
            "and bce_reduction is mean; set bce_reduction: frame, which equation 7",
        ),
    ],
)
def test_what_does_not_fit_a_branch(changes: dict[str, Any], message: str) -> None:
    with pytest.raises(InputError) as caught:
        run_of(changes)
    assert message in str(caught.value)


def test_coupling_and_sets_are_of_the_tracks_that_are_learnt() -> None:
    alone = {key: value for key, value in BRANCH.items() if key != "tracks"}
    with pytest.raises(InputError, match=r"sources\.AU\.tracks names au, which the branch learns not"):
        run_of(whole=alone)
    with pytest.raises(InputError, match="coupling couples expr and au; the branch learns va: name both in tracks"):
        run_of(whole={key: value for key, value in alone.items() if key != "sources"})
    encoder = {"images": "affectnet", "loss": {"coupling": {}}}
    with pytest.raises(InputError, match="coupling is for branches that learn expr and au together; remove it"):
        run_of(system={"pretraining": {"face": encoder}})


TABLE = {
    "title": "T",
    "columns": {"one": {"images": "affectnet", "track": "va", "score": "ccc_valence"}},
    "rows": {"ours": {"branches": ["X"], "paper": {"one": 0.5}}},
}


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"rows": {"ours": {"paper": {"two": 0.1}}}}, "rows.ours.paper names two, known are one"),
        ({"rows": {"ours": {"branches": ["Y"]}}}, "image_tables.t.rows.ours names branch Y, unknown"),
        ({"columns": {"one": {"score": "uar"}}}, "score is uar, expected one of ccc_valence, ccc_arousal"),
        ({"columns": {"one": {"corpus": "demo"}}}, "expected one of images and corpus"),
    ],
)
def test_tables_that_do_not_fit(changes: dict[str, Any], message: str) -> None:
    run_of(system={"image_tables": {"t": TABLE}})
    with pytest.raises(InputError) as caught:
        run_of(system={"image_tables": {"t": merge(TABLE, changes)}})
    assert message in str(caught.value)


def test_the_paper_s_system(root: Path) -> None:
    run = load_run(root / "config/facebehaviornet.yaml")
    branches = run.used["expr"].branches
    holistic, coupled = branches["FBN"], branches["FBN-38"].loss.coupling
    assert {name: source.batch for name, source in holistic.sources.items()} == {"VA": 401, "AU": 247, "EXPR": 103}
    assert holistic.optimizer.lr == 1e-4 and holistic.optimizer.name == "adam"
    assert (holistic.picture.size, holistic.picture.normalise, holistic.edition) == (96, "unit", "union17")
    assert holistic.loss.coupling is None and coupled is not None
    assert (coupled.matching, coupled.soft, coupled.co_annotation) == (1.0, 1.0, "none")
    assert branches["FBN-AW2"].loss.coupling == coupled.model_copy(
        update={"relatedness": Path("config/relatedness/affwild2.yaml")}
    )
    assert [list(run.used[track].branches["FBN"].sources) for track in ("va", "au")] == [["VA", "AU", "EXPR"]] * 2
    single = {track: next(iter(used.branches.items())) for track, used in run.used.items()}
    assert {track: (name, list(branch.sources)) for track, (name, branch) in single.items()} == {
        "va": ("VA", ["VA"]),
        "expr": ("EXPR", ["EXPR"]),
        "au": ("AU", ["AU"]),
    }
    for name in ("VA", "AU", "EXPR"):
        for track, used in run.used.items():
            if name in used.branches:
                assert used.branches[name].sources[name] == holistic.sources[name], track
    table = run.system.image_tables["table6"]
    assert len(table.rows) == 16 and set(run.system.scored_images) == set(run.images)


def test_the_paper_s_size(root: Path) -> None:
    branch = load_run(root / "config/facebehaviornet.yaml").used["au"].branches["FBN-38"]
    with torch.device("meta"):
        network = build_network(branch.network, {"face": (3, 96, 96)}, {"va": 2, "expr": 7, "au": 17})
    # The convolutions of VGG-16 with biases; 3 x 3 x 512 numbers of 96 x 96 pixels; two layers of 4096; 26 outputs.
    layers = 14_714_688, 4608 * 4096 + 4096, 4096 * 4096 + 4096, 4096 * 26 + 26
    assert sum(parameter.numel() for parameter in network.parameters()) == sum(layers)
