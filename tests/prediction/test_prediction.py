"""`affectflow predict` on a folder: any tracks, what is done stays done, bad files are named, numbers add up."""

import re
import subprocess
import sys
from collections.abc import Iterator
from contextlib import chdir
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import yaml
from media_factory import clip
from untrained import WEIGHTS, make_models, make_system

from affectflow import load_system
from affectflow.artifacts.record import read_record, record_path
from affectflow.cli.main import main
from affectflow.config.system.load import load_run
from affectflow.core.errors import InputError
from affectflow.core.tracks import track_of
from affectflow.lineage.code import reached

SUFFIXES = (".csv", ".mp4", ".viewer.html", ".viewer.mp4")
SETTINGS = Path("config/config.yaml")


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with a system of all tracks and two small videos in `videos`."""
    make_system(tmp_path)
    (tmp_path / "videos").mkdir()
    clip(tmp_path / "videos" / "one.mp4", count=9, sound="sine=frequency=440:duration=0.36")
    clip(tmp_path / "videos" / "two.mkv", count=7)
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture(scope="module")
def scored_project(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A project whose videos are scored with everything; not to be changed."""
    folder = tmp_path_factory.mktemp("scored")
    make_system(folder)
    (folder / "videos").mkdir()
    clip(folder / "videos" / "one.mp4", count=9)
    clip(folder / "videos" / "two.mkv", count=7)
    with chdir(folder):
        assert predict("videos") == 0
        yield folder


def predict(*arguments: object, out: str = "scores") -> int:
    return main(["predict", *map(str, arguments), "--out", out])


def stamps(folder: Path) -> dict[str, int]:
    return {path.name: path.stat().st_mtime_ns for path in folder.iterdir() if path.name.startswith(("one", "two"))}


def table(path: Path) -> pd.DataFrame:
    return pd.read_csv(path, dtype={"person": str})


def test_every_video_gets_a_table_an_overlay_and_a_page_each_with_its_record(scored_project: Path) -> None:
    out = scored_project / "scores"
    results = [f"{stem}{suffix}" for stem in ("one", "two") for suffix in SUFFIXES]
    of_all = ("summary.csv", "people.csv", "index.html")
    assert sorted(path.name for path in out.iterdir() if path.is_file()) == sorted(
        file for name in (*results, *of_all) for file in (name, f"{name}.record.json")
    )
    people = {file for stem in ("one", "two") for file in (f"{stem}.csv", f"{stem}.csv.record.json")}
    assert {path.name for path in (out / "people").iterdir()} == people
    for name in results:
        record = read_record(record_path(out / name))
        assert record.rule == "predict_video" and set(record.options["tracks"]) == {"va", "expr", "au"}
        assert f"videos/{'one.mp4' if name.startswith('one') else 'two.mkv'}" in {i.path for i in record.inputs}


def test_columns_follow_the_tracks(scored_project: Path) -> None:
    expected = ["frame", "person", "time"]
    for track in (track_of("va"), track_of("expr"), track_of("au")):
        expected += ["expression"] if track.name == "expr" else []
        expected += [*track.outputs, *(f"{name}_{branch}" for branch in WEIGHTS for name in track.outputs)]
        expected += [f"{track.name}_seen", *(f"{track.name}_seen_{branch}" for branch in WEIGHTS)]
    scores = table(scored_project / "scores" / "one.csv")
    face = ["face_left", "face_top", "face_right", "face_bottom", "face_score", "yaw", "pitch", "roll"]
    assert list(scores) == [*expected, "face_found", *face, "body_found", "head_only"]
    assert scores[face].isna().all(axis=None) and set(scores["person"]) == {"1"}  # nobody is there
    assert list(scores["frame"]) == list(range(9))
    assert scores["time"].to_numpy() == pytest.approx(np.arange(9) / 25, abs=1e-3)
    assert not scores["face_found"].any() and not scores["body_found"].any()


