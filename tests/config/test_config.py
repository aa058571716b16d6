"""Settings: every typo is an error that names the key and what to change."""

from pathlib import Path

import pytest
from pydantic import ValidationError
from repository import ROOT

from affectflow.config.data.preprocessing import Mel
from affectflow.config.reading import merge, read_yaml
from affectflow.config.system import reference
from affectflow.config.system.load import load_run
from affectflow.config.system.settings import Run
from affectflow.config.validate import validated
from affectflow.core.errors import InputError
from affectflow.preflight.starts import check_starts
from affectflow.pretrained.weights import read_registry

CONFIG = ROOT / "config"

TRACK = {
    "branches": {"F": {"streams": ["face"]}},
    "methods": {"Visual (F)": {"branches": ["F"]}},
    "submit": "Visual (F)",
}
SYSTEM = {"name": "tiny", "tracks": {"va": TRACK, "expr": TRACK}}


def run_of(**changes: object) -> Run:
    values = merge({"corpus": {"kind": "demo"}, "system": SYSTEM}, changes)
    return validated(Run, values, "settings.yaml")


def of_track(name: str, **changes: object) -> dict[str, object]:
    """Changes of how the system predicts a track."""
    return {"system": {"tracks": {name: changes}}}


def of_branch(track: str, **changes: object) -> dict[str, object]:
    return of_track(track, branches={"F": changes})


def of_images(name: str, kind: str, **changes: object) -> dict[str, object]:
    return {"images": {name: {"kind": kind, "root": "data/x", **changes}}}


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"sead": 1}, "sead: no such setting; did you mean seed?"),
        ({"mel": {"n_mel": 80}}, "mel.n_mel: no such setting; did you mean n_mels?"),
        ({"corpus": {"secondz": 3}}, "corpus.secondz: no such setting; did you mean seconds?"),
        (
            of_branch("va", optimizer={"learning": 1}),
            "system.tracks.va.branches.F.optimizer.learning: no such setting",
        ),
        ({"mel": {"n_mels": "many"}}, "mel.n_mels: Input should be a valid integer"),
        ({"mel": {"hop": 0.5}}, "sound would be skipped"),
        ({"mel": {"n_mels": 256}}, "settings: mel: 21 of 256 mel bands from 0 to 22050 Hz hold no frequency"),
        ({"mel": {"f_max": 10000}, "decode": {"sample_rate": 16000}}, "is above half the sample rate (8000 Hz)"),
        ({"decode": {"sample_rate": 96000}}, "mel.n_fft is 1024, shorter than the window of 0.02 s (1920 samples"),
        ({"decode": {"quality": 1}}, "decode.quality: Input should be greater than or equal to 2 (found 1)"),
        ({"corpus": {"kind": "affwild3"}}, "corpus: Input tag 'affwild3' found using 'kind' does not match"),
        ({"corpus": {"edition": "union17"}}, "corpus.edition: Input should be 'abaw1', 'abaw2' or 'abaw3'"),
        (of_images("raf", "rafdb", sise=64), "images.raf.sise: no such setting; did you mean size?"),
        (of_images("expw", "expw", validation=1), "images.expw.validation: no such setting; did you mean validation_s"),
        (
            of_images("affectnet", "rafdb", layout="x"),
            "images.affectnet.layout: no such setting; known are faces, kind",
        ),
        (of_images("raf", "rafdb", size=8), "images.raf.size: Input should be greater than or equal to 16 (found 8)"),
        (of_images("raf", "rafbd"), "images.raf: Input tag 'rafbd' found using 'kind' does not match"),
        ({"images": {"raf": {"root": "x"}}}, "images.raf.kind: is missing"),
        ({"images": {"raf": {"kind": "rafdb"}}}, "images.raf.root: is missing"),
        ({"body": {"backend": "openpose"}}, "backend openpose needs openpose_models"),
        ({"body": {"backend": "openpose-caffe"}}, "needs openpose_weights: OpenPose's pose_iter_584000.caffemodel"),
        ({"body": {"net_resolution": "-1x360"}}, "net_resolution -1x360: width and height must be multiples of 16"),
        ({"body": {"net_resolution": "-1x-1"}}, "net_resolution -1x-1: width and height must be multiples of 16, one"),
        ({"body": {"net_resolution": "656"}}, "body.net_resolution: String should match pattern"),
        ({"body": {"scale_number": 5}}, "scale_gap 0.25: the last size is 0 of the largest"),
        ({"faces": {"source": "official"}}, "corpus.cropped_aligned is not set"),
        (of_track("va", submit="Audio"), "submit is 'Audio', known methods are 'Visual (F)'"),
        (of_track("va", methods={"X": {"branches": ["G"]}}), "method 'X' names branch G, known are F"),
        (of_track("va", methods={"X": {"branches": ["F", "F"]}}), "method 'X' names a branch twice: F, F"),
        (of_track("va", fusion={"step": 0.3}), "step 0.3 does not divide 1"),
        (of_branch("va", loss={"mse": 0, "ccc": 0}), "tracks.va.branches.F.loss: mse and ccc leave nothing to learn"),
        (of_branch("va", streams=["face", "face"]), "streams names one twice"),
        (of_branch("va", init={"body": "x"}), "init names stream body"),
        (
            of_branch("va", init={"face": "x"}, network={"width": 16}),
            "init needs the published width 64, found width 16",
        ),
        (of_branch("va", sequence={"length": 8, "stride": 16}), "stride 16 is larger than length 8"),
        ({"tracks": ["va", "au"]}, "tracks names au, which system tiny does not predict; it has va, expr"),
        ({"tracks": ["va", "valence"]}, "tracks.1: Input should be 'va', 'expr', 'au' or 'eri' (found 'valence')"),
        (
            {"corpus": {"kind": "omg", "root": "x"}},
            "tracks are va, expr, and a corpus of kind omg annotates valence and arousal alone: set tracks: [va]",
        ),
        ({"corpus": {"kind": "omg", "root": "x"}, "tracks": ["va"], "folds": 3}, "folds is 3, and would part"),
        (of_branch("va", postprocess={"median": [4]}), "postprocess.median.0: window 4 has no middle"),
        ({"system": {"tables": {"t": {"title": "T", "split": "test", "tracks": ["au"]}}}}, "does not predict au"),
    ],
)
def test_wrong_settings_say_what_to_change(changes: dict[str, object], message: str) -> None:
    with pytest.raises(InputError) as caught:
        run_of(**changes)
    assert message in str(caught.value)
    assert str(caught.value).startswith("settings.yaml: ")


