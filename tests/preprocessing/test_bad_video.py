"""Bad media: a clear message or a counted exception, and never part of a file."""

import json
import os
import subprocess
from pathlib import Path

import pytest
import warm
from media_factory import Decoded, clip, ffmpeg
from repository import ROOT

from affectflow.artifacts.schemas import VIDEOS
from affectflow.artifacts.tables import read_parquet
from affectflow.config.data.preprocessing import Decode
from affectflow.core.errors import InputError
from affectflow.datasets.video.shard import Video
from affectflow.preprocessing.media.decode import DecodeOutputs, decode_shard
from affectflow.preprocessing.media.ffmpeg import ffmpeg_binary
from affectflow.preprocessing.media.kept import Kept

DECODE = ROOT / "workflow" / "scripts" / "decode.py"
SINE = "sine=frequency=440:duration=2"


def _missing(folder: Path) -> Path:
    return folder / "bad.mp4"


def _empty(folder: Path) -> Path:
    (folder / "bad.mp4").touch()
    return folder / "bad.mp4"


def _folder(folder: Path) -> Path:
    (folder / "bad.mp4").mkdir()
    return folder / "bad.mp4"


def _text(folder: Path) -> Path:
    (folder / "bad.mp4").write_text("valence,arousal\n0.1,0.2\n" * 100)
    return folder / "bad.mp4"


def _noise(folder: Path) -> Path:
    (folder / "bad.avi").write_bytes(bytes(range(256)) * 40)
    return folder / "bad.avi"


def _sound_only(folder: Path) -> Path:
    ffmpeg("-f", "lavfi", "-i", SINE, folder / "bad.mp4")
    return folder / "bad.mp4"


def _sound_with_cover(folder: Path) -> Path:
    still, cover = _still(folder), ["-map", 0, "-map", 1, "-c:v", "copy", "-disposition:v", "attached_pic"]
    ffmpeg("-f", "lavfi", "-i", SINE, "-i", still, *cover, folder / "bad.mp3")
    return folder / "bad.mp3"


def _still(folder: Path) -> Path:
    ffmpeg("-f", "lavfi", "-i", "testsrc", "-frames:v", 1, folder / "bad.png")
    return (folder / "bad.png").rename(folder / "bad.mp4")


def _subtitles(folder: Path) -> Path:
    (folder / "bad.mp4").write_text("1\n00:00:00,000 --> 00:00:02,000\nHello\n")
    return folder / "bad.mp4"


def _list_of_files(folder: Path) -> Path:
    (folder / "bad.mp4").write_text(f"ffconcat version 1.0\nfile '{clip(folder / 'good.mp4', count=2)}'\n")
    return folder / "bad.mp4"


def _without_index(folder: Path) -> Path:
    path = clip(folder / "bad.mp4")
    path.write_bytes(path.read_bytes()[:-2000])
    return path


def _without_frames(folder: Path) -> Path:
    ffmpeg("-f", "lavfi", "-i", "testsrc", "-vf", "trim=end_frame=0", "-c:v", "mpeg4", folder / "bad.avi")
    return folder / "bad.avi"


def _nothing_decodes(folder: Path) -> Path:
    path = clip(folder / "bad.mp4")
    content = bytearray(path.read_bytes())
    begin = content.index(b"mdat") + 4
    end = content.index(b"moov") - 4
    content[begin:end] = bytes(end - begin)
    path.write_bytes(content)
    return path


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (_missing, "no such file"),
        (_empty, "empty \\(0 bytes\\)"),
        (_folder, "a folder; expected a video file"),
        (_text, "not a video that ffmpeg can open"),
        (_noise, "not a video that ffmpeg can open"),
        (_sound_only, "no video stream \\(found Audio: aac"),
        (_sound_with_cover, "no video stream \\(found Audio: mp3"),
        (_still, "a still picture or a text \\(png_pipe\\), not a video"),
        (_subtitles, "no video stream \\(found Subtitle"),
        (_list_of_files, "not a video that ffmpeg can open"),
        (_without_index, "cut short: its index \\(the moov atom\\) is missing"),
        (_without_frames, "no frame can be decoded"),
        (_nothing_decodes, "no frame can be decoded"),
    ],
)
def test_what_cannot_be_decoded_is_named(tmp_path: Path, make: object, message: str) -> None:
    path = make(tmp_path)  # type: ignore[operator]
    with pytest.raises(InputError, match=message) as error:
        Decoded(path, tmp_path / "out")
    assert str(path) in str(error.value)
    assert "\n" not in str(error.value)
    assert not any((tmp_path / "out").iterdir())


