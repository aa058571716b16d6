"""`affectflow predict` on any videos, with a system that the real workflow has trained."""

import csv
import re
import subprocess
from pathlib import Path

import cv2
import pytest
from miniature import Miniature
from phase import share_of_phase

pytestmark = pytest.mark.slow

CLIPS = {
    "pyfeat_WolfgangLanger_Pexels.mp4": 472,
    "pyfeat_face_noface.mov": 169,
    "pyfeat_no_face.mp4": 95,
    "pyfeat_single_face.mp4": 72,
    "fer_test.mp4": 115,
    "mexca_test_video_audio_5_seconds.mp4": 125,
}
COLUMNS = ["frame", "person", "time", "valence", "arousal"]
FACE_COLUMNS = ["face_left", "face_top", "face_right", "face_bottom", "face_score", "yaw", "pitch", "roll"]


def predict(miniature: Miniature, *arguments: object) -> subprocess.CompletedProcess[str]:
    return miniature.affectflow("predict", *arguments, check=False)


def table(path: Path) -> list[dict[str, str]]:
    with path.open(newline="") as stream:
        return list(csv.DictReader(stream))


def frames_of(video: Path) -> int:
    capture, count = cv2.VideoCapture(str(video)), 0
    while capture.read()[0]:
        count += 1
    return count


