"""What was lost of a video's file, and what is odd about it, is told wherever its scores are."""

import csv
from pathlib import Path

import pytest
from media_factory import clip, ffmpeg
from untrained import make_system

from affectflow import load_system
from affectflow.artifacts.record import Record, read_record, record_path
from affectflow.cli.main import main
from affectflow.prediction.integrity import Integrity


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with a system of all tracks."""
    make_system(tmp_path)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def intact_video(path: Path) -> Path:
    """25 frames with a second of sound."""
    return clip(path, "-c:a", "aac", "-shortest", count=25, sound="sine=frequency=440:duration=1")


def broken_video(path: Path, stream: str) -> Path:
    """The same, with 60 % of the packets of a stream gone bad."""
    good = intact_video(path.with_name(f"good.{path.name}"))
    # Packets 10 to 24 of the picture, or from 0.4 s on of the sound; the others stay as they are.
    ffmpeg("-i", good, "-c", "copy", f"-bsf:{stream}", "noise=amount=not(lt(n\\,10))*3", path)
    good.unlink()
    return path


def predict(*arguments: object) -> int:
    return main(["predict", *map(str, arguments), "--tracks", "va", "--no-overlay", "--out", "scores"])


def rows(project: Path) -> dict[str, dict[str, str]]:
    with (project / "scores/summary.csv").open(newline="", encoding="utf-8") as lines:
        return {row["video"]: row for row in csv.DictReader(lines)}


def record_of(project: Path, name: str) -> Record:
    return read_record(record_path(project / "scores" / name))


def test_counts_are_whole_numbers_beside_a_file_that_failed(project: Path) -> None:
    intact_video(project / "good.mp4")
    (project / "none.mp4").write_bytes(b"no video")
    assert predict("good.mp4", "none.mp4") == 1
    good = rows(project)["good.mp4"]
    assert (good["frames"], good["expected"], good["damaged"]) == ("25", "25", "0")


def test_lost_frames_are_told_everywhere(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    broken_video(project / "bad.mp4", "v")
    intact_video(project / "good.mp4")
    assert predict("bad.mp4", "good.mp4") == 0
    bad, good = rows(project)["bad.mp4"], rows(project)["good.mp4"]
    assert (bad["expected"], good["expected"], good["damaged"], good["warning"]) == ("25", "25", "0", "")
    damaged = int(bad["damaged"])
    assert 3 <= damaged <= 15 and int(bad["frames"]) <= 25
    message = f"{damaged} of 25 frames are lost or damaged ({100 * damaged / 25:.0f} %)"
    assert bad["warning"] == message and bad["notes"].startswith(message)
    lines = capsys.readouterr().err.splitlines()
    assert lines[-1].startswith("results in scores (index.html shows all): 2 scored, 1 with warnings, 0 failed, in ")
    assert lines[-2] == f"warning: bad.mp4: {message}"
    page, index = ((project / "scores" / name).read_text() for name in ("bad.viewer.html", "index.html"))
    assert f'<p class="caution first">{message}.' in page and message in index
    assert "1 of 2 video(s) have lost more than 10 % of their frames or sound" in index
    assert message not in (project / "scores" / "good.viewer.html").read_text()
    for name in ("bad.csv", "bad.viewer.html", "bad.viewer.mp4"):
        counts = record_of(project, name).measured
        assert (counts["expected"], counts["damaged"], counts["frames"]) == (25, damaged, int(bad["frames"]))
    # A video that was scored before counts like one that was scored now.
    assert predict("bad.mp4", "good.mp4") == 0
    again = capsys.readouterr().err
    assert "2 of 2 video(s) are scored already" in again and "2 scored, 1 with warnings, 0 failed" in again
    assert load_system("config/config.yaml", ["va"]).predict("bad.mp4").attrs["warnings"] == [message]


def test_the_limit_is_a_setting_that_scores_nothing_anew(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    broken_video(project / "bad.mp4", "v")
    assert predict("bad.mp4") == 0
    settings = project / "config/config.yaml"
    settings.write_text(f"{settings.read_text()}summary: {{damage_limit: 0.9}}\n")
    capsys.readouterr()
    assert predict("bad.mp4") == 0
    stderr = capsys.readouterr().err
    assert "1 of 1 video(s) are scored already" in stderr and "1 scored, 0 failed" in stderr
    assert rows(project)["bad.mp4"]["warning"] == "" and "lost or damaged" in rows(project)["bad.mp4"]["notes"]


def test_sound_that_cannot_be_decoded_is_told(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A sound track of a codec that nobody knows: its name is overwritten."""
    data = intact_video(project / "good.mkv").read_bytes()
    assert data.count(b"A_AAC") == 1
    (project / "bad.mkv").write_bytes(data.replace(b"A_AAC", b"A_ZZZ"))
    clip(project / "mute.mp4", count=5)
    assert predict("bad.mkv", "mute.mp4") == 0
    bad, mute = rows(project)["bad.mkv"], rows(project)["mute.mp4"]
    assert bad["warning"] == "all of the sound is lost" and "sound track 1 of 1" in bad["notes"]
    assert (mute["warning"], mute["notes"]) == ("", "the file has no sound")
    assert "2 scored, 1 with warnings, 0 failed" in capsys.readouterr().err
    page = (project / "scores" / "bad.viewer.html").read_text()
    assert '<p class="caution first">All of the sound is lost.' in page and "Sound track 1 of 1" in page
    assert "sound track 1 of 1" in (project / "scores" / "index.html").read_text()
    assert any("sound track 1 of 1" in note for note in record_of(project, "bad.csv").notes)


def test_the_cases_are_scored_and_what_they_lack_is_told(
    project: Path, cases: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    expected = {
        "picture_damaged.mp4": "62 of 100 frames are lost or damaged (62 %)",
        "sound_damaged.mp4": "all of the sound is lost",
        "sound_no_packets.ts": "all of the sound is lost",
        "sdr.mp4": "",
    }
    assert predict(*(cases / name for name in expected), "--no-viewer") == 0
    summary = rows(project)
    assert {name: summary[name]["warning"] for name in expected} == expected
    assert [summary[name]["frames"] for name in expected] == ["38", "100", "100", "10"]
    assert "4 scored, 3 with warnings, 0 failed" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("numbers", "losses", "warning_places"),
    [
        ((100, 100, 0, 4.0, 0.0, 1), [], []),
        ((100, 90, 10, 4.0, 0.0, 1), ["10 of 100 frames are lost or damaged (10 %)"], []),
        ((100, 89, 11, 4.0, 0.0, 1), ["11 of 100 frames are lost or damaged (11 %)"], [0]),
        # A file that announces less than it holds.
        ((0, 50, 20, 4.0, 0.0, 1), ["20 of 50 frames are lost or damaged (40 %)"], [0]),
        ((10, 10, 0, 4.0, 0.2, 1), ["0.2 of 4.0 s of sound are lost (5 %)"], []),
        ((10, 10, 0, 4.0, 1.0, 1), ["1.0 of 4.0 s of sound are lost (25 %)"], [0]),
        ((10, 10, 0, 0.0, 0.0, 2), ["all of the sound is lost"], [0]),
        ((10, 10, 0, 0.0, 0.0, 0), [], []),
    ],
)
def test_what_is_lost_in_words(numbers: tuple[float, ...], losses: list[str], warning_places: list[int]) -> None:
    integrity = Integrity(*numbers)  # type: ignore[arg-type]
    assert integrity.losses() == losses and integrity.warnings(0.1) == [losses[place] for place in warning_places]