@pytest.mark.parametrize("name", ["a.mp4", "a.ts", "a.mkv"])
def test_unreadable_frames_in_the_middle_are_counted(
    tmp_path: Path, name: str, capfd: pytest.CaptureFixture[str]
) -> None:
    noise = "noise=alls=60:allf=t:all_seed=1"  # pictures large enough to be hit
    path = clip(tmp_path / name, "-vf", noise, "-g", 10, count=100, sound=SINE)
    content = bytearray(path.read_bytes())
    middle = len(content) // 2
    content[middle : middle + 3000] = bytes((7 * i * i) % 251 for i in range(3000))
    path.write_bytes(content)
    decoded = Decoded(path, tmp_path)
    assert decoded.row["damaged"] > 0
    assert 80 <= decoded.row["frames"] <= 100
    assert 98 <= decoded.row["expected"] <= 100  # a transport stream does not announce what is lost as a whole
    assert decoded.row["frames"] + decoded.row["damaged"] >= decoded.row["expected"]
    assert decoded.row["frames"] == len(decoded.pictures()) == len(decoded.times)
    assert decoded.times[-1] == pytest.approx(99 / 25, abs=0.05)
    assert list(decoded.times) == sorted(set(decoded.times))
    assert capfd.readouterr().err.count("\n") > 0
    repeated = Decoded(path, tmp_path / "again")
    assert decoded.out.frames.read_bytes() == repeated.out.frames.read_bytes()


