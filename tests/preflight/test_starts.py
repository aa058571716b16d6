"""What the networks of a run start from: names, sizes and pictures, checked before any work."""

from pathlib import Path
from typing import Any

import pytest
import torch

from affectflow.config.model.networks import CnnRnn
from affectflow.config.system.load import load_run
from affectflow.config.training.trained import Augment
from affectflow.core.errors import InputError
from affectflow.core.tracks import track_of
from affectflow.datasets.video.shard import Subject, Video
from affectflow.preflight.starts import check_faces, check_starts, find_corpora
from affectflow.pretrained.weights import read_registry


def settings_of(root: Path, **changes: Any) -> Any:
    return load_run(root / "config/affwild2.yaml", changes)


def test_the_shipped_configuration_is_the_paper_s(root: Path) -> None:
    run_settings = settings_of(root)
    pretraining = run_settings.pretrained["pretrain_face"]
    assert (pretraining.epochs, pretraining.batch, pretraining.optimizer.lr) == (5, 64, 1e-3)
    assert (pretraining.backbone, pretraining.width, pretraining.size, pretraining.track.outputs) == (
        "resnet50", 64, 112, track_of("expr", "abaw2").outputs
    )  # fmt: skip
    assert set(run_settings.used) == {"va", "expr", "au"}
    for system in run_settings.used.values():
        assert system.branches["F"].init == {"face": "pretrain_face"}
        assert system.branches["BCF"].init["face"] == "pretrain_face"
    check_starts(run_settings, read_registry(root / "config/weights.yaml"))


def test_the_face_of_the_public_code_is_reachable_by_its_name_alone(root: Path) -> None:
    weighted = {"init": {"face": "pretrain_face_weighted"}}
    system = {"tracks": {track: {"branches": {"F": weighted, "BCF": weighted}} for track in ("va", "expr", "au")}}
    system["tracks"]["expr"]["branches"]["BCF-emb"] = weighted
    run_settings = settings_of(root, system=system)
    check_starts(run_settings, read_registry(root / "config/weights.yaml"))
    (pretraining,) = run_settings.pretrained.values()
    plain = settings_of(root).pretrained["pretrain_face"]
    assert (pretraining.loss.class_weights, plain.loss.class_weights) == ("balanced", "none")
    assert pretraining.augment.flip and pretraining.augment.crop and plain.augment == Augment()
    assert pretraining.model_copy(update={"loss": plain.loss, "augment": plain.augment}) == plain


def test_ntua_has_no_dropout_as_the_public_code_in_effect(root: Path) -> None:
    for name in ("affwild2", "config"):
        systems = load_run(root / f"config/{name}.yaml").used
        assert systems
        for system in systems.values():
            networks = [branch.network for branch in system.branches.values() if isinstance(branch.network, CnnRnn)]
            assert networks and {branch.dropout for branch in networks} == {0.0}
    with pytest.warns(UserWarning, match="dropout"):
        lstm = torch.nn.LSTM(4, 5, num_layers=1, dropout=0.1, bidirectional=True)
    x = torch.randn(7, 2, 4)
    assert torch.equal(lstm.train()(x)[0], lstm.eval()(x)[0]), "what the public code sets changes nothing"


def test_official_faces_that_are_not_there_are_told_before_any_work(root: Path, tmp_path: Path) -> None:
    corpus = {"root": str(tmp_path), "cropped_aligned": "cropped_aligned"}
    run_settings = settings_of(root, corpus=corpus, faces={"source": "official"})
    videos = [Video("7", Path("7.mp4"), (Subject("7_left", "left"), Subject("7_right", "right")))]
    with pytest.raises(InputError, match=r"cropped_aligned: no faces of 2 of 2 subjects \(7_left, 7_right\), and .*"):
        check_faces(run_settings, videos)
    (tmp_path / "cropped_aligned/7_left").mkdir(parents=True)
    with pytest.raises(InputError, match=r"1 of 2 subjects \(7_right\).*instead: faces.source: detect"):
        check_faces(run_settings, videos)
    (tmp_path / "cropped_aligned/7_right").mkdir()
    check_faces(run_settings, videos)
    check_faces(settings_of(root), videos)