def test_postprocessing_that_is_not_applied_is_told() -> None:
    changes = of_branch("va", postprocess={"smoothing": [3]})
    assert run_of(**changes).notes == [
        "postprocess of va/F is for corpora that are annotated by utterance, and is not applied here"
    ]
    assert run_of(**changes, corpus={"kind": "omg", "root": "x"}, tracks=["va"]).notes == run_of().notes == []


def test_all_wrong_settings_are_named_at_once() -> None:
    with pytest.raises(InputError) as caught:
        run_of(sead=1, decode={"quality": 99}, mel={"hop": "x"})
    assert "3 setting(s)" in str(caught.value)


def test_settings_cannot_change_after_reading() -> None:
    with pytest.raises(ValidationError):
        run_of().seed = 5  # type: ignore[misc]


def test_a_file_extends_another_and_changes_only_what_it_gives(tmp_path: Path) -> None:
    (tmp_path / "systems").mkdir()
    (tmp_path / "systems" / "base.yaml").write_text(
        "name: base\ntracks:\n  va:\n    branches:\n      F: {streams: [face], batch: 7, optimizer: {lr: 1e-4}}\n"
        "    methods:\n      Visual (F): {branches: [F]}\n    submit: Visual (F)\n"
    )
    (tmp_path / "run.yaml").write_text(
        "corpus: {kind: demo}\nsystem:\n  extends: systems/base.yaml\n  tracks: {va: {branches: {F: {epochs: 3}}}}\n"
    )
    branch = load_run(tmp_path / "run.yaml").system.tracks["va"].branches["F"]
    assert (branch.batch, branch.epochs, branch.optimizer.lr) == (7, 3, 1e-4)
    assert load_run(tmp_path / "run.yaml", {"seed": 9}).seed == 9