def test_fused_scores_are_the_weighted_branches(scored_project: Path) -> None:
    scores = table(scored_project / "scores" / "one.csv")
    for track in (track_of("va"), track_of("expr"), track_of("au")):
        for name in track.outputs:
            by_hand = sum(weight * scores[f"{name}_{branch}"] for branch, weight in WEIGHTS.items())
            assert scores[name].to_numpy() == pytest.approx(by_hand.to_numpy(), abs=2e-6)
    classes = list(track_of("expr").outputs)
    assert scores[classes].sum(axis=1).to_numpy() == pytest.approx(np.ones(9), abs=1e-5)
    assert scores["expression"].isna().all()  # nobody is there


def test_python_gives_what_the_command_writes(scored_project: Path) -> None:
    system = load_system(scored_project / SETTINGS, folder=scored_project)
    scores = system.predict(scored_project / "videos" / "one.mp4")
    expected = table(scored_project / "scores" / "one.csv").set_index("frame")
    assert system.tracks == ("va", "expr", "au")
    assert scores.index.name == "frame" and scores["face_found"].dtype == bool
    pd.testing.assert_frame_equal(scores, expected, check_dtype=False, atol=6e-7, rtol=0, check_index_type=False)
    only = load_system(scored_project / SETTINGS, ["va"], scored_project).predict(
        str(scored_project / "videos" / "one.mp4")
    )
    assert [name for name in only if "_" not in name] == [
        "person",
        "time",
        "valence",
        "arousal",
        "yaw",
        "pitch",
        "roll",
    ]


