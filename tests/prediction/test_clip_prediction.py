"""`affectflow predict` with a system that scores frames and, beside them, whole videos."""

from collections.abc import Iterator
from contextlib import chdir
from pathlib import Path

import pandas as pd
import pytest
from media_factory import clip
from safetensors.torch import load_file, save_file
from untrained import BRANCHES, WEIGHTS, make_system

from affectflow import load_system
from affectflow.artifacts.record import read_record, record_path
from affectflow.cli.main import main
from affectflow.core.tracks import track_of

ERI = track_of("eri")
SOUND_BRANCH = {
    "streams": ["sound_features"],
    "features": {"sets": ["E"]},
    "network": {"name": "interaction_transformer", "embedded": 8, "projected": 4, "steps": 3},
    "sequence": {"length": 3, "stride": 3, "step": 0.1},
}
SYSTEM = {
    "name": "both",
    "features": {"E": {"kind": "opensmile", "set": "eGeMAPSv01b"}},
    "tracks": {
        "va": {"branches": BRANCHES, "methods": {"BCF + A": {"branches": list(BRANCHES)}}, "submit": "BCF + A"},
        "eri": {
            "branches": {"B": SOUND_BRANCH, "C": SOUND_BRANCH},
            "methods": {"B + C": {"branches": ["B", "C"]}},
            "submit": "B + C",
        },
    },
}


@pytest.fixture(scope="module")
def scored_project(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A project whose videos are scored with everything; not to be changed."""
    folder = tmp_path_factory.mktemp("scored")
    make_system(folder, "folder", system=SYSTEM)
    for model in folder.glob("models/*/both/eri/*/*/model.safetensors"):
        state = load_file(model)
        state["standardised.sound_features.scale"].fill_(500)  # as if it had been trained on numbers of this size
        save_file(state, model)
    (folder / "videos").mkdir()
    clip(folder / "videos" / "one.mp4", count=9, sound="sine=frequency=440:duration=0.36")
    clip(folder / "videos" / "two.mkv", count=7, sound="sine=frequency=220:duration=0.28")
    with chdir(folder):
        assert main(["predict", "videos", "--out", "scores"]) == 0
        yield folder


def test_frames_and_whole_videos_have_tables_of_their_own(scored_project: Path) -> None:
    out = scored_project / "scores"
    frames, clips = pd.read_csv(out / "one.csv"), pd.read_csv(out / "clips.csv", index_col="video")
    va = track_of("va").outputs
    assert list(frames) == [
        "frame",
        "person",
        "time",
        *va,
        *(f"{n}_{b}" for b in WEIGHTS for n in va),
        "va_seen",
        *(f"va_seen_{b}" for b in WEIGHTS),
        "face_found",
        *("face_left", "face_top", "face_right", "face_bottom", "face_score", "yaw", "pitch", "roll"),
        *("body_found", "head_only"),
    ]
    assert list(clips.index) == ["one.mp4", "two.mkv"] and list(clips["frames"]) == [9, 7]
    expected = [
        "person",
        "seconds",
        "frames",
        "face_share",
        *ERI.outputs,
        *(f"{n}_{b}" for b in "BC" for n in ERI.outputs),
    ]
    expected += ["eri_seen_share", "eri_seen_share_B", "eri_seen_share_C"]
    assert list(clips) == expected
    assert (clips[expected[-3:]] == 1).all(axis=None)  # what it needs is sound, and that is there all along
    assert clips["seconds"].to_numpy() == pytest.approx([9 / 25, 7 / 25], abs=2e-3)
    for name in ERI.outputs:
        mean = (clips[f"{name}_B"] + clips[f"{name}_C"]) / 2
        assert clips[name].to_numpy() == pytest.approx(mean.to_numpy(), abs=2e-6)
        assert clips[name].between(0, 1).all() and clips[name].nunique() == 2
    assert (out / "one.viewer.html").exists() and "adoration" not in (out / "one.viewer.html").read_text()
    record = read_record(record_path(out / "clips/one.csv"))
    assert record.rule == "predict_video" and "videos/one.mp4" in {item.path for item in record.inputs}


def test_the_summary_has_both(scored_project: Path) -> None:
    summary = pd.read_csv(scored_project / "scores/summary.csv", index_col="video")
    clips = pd.read_csv(scored_project / "scores/clips.csv", index_col="video")
    pd.testing.assert_frame_equal(summary[list(ERI.outputs)], clips[list(ERI.outputs)])
    assert list(summary)[:3] == ["person", "frames", "seconds"] and "body_share" in summary
    assert (summary["va_seen_share"] == 0).all() and summary["valence_mean"].isna().all()  # nobody is there
    assert list(summary["unscored"]) == ["va: no face in any frame"] * 2


def test_what_is_heard_in_no_step_has_no_result_in_the_summary(scored_project: Path, tmp_path: Path) -> None:
    """Its table of clips keeps the numbers, and marks them."""
    silent = clip(tmp_path / "silent.mkv", count=9)
    assert main(["predict", str(silent), "--tracks", "eri", "--out", str(tmp_path / "out")]) == 0
    clips, summary = (pd.read_csv(tmp_path / "out" / name).iloc[0] for name in ("clips.csv", "summary.csv"))
    assert clips["eri_seen_share"] == clips["eri_seen_share_B"] == 0 and clips[list(ERI.outputs)].notna().all()
    assert summary[list(ERI.outputs)].isna().all() and summary["unscored"] == "eri: no sound in any frame"
    index = (tmp_path / "out" / "index.html").read_text()
    assert "1 of 1 video(s) have a person whose scores count in fewer than 10 %" in index


def test_python_gives_a_row_a_frame_or_the_one_of_the_video(scored_project: Path) -> None:
    video = scored_project / "videos/one.mp4"
    both = load_system(scored_project / "config/config.yaml", folder=scored_project).predict(video)
    assert len(both) == 9 and "valence" in both and "fear" not in both
    clip_scores = load_system(scored_project / "config/config.yaml", ["eri"], scored_project).predict(video)
    clips = pd.read_csv(scored_project / "scores/clips.csv", index_col="video", dtype={"person": str})
    pd.testing.assert_frame_equal(clip_scores, clips.loc[["one.mp4"]], check_dtype=False, atol=6e-7, rtol=0)


def test_what_no_frame_needs_is_not_made(
    scored_project: Path, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    assert main(["predict", "videos/one.mp4", "--tracks", "eri", "--out", str(tmp_path / "whole")]) == 0
    stderr = capsys.readouterr().err
    assert "one.mp4: faces" in stderr and "one.mp4: body" not in stderr and "one.mp4: overlay" not in stderr
    files = {path.relative_to(tmp_path / "whole").as_posix() for path in (tmp_path / "whole").rglob("*.*")}
    results = {"clips.csv", "people.csv", "summary.csv", "index.html", "clips/one.csv", "people/one.csv"}
    assert files == results | {f"{name}.record.json" for name in results}


def test_no_video_takes_the_name_of_the_table_of_all(
    scored_project: Path, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    clip(tmp_path / "clips.mp4", count=3)
    assert main(["predict", str(tmp_path / "clips.mp4"), "--out", str(tmp_path / "out")]) == 2
    assert "clips.csv: would be a result of" in capsys.readouterr().err