def test_yaml_anchors_and_merge_keys_work(tmp_path: Path) -> None:
    (tmp_path / "x.yaml").write_text("a: &one {b: 1, c: 2}\nd: {<<: *one, c: 3}\n")
    assert read_yaml(tmp_path / "x.yaml")["d"] == {"b": 1, "c": 3}


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("a: 1\na: 2\n", ", line 2, column 1: not valid YAML: key 'a' is given twice"),
        ("a:\n\tb: 1\n", ", line 2, column 1: not valid YAML"),
        ("a: !x 1\n", ", line 1, column 4: not valid YAML"),
        ("a: [1\n", "not valid YAML"),
        ("- 1\n", "holds list, expected keys with values"),
        ("", "is empty, expected keys with values"),
        ("# nothing\n", "is empty, expected keys with values"),
        ("a: !!python/object/apply:os.system [true]\n", "not valid YAML"),
    ],
)
def test_a_bad_file_is_named(tmp_path: Path, text: str, message: str) -> None:
    path = tmp_path / "x.yaml"
    path.write_text(text)
    with pytest.raises(InputError) as caught:
        read_yaml(path)
    assert message in str(caught.value)
    assert str(path) in str(caught.value)


def test_mel_preset_of_paper_001_sets_what_is_not_given() -> None:
    preset = Mel.model_validate({"preset": "kollias"})
    assert (preset.window, preset.hop, preset.scale) == (0.033, 0.022, "unit")
    assert Mel.model_validate({"preset": "kollias", "hop": 0.011}).hop == 0.011


SHIPPED = {
    path.relative_to(CONFIG).as_posix(): path
    for path in [*CONFIG.glob("*.yaml"), *CONFIG.glob("finetune/*.yaml")]
    if path.name != "weights.yaml"
}


@pytest.mark.parametrize("name", sorted(SHIPPED))
def test_every_shipped_settings_file_is_valid(root: Path, name: str) -> None:
    run = load_run(SHIPPED[name])
    check_starts(run, read_registry(root / run.weights))
    assert (run.system.name == "ntua") == (name in ("config.yaml", "affwild2.yaml"))


def test_the_paper_s_values_stand_in_the_full_configuration(root: Path) -> None:
    run = load_run(root / "config" / "affwild2.yaml")
    va, expr = run.used["va"], run.used["expr"]
    bcf = va.branches["BCF"]
    assert (run.body.lambda_x, run.body.lambda_y, run.body.min_confidence) == (0.1, 0.25, 0.1)
    assert set(bcf.streams) == {"body", "context", "face"}
    assert (bcf.network.backbone, bcf.network.hidden, bcf.network.layers) == ("resnet50", 512, 1)
    assert bcf.network.bidirectional and not va.branches["A"].network.bidirectional
    assert va.methods["Audio + Visual (F + BCF)"].paper["total"] == 0.502
    assert (run.edition, list(run.used)) == ("abaw2", ["va", "expr", "au"])
    assert expr.branches["BCF"].loss.embedding == 0.0 and expr.branches["BCF-emb"].loss.embedding == 1.0
    assert expr.methods["Visual (BCF) + L_emb"].paper == {"f1": 0.532, "accuracy": 0.639, "total": 0.567}


def test_reference_page_and_schema_are_up_to_date(root: Path) -> None:
    import json

    assert (root / "docs" / "settings.md").read_text() == reference.page(), "run `make docs`"
    assert json.loads((root / "config" / "schema.json").read_text()) == reference.schema(), "run `make docs`"


def test_every_setting_says_what_it_means() -> None:
    groups = [d for d in reference.schema()["$defs"].values() if "properties" in d]
    assert [g["title"] for g in groups if not g.get("description")] == []
    silent = {
        f"{group['title']}.{key}"
        for group in groups
        for key, field in group["properties"].items()
        if not field.get("description") and key not in ("kind", "name", "lr", "weight_decay")
    }
    # A key whose value is a group is explained by the group.
    assert {key for key in silent if key.split(".")[1] not in _GROUPS} == set()


_GROUPS = {
    "network", "loss", "optimizer", "schedule", "sequence", "picture", "mel", "augment", "fusion", "branches",
    "branch", "track", "landmarks", "postprocess", "lists", "clips",
}  # fmt: skip


@pytest.mark.parametrize("value", [".nan", ".inf", "-.inf", "1e400"])
def test_what_is_no_number_is_refused(tmp_path: Path, value: str) -> None:
    (tmp_path / "run.yaml").write_text(f"mel: {{mean: {value}}}\n")
    with pytest.raises(InputError, match=r"mel\.mean: .*finite number"):
        load_run(tmp_path / "run.yaml")
