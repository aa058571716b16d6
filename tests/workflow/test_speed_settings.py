"""Every setting is of results, of speed, or of where and how things are told; the last two kinds make nothing anew."""

import re
from typing import Any

import pytest
from miniature import RESULTS, Miniature

from affectflow.config.system import reference


def words(text: str) -> list[str]:
    return re.findall(r"\w+", text)


# Groups all of whose settings change what is computed, or what of it is scored, drawn and laid in tables.
OF_RESULTS = words("""
    AfewVaCorpus AfewVaImages AffWild2Corpus AffWildCorpus AffectNetImages Augment Bins Body Bp4dCorpus Branch CnnRnn
    Component Coupling DeepSpectrumSet DemoCorpus DemoImages DisfaCorpus Distillation EmotioNetImages ExpWImages FaceSet
    Faces Features FerPlusImages FewShot FolderCorpus Fusion FusionLayers Grid GridRow HeadCnn HeadGru HumeCorpus
    HumeDemoCorpus Identity ImageColumn ImageRow ImageTable InteractionTransformer Landmarks Windowing Loss Mel
    MelWindow Method MultiRnn OmgClips OmgCorpus OmgLists OpenSmileSet Optimizer PaperTable Picture Postprocess Preview
    Pretraining RafDbCompoundImages RafDbImages Resize Schedule Scoring SegmentLstm SegmentTransformer Sequence Splits
    System TrackSystem TrainingSource VggishSet Wav2vecSet ZeroShot
    """)  # fmt: skip
# Groups of several kinds, or of another. Threads, processes and GPUs change the order of sums, and so how they round;
# videos_per_shard changes which files there are; weights and weights_dir say what networks start from.
OTHERS = {
    "Run": dict.fromkeys(
        words(
            "corpus videos_per_shard decode faces body resize mel preview images system tracks seed seeds folds "
            "inference summary scoring loader device tracking weights weights_dir"
        ),
        "results",
    ),
    "Decode": dict.fromkeys(words("height quality sample_rate ffmpeg sound_track unreadable"), "results"),
    "Device": dict.fromkeys(words("gpus processes precision threads deterministic"), "results"),
    "Inference": {"tables": "results", "videos": "predict"},
    "Loader": {"workers": "speed", "cache_mb": "speed"},
    "Summary": {"least_seen": "predict", "damage_limit": "predict"},
    "Tracking": {"uri": "told", "experiment": "told"},
}
# A value of each setting that changes no result of the workflow; those of `predict` are of `affectflow predict` alone.
CHANGES: dict[str, list[dict[str, Any]]] = {
    "Loader.workers": [{"loader": {"workers": 1}}, {"loader": {"workers": 64}}],
    "Loader.cache_mb": [{"loader": {"cache_mb": 0}}, {"loader": {"cache_mb": 7}}],
    "Tracking.uri": [{"tracking": {"uri": "sqlite:///other.db"}}],
    "Tracking.experiment": [{"tracking": {"experiment": "mine"}}],
    "Summary.least_seen": [{"summary": {"least_seen": 0.5}}],
    "Summary.damage_limit": [{"summary": {"damage_limit": 0.5}}],
    "Inference.videos": [{"inference": {"videos": {"sequences": "paper"}}}],
}


def test_every_setting_has_a_kind() -> None:
    groups = {
        name: set(schema["properties"])
        for name, schema in reference.schema()["$defs"].items()
        if "properties" in schema
    }
    groups["Run"] = set(reference.schema()["properties"])
    assert groups.keys() == {*OF_RESULTS, *OTHERS}, "name what a new group's settings change"
    for name, kinds in OTHERS.items():
        assert groups[name] == kinds.keys(), f"name what a new setting of {name} changes"


def test_each_setting_that_changes_no_result_is_tried() -> None:
    setting_names = {
        f"{group}.{name}" for group, kinds in OTHERS.items() for name, kind in kinds.items() if kind != "results"
    }
    assert setting_names == CHANGES.keys()


@pytest.mark.slow
@pytest.mark.parametrize("setting", CHANGES)
def test_a_setting_that_changes_no_result_makes_nothing_anew(finished: Miniature, setting: str) -> None:
    try:
        for change in CHANGES[setting]:
            finished.settings(**change)
            assert finished.planned(*RESULTS) == set()
    finally:
        finished.settings()