def test_what_is_done_stays_done(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert predict("videos", "--no-overlay") == 0
    before, summary = stamps(project / "scores"), (project / "scores/summary.csv").read_bytes()
    capsys.readouterr()
    assert predict("videos", "--no-overlay") == 0
    assert "2 of 2 video(s) are scored already" in capsys.readouterr().err
    assert stamps(project / "scores") == before and (project / "scores/summary.csv").read_bytes() == summary
    assert predict("videos", "--no-overlay", "--again") == 0
    assert not set(stamps(project / "scores").items()) & set(before.items())
    assert (project / "scores/summary.csv").read_bytes() == summary


def change_video(project: Path) -> None:
    clip(project / "videos" / "two.mkv", count=8)


def change_model(project: Path) -> None:
    make_models(project, load_run(SETTINGS), seed=1)


def change_settings(project: Path) -> None:
    settings = yaml.safe_load(SETTINGS.read_text())
    SETTINGS.write_text(yaml.safe_dump(settings | {"decode": {"height": 90}}, sort_keys=False))


def change_windowing(project: Path) -> None:
    settings = yaml.safe_load(SETTINGS.read_text())
    change = {"inference": {"videos": {"sequences": "paper"}}}
    SETTINGS.write_text(yaml.safe_dump(settings | change, sort_keys=False))


def change_result(project: Path) -> None:
    path = project / "scores" / "two.csv"
    path.write_text(path.read_text().replace("0.", "9.", 1))


def remove_result(project: Path) -> None:
    (project / "scores" / "two.viewer.mp4").unlink()


@pytest.mark.parametrize(
    ("change", "why", "both"),
    [
        (change_video, "videos/two.mkv changed", False),
        (change_model, "model.safetensors changed", True),
        (change_windowing, "settings.windowing.overlaps was 32, is gone", True),
        (change_settings, "settings.decode.height was 360, is 90", True),
        (change_result, "two.csv was changed after it was made", False),
        (remove_result, "two.viewer.mp4 is missing", False),
    ],
)
def test_what_changed_is_made_again_and_the_reason_said(
    project: Path, capsys: pytest.CaptureFixture[str], change: object, why: str, both: bool
) -> None:
    assert predict("videos", "--no-overlay", "--tracks", "va") == 0
    before = stamps(project / "scores")
    change(project)  # type: ignore[operator]
    capsys.readouterr()
    assert predict("videos", "--no-overlay", "--tracks", "va") == 0
    stderr, after = capsys.readouterr().err, stamps(project / "scores")
    assert f"two.mkv: made again: {why}" in stderr or (both and why in stderr)
    assert (after["one.csv"] != before["one.csv"]) == both
    assert after["two.csv"] != before["two.csv"]


def test_one_bad_file_is_named_at_the_end_and_the_others_are_done(
    project: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    bad = project / "videos" / "bad <b>.mp4"
    bad.write_text("no video")
    assert predict("videos", "--no-overlay", "--no-viewer") == 1
    lines = capsys.readouterr().err.splitlines()
    assert lines[-2].startswith("failed: bad <b>.mp4: videos/bad <b>.mp4: not a video")
    assert re.fullmatch(r"results in scores \(index\.html shows all\): 2 scored, 1 failed, in .*\d s", lines[-1])
    summary = table(project / "scores" / "summary.csv")
    assert list(summary["video"]) == ["one.mp4", "two.mkv", "bad <b>.mp4"]
    assert list(summary["failed"].notna()) == [False, False, True] and np.isnan(summary["frames"][2])
    index = (project / "scores" / "index.html").read_text()
    assert "bad &lt;b&gt;.mp4" in index and "<b>" not in index and 'href="one.csv"' in index
    bad.unlink()
    assert predict("videos", "--no-overlay", "--no-viewer") == 0
    assert "2 of 2 video(s) are scored already" in capsys.readouterr().err


def test_a_fault_in_one_video_does_not_stop_the_others(
    project: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    from affectflow.prediction import stages

    original = stages.spectrogram_shard
    faults = iter([True, False])

    def faulty(*arguments: object) -> None:
        if next(faults):
            raise ZeroDivisionError("a fault of ours")
        original(*arguments)  # type: ignore[arg-type]

    monkeypatch.setattr(stages, "spectrogram_shard", faulty)
    assert predict("videos", "--no-overlay", "--no-viewer", "--tracks", "va") == 1
    assert "one.mp4: unexpected ZeroDivisionError: a fault of ours" in capsys.readouterr().err
    assert not (project / "scores" / "one.csv").exists() and (project / "scores" / "two.csv").exists()


def test_tracks_that_are_not_trained_are_left_out_aloud(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (project / "fusion/demo/small/au/official-123/weights.json").unlink()
    assert predict("videos/one.mp4", "--no-overlay", "--no-viewer") == 0
    assert "track au: not trained here, left out" in capsys.readouterr().err
    assert "au12" not in table(project / "scores" / "one.csv")
    with pytest.raises(InputError, match=r"au/official-123/weights\.json: missing.* results/test_track3\.csv"):
        load_system(SETTINGS, ["va", "au"])
    assert predict("videos/one.mp4", "--tracks", "au") == 2


@pytest.mark.parametrize(
    ("arguments", "out", "problem"),
    [
        (["videos"], "videos/scores", "where its videos would be taken for yours"),
        (["videos/one.mp4"], "videos", "would be a result of videos/one.mp4, and is the video videos/one.mp4"),
        (["summary.mp4"], "scores", "is the summary.csv of all videos"),
        (["videos/one.mp4", "one.viewer.mkv"], "scores", "and is a result of videos/one.mp4"),
        (["videos/three.mp4"], "scores", "videos/three.mp4: no such file"),
    ],
)
def test_results_overwrite_nothing(
    project: Path, capsys: pytest.CaptureFixture[str], arguments: list[str], out: str, problem: str
) -> None:
    for name in ("summary.mp4", "one.viewer.mkv"):
        clip(project / name, count=2)
    assert predict(*arguments, out=out) == 2
    assert problem in capsys.readouterr().err
    assert not (project / out).exists() or not list((project / out).glob("*.csv"))


def test_the_page_says_that_a_synthetic_corpus_means_nothing(scored_project: Path) -> None:
    page = (scored_project / "scores" / "one.viewer.html").read_text()
    assert "by the system small trained on the corpus demo (au: BCF + A; expr: BCF + A; va: BCF + A)" in page
    assert "The training corpus is synthetic" in page


def test_importing_the_package_imports_nothing_heavy() -> None:
    code = "import affectflow, sys; print(sorted({'torch', 'pandas', 'numpy', 'cv2', 'pyarrow'} & set(sys.modules)))"
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert result.stdout.strip() == "[]"


def test_no_rule_of_the_workflow_depends_on_prediction(root: Path) -> None:
    scripts = sorted((root / "workflow" / "scripts").glob("*.py"))
    assert scripts
    for script in scripts:
        modules, _ = reached(script.relative_to(root), root)
        assert not [name for name in modules if name.startswith("affectflow.prediction")], script.name
