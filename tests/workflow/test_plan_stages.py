"""The stages from a video to what networks read: inputs and outputs of the rules, and the order of one video."""

import pytest
from plan_lab import ROOT

from affectflow.artifacts.layout import CorpusLayout
from affectflow.config.model.feature_sets import FeatureSet
from affectflow.config.system.load import load_run
from affectflow.workflow.plan.stages import ALIGN_FACE, DECODE, MASK_BODY, STAGES, steps

LAYOUT = CorpusLayout("demo")


def sets() -> dict[str, FeatureSet]:
    return dict(load_run([ROOT / "config/demo_meng.yaml"]).system.features)


def order(*artifacts: str) -> list[tuple[str, tuple[str, ...]]]:
    return [(step.stage.rule, step.makes) for step in steps(artifacts, sets())]


def test_what_rules_read_and_make() -> None:
    assert DECODE.inputs(LAYOUT) == {}
    assert DECODE.outputs(LAYOUT) == {
        "videos": "work/demo/videos/{shard}.parquet",
        "frames": "work/demo/frames/{shard}.arrow",
        "sound": "work/demo/sound/{shard}.arrow",
    }
    assert ALIGN_FACE.inputs(LAYOUT) == {
        "frames": "work/demo/frames/{shard}.arrow",
        "people": "work/demo/people/{shard}.arrow",
        "shots": "work/demo/shots/{shard}.parquet",
    }
    assert MASK_BODY.outputs(LAYOUT) == {"body": "work/demo/body/{shard}.parquet"}


def test_every_stage_comes_after_those_that_it_reads_of() -> None:
    available: set[str] = set()
    for stage in STAGES:
        assert set(stage.reads) <= available, stage.rule
        available |= set(stage.makes)


def test_only_the_stages_behind_what_is_wanted_are_walked_in_their_order() -> None:
    assert order("faces") == [("decode", ("frames",)), ("find_people", ("people", "shots")), ("align_face", ("faces",))]
    assert order("mel") == [("decode", ("sound",)), ("spectrogram", ("mel",))]
    assert [rule for rule, _ in order("body", "resized/48")] == [
        "decode",
        "find_people",
        "align_face",
        "mask_body",
        "resize",
    ]


def test_sizes_are_made_together_and_sets_one_by_one() -> None:
    stages = order("resized/48", "resized/112", "features/wav2vec", "features/DenseNet", "features/eGeMAPS")
    assert [rule for rule, _ in stages] == [
        "decode",
        "find_people",
        "align_face",
        "resize",
        "sound_features",
        "face_features",
        "sound_features",
    ]
    assert stages[3:] == [
        ("resize", ("resized/48", "resized/112")),
        ("sound_features", ("features/wav2vec",)),
        ("face_features", ("features/DenseNet",)),
        ("sound_features", ("features/eGeMAPS",)),
    ]


def test_nothing_is_wanted_that_nobody_makes() -> None:
    with pytest.raises(KeyError, match="thermal"):
        order("thermal")
