"""Where everything lies: what each function gives, filled and as a pattern, written out by hand."""

from pathlib import Path

import pytest

from affectflow.artifacts.layout import (
    ANY_RUN,
    ANY_TRAINING,
    MODEL,
    ImageLayout,
    Layout,
    TrackRun,
    Training,
    artifact_file,
    feature_file,
    feature_files,
    feature_set,
    is_made,
    layout_of_branch,
    left_out_pictures,
    pictures,
    resized,
    result,
    submission,
    track_result,
    training_of,
)
from affectflow.core.project import OWN

LAYOUT = Layout("demo", "ntua")
JOINT = Training("va+expr", "F", "fold2", 7)
RUN = TrackRun("va", "official", 123)


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        (LAYOUT.artifact("frames", "a"), "work/demo/frames/a.arrow"),
        (LAYOUT.artifact("videos", "a"), "work/demo/videos/a.parquet"),
        (LAYOUT.artifact("body", "a"), "work/demo/body/a.parquet"),
        (LAYOUT.artifact("preview", "a"), "work/demo/preview/a.jpg"),
        (LAYOUT.artifact(resized(112), "a"), "work/demo/resized/112/a.arrow"),
        (LAYOUT.artifact(feature_set("fau"), "a"), "work/demo/features/fau/a.arrow"),
        (LAYOUT.mel_filters, "work/demo/mel_filters.npz"),
        (LAYOUT.manifest("va"), "work/demo/va/manifest.parquet"),
        (LAYOUT.manifest("va", "fold3"), "work/demo/va/folds/fold3.parquet"),
        (LAYOUT.labels("va"), "work/demo/va/labels.parquet"),
        (LAYOUT.utterance_labels_as_read("va"), "work/demo/va/utterances/as_read.parquet"),
        (LAYOUT.utterance_labels("va"), "work/demo/va/utterances/labels.parquet"),
        (LAYOUT.utterance_manifest("va"), "work/demo/va/utterances/manifest.parquet"),
        (LAYOUT.log("decode/a"), "logs/demo/decode/a.log"),
        (LAYOUT.times("decode/a"), "work/demo/benchmarks/decode/a.tsv"),
        (LAYOUT.job_checkpoints("decode/a"), "checkpoints/demo/decode/a"),
        (LAYOUT.model(JOINT), "models/demo/ntua/va+expr/F/fold2-7"),
        (LAYOUT.model(JOINT, MODEL), "models/demo/ntua/va+expr/F/fold2-7/model.safetensors"),
        (LAYOUT.checkpoints(JOINT), "checkpoints/demo/ntua/va+expr/F/fold2-7"),
        (LAYOUT.features(JOINT, feature_file("test")), "features/demo/ntua/va+expr/F/fold2-7/test.arrow"),
        (LAYOUT.prediction(RUN.of("F"), "test"), "predictions/demo/ntua/va/F/official-123/test.parquet"),
        (
            LAYOUT.prediction(RUN.of("F"), "test", "smoothed"),
            "predictions/demo/ntua/va/F/official-123/smoothed/test.parquet",
        ),
        (LAYOUT.smoothing(RUN.of("F")), "predictions/demo/ntua/va/F/official-123/smoothed/smoothing.json"),
        (LAYOUT.postprocess(RUN.of("F")), "predictions/demo/ntua/va/F/official-123/utterances/postprocess.json"),
        (
            LAYOUT.image_prediction(JOINT, "rafdb", "validation"),
            "predictions/demo/ntua/va+expr/F/fold2-7/images/rafdb/validation.parquet",
        ),
        (LAYOUT.weights(RUN), "fusion/demo/ntua/va/official-123/weights.json"),
        (LAYOUT.fused_test(RUN), "fusion/demo/ntua/va/official-123/test.parquet"),
        (LAYOUT.leaderboard_entry("va"), "leaderboard_entries/demo/ntua/va.json"),
        (ImageLayout("ntua").encoder("fer", 123, MODEL), "models/images/ntua/fer/123/model.safetensors"),
        (ImageLayout("ntua").checkpoints("fer", 123), "checkpoints/images/ntua/fer/123"),
        (pictures("rafdb", "train"), "work/images/rafdb/train.arrow"),
        (left_out_pictures("rafdb", "train"), "work/images/rafdb/train.left_out.csv"),
        (track_result("intervals", 1, "json"), "results/intervals_track1.json"),
        (submission(1), "results/submission/track1"),
        (result("metrics", "json"), "results/metrics.json"),
    ],
)
def test_a_path_of_values(path: str, expected: str) -> None:
    assert path == expected


@pytest.mark.parametrize(
    ("pattern", "values", "expected"),
    [
        (LAYOUT.artifact("frames"), {"shard": "a"}, LAYOUT.artifact("frames", "a")),
        (LAYOUT.model(ANY_TRAINING), vars(JOINT), LAYOUT.model(JOINT)),
        (LAYOUT.weights(ANY_RUN), {"track": "va", "fold": "official", "seed": 123}, LAYOUT.weights(RUN)),
        (LAYOUT.manifest(), {"track": "va"}, LAYOUT.manifest("va")),
        (track_result("test"), {"number": 1}, track_result("test", 1)),
        (pictures(), {"images": "rafdb", "split": "train"}, pictures("rafdb", "train")),
    ],
)
def test_a_pattern_filled_is_the_path(pattern: str, values: dict[str, object], expected: str) -> None:
    assert pattern.format(**values) == expected


def test_views_and_pictures_of_learnt_features() -> None:
    paths = feature_files({"CNN": Path("f")}, "train", 2, ["rafdb"])
    assert [path.as_posix() for path in paths] == [
        "f/train.arrow",
        "f/train-copy1.arrow",
        "f/images/rafdb/train.arrow",
        "f/images/rafdb/train-copy1.arrow",
    ]


def test_the_address_of_a_branch_of_another_run() -> None:
    layout, task, name = layout_of_branch("affwild2/ntua/va+expr/F")
    assert (layout, task, name) == (Layout("affwild2", "ntua"), "va+expr", "F")
    with pytest.raises(ValueError, match="unpack"):
        layout_of_branch("ntua/F")


def test_the_training_behind_a_folder_of_a_model() -> None:
    assert training_of(Path("/elsewhere") / LAYOUT.model(JOINT)) == Training("va+expr", "F", "fold2", "7")


def test_what_has_a_record_lies_apart_from_the_projects_own_files() -> None:
    assert is_made("work/demo/frames/a.arrow") and is_made("leaderboard_entries/demo/ntua/va.json")
    assert not is_made("logs/demo/decode/a.log") and not is_made("config/config.yaml")
    assert not any(is_made(f"{folder}/x") for folder in OWN)


def test_a_single_videos_artifacts_have_the_same_names() -> None:
    assert LAYOUT.artifact("mel", "video") == f"{LAYOUT.work}/{artifact_file('mel', 'video')}"