def test_cut_tail_is_counted(tmp_path: Path) -> None:
    path = clip(tmp_path / "a.mp4", "-movflags", "+faststart", "-vf", "noise=alls=60:allf=t:all_seed=1", count=100)
    content = path.read_bytes()
    path.write_bytes(content[: len(content) * 6 // 10])
    decoded = Decoded(path, tmp_path)
    assert 40 <= decoded.row["frames"] <= 75
    assert (decoded.row["expected"], decoded.row["damaged"]) == (100, 100 - decoded.row["frames"])


def test_one_bad_video_leaves_nothing_of_its_shard(tmp_path: Path) -> None:
    out = DecodeOutputs(tmp_path / "out/v.parquet", tmp_path / "out/f.arrow", tmp_path / "out/s.arrow")
    videos = [Video("good", clip(tmp_path / "good.mp4")), Video("bad", _empty(tmp_path))]
    with pytest.raises(InputError, match=r"bad\.mp4: the file is empty"):
        decode_shard(videos, Decode(), out)
    assert not any((tmp_path / "out").iterdir())


def test_a_bad_video_costs_the_others_of_its_shard_nothing(tmp_path: Path) -> None:
    (tmp_path / "bin").mkdir()
    counting = f'#!/bin/sh\necho "$*" >> {tmp_path}/calls\nexec {ffmpeg_binary()} "$@"\n'
    (tmp_path / "bin/ffmpeg").write_text(counting)
    (tmp_path / "bin/ffmpeg").chmod(0o755)
    settings = json.dumps({"ffmpeg": str(tmp_path / "bin/ffmpeg")})
    names = ("a", "bad", "c", "gone")
    for name in ("a", "c", "gone"):
        clip(tmp_path / f"{name}.mp4", sound=SINE)
    for name in ("bad", "gone"):
        (tmp_path / f"{name}.mp4").write_text("no video")
    shard = [Video(name, tmp_path / f"{name}.mp4") for name in names]

    def decode(out: str, videos: list[Video], *extra: str) -> tuple[subprocess.CompletedProcess[str], set[str]]:
        (tmp_path / "calls").write_text("")
        command = [warm.python(), DECODE, "--shard", json.dumps([v.to_json(subjects=False) for v in videos]), *extra]
        command += ["--decode", settings]
        files = {"videos": "v.parquet", "frames": "f.arrow", "sound": "s.arrow"}
        command += [word for n, file in files.items() for word in (f"--{n}", tmp_path / out / file)]
        result = subprocess.run(command, capture_output=True, text=True, check=False)
        calls = (tmp_path / "calls").read_text()
        return result, {name for name in names if f"/{name}.mp4" in calls}

    kept_options = ("--kept", str(tmp_path / "kept"))
    first, decoded_names = decode("out", shard, *kept_options)
    assert first.returncode == 2 and decoded_names == {"a", "c"}  # the others are no videos: nothing to decode
    assert "2 of 4 videos of the shard failed" in first.stderr
    assert all(f"{name}.mp4: not a video" in first.stderr for name in ("bad", "gone"))
    assert not any((tmp_path / "out").iterdir())
    # One is mended, one is left out: what was decoded well is not decoded again.
    clip(tmp_path / "bad.mp4", sound=SINE)
    second, decoded_names = decode("out", shard[:3], *kept_options)
    assert second.returncode == 0, second.stderr
    assert decoded_names == {"bad"}
    assert not (tmp_path / "kept").exists()
    decode("again", shard[:3])
    for file in ("v.parquet", "f.arrow", "s.arrow"):
        assert (tmp_path / "out" / file).read_bytes() == (tmp_path / "again" / file).read_bytes()


def test_what_other_settings_decoded_is_not_taken(tmp_path: Path) -> None:
    out = DecodeOutputs(tmp_path / "out/v.parquet", tmp_path / "out/f.arrow", tmp_path / "out/s.arrow")
    videos = [Video("good", clip(tmp_path / "good.mp4")), Video("bad", _empty(tmp_path))]
    with pytest.raises(InputError, match="1 of 2 videos"):
        decode_shard(videos, Decode(), out, Kept(tmp_path / "kept", "one"))
    decode_shard(videos[:1], Decode(height=60), out, Kept(tmp_path / "kept", "two"))
    assert read_parquet(out.videos, VIDEOS)["height"].to_pylist() == [60]


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs /dev/full, a disk that is always full")
@pytest.mark.parametrize("full", ["frames.arrow", "sound.arrow", "videos.parquet"])
def test_full_disk(tmp_path: Path, full: str) -> None:
    path = clip(tmp_path / "a.mp4", sound=SINE)
    out = tmp_path / "out"
    out.mkdir()
    stem, suffix = full.split(".")
    (out / f".{stem}.{os.getpid()}.tmp.{suffix}").symlink_to("/dev/full")
    with pytest.raises(InputError, match=f"{full}: the disk is full"):
        Decoded(path, out)
    assert not (out / full).exists()
    assert not list(out.glob(".*"))


def test_command_line_says_what_is_wrong_in_one_line(tmp_path: Path) -> None:
    shard = json.dumps([{"video": "bad", "path": str(_empty(tmp_path))}])
    outputs = ["--videos", tmp_path / "v.parquet", "--frames", tmp_path / "f.arrow", "--sound", tmp_path / "s.arrow"]
    command = [warm.python(), DECODE, "--shard", shard, "--decode", "{}", *outputs]
    result = subprocess.run(command, capture_output=True, text=True, check=False)
    assert result.returncode == 2
    assert result.stderr.startswith("error: ") and result.stderr.count("\n") == 1
    assert [p.name for p in tmp_path.iterdir()] == ["bad.mp4"]