@pytest.mark.parametrize("name", ["meng", "vu"])
def test_systems_on_the_organisers_faces_take_them_or_find_them(root: Path, name: str) -> None:
    run_settings = load_run(root / f"config/{name}.yaml")
    assert (run_settings.faces.source, str(run_settings.corpus.cropped_aligned)) == ("official", "cropped_aligned")
    assert load_run(root / f"config/{name}.yaml", {"faces": {"source": "detect"}}).faces.source == "detect"


def test_the_demo_pre_trains_nothing(root: Path) -> None:
    assert load_run(root / "config/config.yaml").pretrained == {}


def va(**branch: Any) -> dict[str, Any]:
    return {"tracks": {"va": {"branches": {"F": branch}}}}


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"system": va(network={"width": 32})}, "pre-trains a resnet50 of width 64, and stream face has a resnet50 of"),
        ({"system": va(network={"backbone": "resnet18"})}, "and stream face has a resnet18 of width 64"),
        (
            {"system": va(network={"width": 32}, init={"face": "affectnet_face"})},
            "init needs the published width 64, found width 32",
        ),
        (
            {"system": {"pretraining": {"pretrain_face": {"backbone": "densenet"}}}},
            "pre-trains densenet, which lends its features to a set (features.<set>.weights: pretrain_face)",
        ),
        (
            {"system": {"pretraining": {"pretrain_face": {"backbone": "vit_b_16"}}}},
            "is the CNN of no network: those are resnet18 and resnet50",
        ),
        ({"system": va(init={"face": "pretrain_fase"})}, "starts from pretrain_fase, which is unknown"),
        ({"system": {"pretraining": {"pretrain_face": {"init": "x"}}}}, "pre-training pretrain_face starts from x"),
        (
            {"system": {"pretraining": {"affectnet_face": {"images": "affectnet"}}}},
            "affectnet_face: a name of both system.pretraining or a branch and",
        ),
        (
            {"system": {"pretraining": {"pretrain_face": {"images": "rafdb"}}}},
            "images has rafdb, and the setting",
        ),
        ({"images": {"affectnet": {"size": 96}}}, "size is 112, larger than images.affectnet.size (96)"),
        (
            {"images": {"affectnet": {"kind": "rafdb_compound"}}},
            "target is expression, which images.affectnet (kind rafdb_compound) is not annotated with: it has compound",
        ),
        ({"corpus": {"name": "images"}}, "corpus.name is images"),
    ],
)
def test_names_and_sizes_that_do_not_fit_end_before_any_work(root: Path, changes: dict[str, Any], message: str) -> None:
    with pytest.raises(InputError) as caught:
        check_starts(settings_of(root, **changes), read_registry(root / "config/weights.yaml"))
    assert message in str(caught.value)


def test_all_that_is_missing_is_named_at_once(root: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    run = load_run(root / "config/facebehaviornet.yaml")
    monkeypatch.chdir(tmp_path)
    with pytest.raises(InputError) as caught:
        find_corpora(run)
    message = str(caught.value)
    places = ["Aff-Wild2/videos", "AffectNet", "RAF-DB/basic", "RAF-DB/compound", "EmotioNet"]
    assert [place for place in places if f"data/{place}: no such folder" not in message] == []
    assert [
        name for name in ("disfa", "bp4d", "bp4d_plus") if f"which a run on corpus {name} makes" not in message
    ] == []
    assert len(set(message.splitlines())) == len(message.splitlines())
    finetuned = load_run(root / "config/finetune/stills.yaml")
    with pytest.raises(InputError) as caught:
        find_corpora(finetuned)
    assert "data/Aff-Wild2/videos: no such folder" in str(caught.value)
    assert "models/affwild2_abaw1/mtvgg/va+expr+au/MT-VGG/official-123/model.safetensors: no such model" in str(
        caught.value
    )


def test_null_clears_the_start_of_one_stream(root: Path) -> None:
    system = {"tracks": {"va": {"branches": {"BCF": {"init": {"face": None}}}}}}
    init = settings_of(root, system=system).used["va"].branches["BCF"].init
    assert init == {"body": "imagenet_resnet50", "context": "places365_resnet50"}
