"""Everyone in a video is scored, and each as if alone; choices by number, name and place."""

from collections.abc import Iterator
from contextlib import chdir
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from media_factory import ffmpeg
from people import HEIGHT, WIDTH, face_centre, scene
from untrained import make_system

from affectflow import load_system
from affectflow.cli.main import main

FRAMES = 12
# Of one size, and the right one's face is hidden for a third of the time: the left one is the more prominent.
LEFT, RIGHT = (10, 15), (250, 15)
HIDDEN = range(8, 12)


def pair(frame: int) -> np.ndarray:
    picture = scene([LEFT, RIGHT], covered=(1,) if frame in HIDDEN else ())
    # In another light: a copy to the pixel is what no video shows twice.
    picture[:, : WIDTH // 2] = (picture[:, : WIDTH // 2] * 0.9).astype(np.uint8)
    return picture


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A project with random networks, its only video scored; results are added to, not changed."""
    folder = tmp_path_factory.mktemp("several")
    make_system(folder)
    pictures = b"".join(pair(frame).tobytes() for frame in range(FRAMES))
    raw = ("-f", "rawvideo", "-pixel_format", "bgr24", "-video_size", f"{WIDTH}x{HEIGHT}", "-framerate", 25, "-i", "-")
    ffmpeg(*raw, "-c:v", "libx264", "-crf", 12, "-pix_fmt", "yuv420p", folder / "pair.mp4", pictures=pictures)
    with chdir(folder):
        assert predict("scores", "--no-overlay") == 0
        yield folder


def predict(out: str, *options: str) -> int:
    return main(["predict", "pair.mp4", "--out", out, *options])


def table(path: Path | str) -> pd.DataFrame:
    return pd.read_csv(path, dtype={"person": str})


def test_each_person_has_a_row_a_frame(project: Path) -> None:
    scores = table("scores/pair.csv")
    assert list(scores["person"]) == ["1"] * FRAMES + ["2"] * FRAMES
    assert list(scores["frame"]) == [*range(FRAMES)] * 2
    first, second = (scores[scores["person"] == name] for name in ("1", "2"))
    assert first["face_found"].all() and list(second["face_found"]) == [n not in HIDDEN for n in range(FRAMES)]
    for rows, place in ((first, LEFT), (second, RIGHT)):
        seen = rows[rows["face_found"]]
        x, y = (seen["face_left"] + seen["face_right"]) / 2, (seen["face_top"] + seen["face_bottom"]) / 2
        assert np.abs(np.stack([x, y], axis=1) - face_centre(place)).max() < 8
        assert rows["body_found"].equals(rows["face_found"]) and not rows["head_only"].any()
        # The astronaut holds her head a little to her right, and looks into the camera.
        assert (seen[["yaw", "pitch", "roll"]].abs() < 25).all(axis=None)
    assert (second["va_seen"] == second["face_found"]).all()
    assert list(second["expression"].isna()) == [n in HIDDEN for n in range(FRAMES)]


def test_each_person_is_scored_as_if_alone(project: Path) -> None:
    """Sound is the same for both; faces, bodies and surroundings are each one's own."""
    assert predict("main", "--people", "main", "--no-overlay", "--no-viewer") == 0
    assert predict("right", "--person", "right=2", "--no-overlay", "--no-viewer") == 0
    both = table("scores/pair.csv")
    first, second = (both[both["person"] == name].reset_index(drop=True) for name in ("1", "2"))
    pd.testing.assert_frame_equal(table("main/pair.csv"), first)
    pd.testing.assert_frame_equal(table("right/pair.csv").assign(person="2"), second)
    assert not np.allclose(first["valence_BCF"], second["valence_BCF"], atol=1e-4)
    assert np.allclose(first["valence_A"], second["valence_A"])


def test_the_tables_of_people_and_of_all_videos_name_them(project: Path) -> None:
    people = table("scores/people.csv")
    assert list(people["person"]) == ["1", "2"] and people["scored"].all()
    assert list(people["face_frames"]) == [FRAMES, FRAMES - len(HIDDEN)]
    assert list(people["last_frame"]) == [FRAMES - 1, HIDDEN[0] - 1]
    summary = table("scores/summary.csv")
    assert list(summary["person"]) == ["1", "2"] and list(summary["face_share"]) == [1, pytest.approx(8 / 12)]
    page = (project / "scores/pair.viewer.html").read_text()
    assert '"Person 1"' in page and '"Person 2"' in page
    assert table("main/people.csv")["scored"].tolist() == [True, False]
    index = (project / "scores/index.html").read_text()
    assert index.count("pair.viewer.html") == 1 and 'href="people.csv"' in index


def test_a_choice_by_place_has_the_same_scores_under_its_name(project: Path) -> None:
    at = table("scores/people.csv")["at"][1]
    assert predict("named", "--person", f"ben={at}", "--no-overlay", "--no-viewer") == 0
    named, both = table("named/pair.csv"), table("scores/pair.csv")
    second = both[both["person"] == "2"].reset_index(drop=True)
    pd.testing.assert_frame_equal(named.assign(person="2"), second)
    assert set(named["person"]) == {"ben"} and list(table("named/summary.csv")["person"]) == ["ben"]
    assert list(table("named/people.csv")["person"]) == ["1", "ben"]


def test_another_choice_is_scored_anew_and_the_same_is_not(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    options = ("again", "--no-overlay", "--no-viewer", "--tracks", "va")
    assert predict(*options, "--people", "main") == predict(*options, "--people", "main") == 0
    assert "1 of 1 video(s) are scored already" in capsys.readouterr().err
    assert predict(*options, "--people", "all") == 0
    assert "pair.mp4: made again:" in capsys.readouterr().err
    assert set(table("again/pair.csv")["person"]) == {"1", "2"}


def test_who_is_not_there_is_said(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert predict("none", "--person", "cleo=3", "--no-overlay", "--no-viewer") == 1
    assert "failed: pair.mp4: pair.mp4: cleo=3: expected a person from 1 to 2" in capsys.readouterr().err
    assert predict("none", "--person", "cleo=other.mp4:1") == 2
    assert "no such video among those to score" in capsys.readouterr().err


def test_python_scores_whom_it_is_asked_for(project: Path) -> None:
    system = load_system("config/config.yaml", ["va"], project)
    assert set(system.predict("pair.mp4")["person"]) == {"1", "2"}
    alone = system.predict("pair.mp4", people="main")
    assert set(alone["person"]) == {"1"} and len(alone) == FRAMES