@pytest.fixture(scope="module")
def scores(finished: Miniature, clips: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Scores of all real clips."""
    out = tmp_path_factory.mktemp("scores")
    result = predict(finished, *(clips / name for name in CLIPS), "--out", out)
    assert result.returncode == 0, result.stderr[-4000:]
    (out / "said.txt").write_text(result.stdout + result.stderr)
    return out


# What a batch says of itself: nothing else is of use to whoever reads its log.
EXPECTED_OUTPUT = re.compile(
    r"\[\d/6\] \S+: .+|\S+: people found: \d+, shots: \d+|\S+: \d+ frames resized to 32 pixels|"
    r"\S+, person \d+: (face|body) found in \d+ of \d+ frames(; landmarks of \d+ were .*|, the head alone in \d+)?|"
    r"pyfeat_face_noface: the sound begins at 2\.43 s|no GPU found: running on the CPU with 1 thread|"
    r"results in \S+ \(index\.html shows all\): 6 scored, .*"
)


def test_no_library_says_anything(scores: Path) -> None:
    lines = (scores / "said.txt").read_text().splitlines()
    assert [line for line in lines if not EXPECTED_OUTPUT.fullmatch(line)] == []
    assert lines[-1].startswith(f"results in {scores} (index.html shows all): 6 scored, 0 failed, in ")


@pytest.mark.parametrize(("name", "frames"), CLIPS.items())
def test_every_decoded_frame_of_a_real_clip_has_a_row(scores: Path, name: str, frames: int) -> None:
    rows = table(scores / f"{Path(name).stem}.csv")
    people = list(dict.fromkeys(row["person"] for row in rows))
    assert people == [str(number) for number in range(1, len(people) + 1)]
    assert [(row["person"], int(row["frame"])) for row in rows] == [(p, n) for p in people for n in range(frames)]
    assert list(rows[0])[:5] == COLUMNS
    scored = {*COLUMNS[3:], *(f"{target}_{branch}" for target in COLUMNS[3:] for branch in ("F", "BCF", "A"))}
    marks = {"face_found", "body_found", "head_only", "va_seen", *(f"va_seen_{branch}" for branch in ("F", "BCF", "A"))}
    assert set(rows[0]) == {*COLUMNS, *scored, *marks, *FACE_COLUMNS}
    times = [float(row["time"]) for row in rows[:frames]]
    assert times == sorted(set(times)) and [float(row["time"]) for row in rows] == times * len(people)
    for column in scored:
        assert all(-1 <= float(row[column]) <= 1 for row in rows)
    assert all({row[mark] for row in rows} <= {"true", "false"} for mark in marks)
    assert all(row["va_seen"] == row["va_seen_F"] == row["face_found"] for row in rows)
    assert all((row[column] != "") == (row["face_found"] == "true") for row in rows for column in FACE_COLUMNS)
    seen = [row for row in rows if row["face_found"] == "true"]
    assert all(0.5 <= float(row["face_score"]) <= 1 and abs(float(row["roll"])) <= 180 for row in seen)
    assert all(float(row["face_left"]) < float(row["face_right"]) for row in seen)
    assert all(row["head_only"] == "false" or row["body_found"] == "true" for row in rows)
    assert frames_of(scores / f"{Path(name).stem}.mp4") == frames


def test_times_are_the_frames_own(scores: Path) -> None:
    assert float(table(scores / "pyfeat_face_noface.csv")[-1]["time"]) == pytest.approx(6.360, abs=0.001)
    fer = [float(row["time"]) for row in table(scores / "fer_test.csv") if row["person"] == "1"]
    assert fer[-1] - fer[0] == pytest.approx(114 / 25, abs=0.001)


def test_faces_are_found_where_there_are_any(scores: Path) -> None:
    def face_share(stem: str) -> float:
        rows = [row for row in table(scores / f"{stem}.csv") if row["person"] == "1"]
        return sum(row["face_found"] == "true" for row in rows) / len(rows)

    assert face_share("pyfeat_no_face") == 0
    assert face_share("pyfeat_WolfgangLanger_Pexels") > 0.95
    assert 0.2 < face_share("pyfeat_face_noface") < 0.95


def test_scores_do_not_jump_from_one_sequence_to_the_next(
    finished: Miniature, scores: Path, clips: Path, tmp_path: Path
) -> None:
    """Of a real clip; cut into sequences that follow each other, its silent sound alone makes a pulse."""
    name = "pyfeat_WolfgangLanger_Pexels"
    options = (clips / f"{name}.mp4", "--out", tmp_path, "--no-viewer", "--no-overlay", "--no-overlap")
    assert predict(finished, *options).returncode == 0

    def share(folder: Path, column: str) -> float:
        return share_of_phase([float(row[column]) for row in table(folder / f"{name}.csv")], 16)

    assert share(tmp_path, "arousal_A") > 0.9
    for column in ("valence", "arousal", "arousal_F", "arousal_BCF", "arousal_A"):
        assert share(scores, column) < 0.02, column


def test_a_clip_without_a_face_has_no_result(scores: Path) -> None:
    rows = {row["video"]: row for row in table(scores / "summary.csv") if row["person"] == "1"}
    none, some = rows["pyfeat_no_face.mp4"], rows["pyfeat_face_noface.mov"]
    assert none["va_seen_share"] == "0.000000" and none["valence_mean"] == none["arousal_deviation"] == ""
    assert none["unscored"] == "va: no face in any frame" and some["unscored"] == ""
    values = [float(row["valence"]) for row in table(scores / "pyfeat_face_noface.csv") if row["face_found"] == "true"]
    assert float(some["valence_mean"]) == pytest.approx(sum(values) / len(values), abs=1e-6)
    page = (scores / "pyfeat_no_face.viewer.html").read_text()
    assert "No face was found in any of the 95 frames: none of the scores counts" in page


def test_one_bad_file_is_named_and_the_others_are_done(finished: Miniature, tmp_path: Path) -> None:
    good = next((finished.folder / "data/demo/videos").glob("*.mp4"))
    bad = tmp_path / "bad one.mp4"
    bad.write_text("no video")
    result = predict(finished, bad, good, "--out", tmp_path / "out", "--no-overlay", "--no-viewer")
    assert result.returncode == 1
    lines = result.stderr.splitlines()
    assert re.search(r"^failed: bad one\.mp4: .*not a video", result.stderr, re.MULTILINE)
    assert re.fullmatch(r"results in .*/out \(index\.html shows all\): 1 scored, 1 failed, in \d.*", lines[-1])
    files = {path.name for path in (tmp_path / "out").iterdir()}
    results = {f"{good.stem}.csv", "summary.csv", "people.csv", "index.html"}
    assert files == {"people"} | results | {f"{name}.record.json" for name in results}


def test_prediction_repeats_the_workflow_s_own_scores(finished: Miniature, tmp_path: Path) -> None:
    """A test video of one person, scored alone, gets the scores that the workflow wrote."""
    with (finished.folder / "results/test_track1.csv").open(newline="") as stream:
        submission = list(csv.DictReader(stream))
    subjects = {row["image_location"].split("/")[0] for row in submission}
    videos = finished.folder / "data/demo/videos"
    single = sorted(s for s in subjects if (videos / f"{s}.mp4").exists())
    assert single, "the miniature's test split has no video of one person"
    options = (videos / f"{single[0]}.mp4", "--out", tmp_path, "--no-viewer", "--no-overlap")
    assert predict(finished, *options).returncode == 0
    ours = [(row["valence"], row["arousal"]) for row in table(tmp_path / f"{single[0]}.csv")]
    theirs = [(r["valence"], r["arousal"]) for r in submission if r["image_location"].startswith(f"{single[0]}/")]
    assert ours == theirs
