"""`affectflow predict` where nobody is to be seen: marks in tables, blanks in summaries, words on pages."""

from collections.abc import Iterator
from contextlib import chdir
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import yaml
from media_factory import clip
from people import film
from untrained import THRESHOLD, make_system

from affectflow import load_system
from affectflow.artifacts.record import read_record, record_path
from affectflow.cli.main import main
from affectflow.core.tracks import track_of

PRESENT = [True] * 4 + [False] * 3
"""Whether anybody is in each frame of two.mkv; nobody is in one.mp4, and both are silent."""
SETTINGS = Path("config/config.yaml")


def make_project(folder: Path) -> Path:
    make_system(folder)
    (folder / "videos").mkdir()
    clip(folder / "videos" / "one.mp4", count=9)
    film(folder / "videos" / "two.mkv", PRESENT)
    return folder


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with a system of all tracks and the two videos."""
    monkeypatch.chdir(make_project(tmp_path))
    return tmp_path


@pytest.fixture(scope="module")
def scored_project(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A project whose videos are scored; not to be changed."""
    folder = make_project(tmp_path_factory.mktemp("scored"))
    with chdir(folder):
        assert predict("videos", "--no-overlay") == 0
        yield folder


def predict(*arguments: str) -> int:
    return main(["predict", *arguments, "--out", "scores"])


def stamps(folder: Path) -> dict[str, int]:
    return {path.name: path.stat().st_mtime_ns for path in folder.iterdir() if path.name.startswith(("one", "two"))}


def table(path: Path) -> pd.DataFrame:
    return pd.read_csv(path, dtype={"person": str})


def test_frames_in_which_nobody_is_are_marked(scored_project: Path) -> None:
    scores = table(scored_project / "scores" / "two.csv")
    assert list(scores["face_found"]) == PRESENT
    for track in ("va", "expr", "au"):
        assert list(scores[f"{track}_seen"]) == list(scores[f"{track}_seen_BCF"]) == PRESENT
        assert not scores[f"{track}_seen_A"].any()
    assert scores["expression"].notna().tolist() == PRESENT
    classes = list(track_of("expr").outputs)
    assert list(scores["expression"])[:4] == list(scores[classes].idxmax(axis=1))[:4]
    assert scores[["valence", "surprise", "au12"]].notna().all(axis=None)
    assert not table(scored_project / "scores" / "one.csv")["va_seen"].any()


def test_the_summary_says_what_the_tables_say_of_frames_that_count(scored_project: Path) -> None:
    summary = table(scored_project / "scores" / "summary.csv").set_index("video")
    assert list(summary.index) == ["one.mp4", "two.mkv"] and summary["failed"].isna().all()
    row, frames = summary.loc["two.mkv"], table(scored_project / "scores" / "two.csv")
    assert row["frames"] == 7 and row["seconds"] == pytest.approx(7 / 25, abs=2e-3)
    assert row["face_share"] == row["va_seen_share"] == row["au_seen_share"] == pytest.approx(4 / 7, abs=1e-6)
    seen_frames = frames[frames["va_seen"]]
    assert row["valence_mean"] == pytest.approx(sum(seen_frames["valence"]) / 4, abs=1e-6)
    squares = sum((value - row["arousal_mean"]) ** 2 for value in seen_frames["arousal"])
    assert row["arousal_deviation"] == pytest.approx((squares / 4) ** 0.5, abs=1e-6)
    assert row["expression"] in set(seen_frames["expression"].mode())
    assert row["expression_share"] == pytest.approx((seen_frames["expression"] == row["expression"]).mean(), abs=1e-6)
    assert row["au12_share"] == pytest.approx((seen_frames["au12"] >= THRESHOLD).mean(), abs=1e-6)
    assert np.isnan(row["unscored"])


def test_a_video_without_a_face_has_no_result(scored_project: Path) -> None:
    row = table(scored_project / "scores" / "summary.csv").set_index("video").loc["one.mp4"]
    assert row["frames"] == 9 and row["seconds"] == pytest.approx(9 / 25, abs=2e-3)
    assert row["unscored"] == "va, expr, au: no face in any frame"
    assert row["face_share"] == row["body_share"] == row["va_seen_share"] == row["expr_seen_share"] == 0
    columns = ["valence_mean", "arousal_deviation", "expression", "expression_share", "au12_share"]
    assert row[columns].isna().all()
    page = (scored_project / "scores" / "one.viewer.html").read_text()
    assert 0 < page.index("No face was found in any of the 9 frames") < page.index("Scores are estimates")
    index = (scored_project / "scores" / "index.html").read_text()
    assert "1 of 2 video(s) have a person whose scores count in fewer than 10 % of the frames" in index
    assert "no face in any frame" in index
    section = index[index.index("one.mp4") : index.index("two.mkv")]
    assert not [name for name in track_of("expr").outputs if name in section]
    assert "A face was found in 4 of the 7 frames (57 %)" in (scored_project / "scores" / "two.viewer.html").read_text()


def test_too_few_frames_that_count_say_nothing_of_a_video(project: Path) -> None:
    assert predict("videos/two.mkv", "--no-overlay", "--no-viewer", "--tracks", "expr") == 0
    assert isinstance(table(project / "scores/summary.csv")["expression"][0], str)
    settings = yaml.safe_load(SETTINGS.read_text())
    SETTINGS.write_text(yaml.safe_dump(settings | {"summary": {"least_seen": 0.6}}, sort_keys=False))
    before = stamps(project / "scores")
    assert predict("videos/two.mkv", "--no-overlay", "--no-viewer", "--tracks", "expr") == 0
    assert stamps(project / "scores") == before  # a summary is made of what is scored
    summary = table(project / "scores/summary.csv")
    assert summary["unscored"][0] == "expr: a face in 57.1 % of the frames" and summary["expression"].isna()[0]


def test_pages_and_records_say_how_sequences_lay(project: Path) -> None:
    def read_windowing() -> tuple[str, object]:
        page = (project / "scores" / "one.viewer.html").read_text()
        return page, read_record(record_path(project / "scores" / "one.csv")).options["windowing"]

    assert predict("videos/one.mp4", "--no-overlay", "--tracks", "va") == 0
    before, (page, windowing) = table(project / "scores/one.csv"), read_windowing()
    assert "the mean of what 16 overlapping sequences of frames say of it, weighted by a Hann window" in page
    assert "16 overlapping sequences" in (project / "scores/index.html").read_text()
    assert windowing == {"sequences": "overlapping", "overlaps": 32, "window": "hann"}
    assert predict("videos/one.mp4", "--no-overlay", "--tracks", "va", "--no-overlap") == 0
    page, windowing = read_windowing()
    assert "Sequences of 16 frames follow each other without overlap, the paper's way" in page.replace("&#x27;", "'")
    assert windowing == {"sequences": "paper"}
    assert not np.allclose(before["valence"], table(project / "scores/one.csv")["valence"], atol=1e-4)


def test_python_gives_the_marks_too(scored_project: Path) -> None:
    scores = load_system(scored_project / SETTINGS, folder=scored_project).predict(
        scored_project / "videos" / "two.mkv"
    )
    expected = table(scored_project / "scores" / "two.csv").set_index("frame")
    assert scores["va_seen"].dtype == bool and list(scores["va_seen"]) == PRESENT
    pd.testing.assert_frame_equal(scores, expected, check_dtype=False, atol=6e-7, rtol=0, check_index_type=False)
