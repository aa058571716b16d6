"""Every frame once, in order, with its own time; the sound on the same clock."""

import io
import json
import subprocess
import sys
from pathlib import Path

import cv2
import numpy as np
import pytest
import warm
from media_factory import Decoded, clip, ffmpeg
from PIL import Image
from repository import ROOT

from affectflow.artifacts.schemas import FRAMES, SOUND, VIDEOS
from affectflow.artifacts.tables import read_arrow, read_parquet
from affectflow.config.data.preprocessing import Decode
from affectflow.datasets.video.shard import Video
from affectflow.preprocessing.media.decode import DecodeOutputs, decode_shard

SCRIPTS = ROOT / "workflow" / "scripts"
SINE = "sine=frequency=440:duration=2"


@pytest.mark.parametrize(
    ("name", "codec", "options"),
    [
        ("a.mp4", "libx264", ["-bf", 3]),
        ("a.mkv", "libx264", ["-bf", 3]),
        ("a.ts", "libx264", ["-bf", 3]),
        ("a.mkv", "libx265", ["-x265-params", "log-level=error"]),
        ("a.mpg", "mpeg2video", ["-bf", 2, "-enc_time_base", "1:25"]),
        ("a.avi", "mpeg4", ["-bf", 2, "-enc_time_base", "1:25"]),
        ("a.h264", "libx264", ["-enc_time_base", "1:25"]),
    ],
)
def test_every_frame_once_in_order(tmp_path: Path, name: str, codec: str, options: list[object]) -> None:
    decoded = Decoded(clip(tmp_path / name, *options, codec=codec), tmp_path)
    assert decoded.numbers() == list(range(50))
    assert decoded.frames["frame"].to_pylist() == list(range(50))
    assert np.diff(decoded.times) == pytest.approx(1 / 25, abs=1e-6)
    assert 0 <= decoded.times[0] <= 0.041  # AVI puts the first picture after the one that B-frames wait for
    assert decoded.row["rate"] == pytest.approx(25)
    assert decoded.row["damaged"] == 0


@pytest.mark.parametrize("name", ["a.mkv", "a.mp4"])
def test_variable_rate_keeps_each_time(tmp_path: Path, name: str) -> None:
    times = "settb=1/1000,setpts=(N*N*3+N*20+0.25)/1000/TB"
    # A last frame that lasts no time would lie outside of an mp4's edit list: shown by no player.
    duration_filter = "setts=pts=PTS:dts=DTS:duration=20"
    decoded = Decoded(clip(tmp_path / name, "-vf", times, "-bf", 0, "-bsf:v", duration_filter), tmp_path)
    expected = np.array([(n * n * 3 + n * 20) / 1000 for n in range(50)])
    assert decoded.times == pytest.approx(expected, abs=1e-9)
    assert decoded.numbers() == list(range(50))
    assert decoded.row["rate"] == pytest.approx(49 / expected[-1])


@pytest.mark.parametrize("step", [-40, 300])
def test_times_that_do_not_advance_lose_no_frame(tmp_path: Path, step: int) -> None:
    clip(tmp_path / "whole.mkv", "-bf", 0)
    jump = f"setts=pts=if(eq(mod(N\\,10)\\,5)\\,PTS+{step}\\,PTS):dts=DTS"
    ffmpeg("-i", tmp_path / "whole.mkv", "-c", "copy", "-bsf:v", jump, tmp_path / "a.mkv")
    decoded = Decoded(tmp_path / "a.mkv", tmp_path)
    assert decoded.numbers() == list(range(50))
    assert (np.diff(decoded.times) > 0).all()


def test_time_counts_from_the_start_of_the_container(tmp_path: Path) -> None:
    clip(tmp_path / "a.mkv", "-c:a", "pcm_s16le", sound=SINE)
    ffmpeg("-i", tmp_path / "a.mkv", "-c", "copy", "-output_ts_offset", 7, tmp_path / "late.mkv")
    decoded = Decoded(tmp_path / "late.mkv", tmp_path)
    assert decoded.times == pytest.approx(np.arange(50) / 25, abs=1e-6)
    assert decoded.sound_interval()[0] == pytest.approx(0, abs=0.03)


def test_picture_that_starts_after_the_sound(tmp_path: Path) -> None:
    clip(tmp_path / "a.mkv", "-c:a", "pcm_s16le", sound=SINE)
    source = tmp_path / "a.mkv"
    ffmpeg(
        "-itsoffset", 0.7, "-i", source, "-i", source, "-map", "0:v", "-map", "1:a", "-c", "copy", tmp_path / "b.mkv"
    )
    decoded = Decoded(tmp_path / "b.mkv", tmp_path)
    assert decoded.times == pytest.approx(0.7 + np.arange(50) / 25, abs=0.001)
    assert decoded.sound_interval()[0] == pytest.approx(0, abs=0.03)


@pytest.mark.parametrize("name", ["a.mp4", "a.mkv", "a.ts"])
def test_sound_that_starts_late_and_ends_early(tmp_path: Path, name: str) -> None:
    path = clip(tmp_path / name, sound="sine=frequency=440:duration=0.5", sound_offset=1)
    decoded = Decoded(path, tmp_path)
    assert decoded.times[0] == 0
    assert decoded.sound_interval() == pytest.approx((1, 1.5), abs=0.03)
    assert decoded.row["has_audio"]
    assert decoded.row["audio_seconds"] == len(decoded.samples()) / 44100


def test_gap_in_the_sound_is_silence(tmp_path: Path) -> None:
    hole = ["-af", "aselect=not(between(t\\,0.5\\,1.2))", "-c:a", "pcm_s16le"]
    decoded = Decoded(clip(tmp_path / "a.mkv", *hole, sound=SINE), tmp_path)
    loud = np.abs(decoded.samples()[: 199 * 441].astype(int)).reshape(-1, 441).max(axis=1) > 500  # by 10 ms
    assert loud[:48].all() and loud[125:195].all()
    assert not loud[53:118].any()


def test_sound_is_mono_at_the_rate_asked_for(tmp_path: Path) -> None:
    path = clip(tmp_path / "a.mkv", "-ac", 2, "-ar", 48000, "-c:a", "pcm_s16le", sound="sine=frequency=440:duration=12")
    decoded = Decoded(path, tmp_path, sample_rate=16000)
    rows = read_arrow(decoded.out.sound, SOUND)
    assert rows["offset"].to_pylist() == [0, 160000]
    assert len(decoded.samples()) == pytest.approx(12 * 16000, abs=16)
    spectrum = np.abs(np.fft.rfft(decoded.samples()[:16000]))
    assert spectrum.argmax() == 440


def test_no_sound_track(tmp_path: Path) -> None:
    decoded = Decoded(clip(tmp_path / "a.mp4"), tmp_path)
    assert (decoded.row["has_audio"], decoded.row["audio_seconds"]) == (False, 0)
    assert read_arrow(decoded.out.sound, SOUND).num_rows == 0


def test_sound_track_without_a_sample(tmp_path: Path) -> None:
    decoded = Decoded(clip(tmp_path / "a.mp4", "-af", "atrim=end_sample=0", sound=SINE), tmp_path)
    assert (decoded.row["has_audio"], decoded.row["frames"]) == (False, 50)


def test_rotated_video_is_stored_upright(tmp_path: Path) -> None:
    path = clip(tmp_path / "a.mp4", count=2)
    content = bytearray(path.read_bytes())
    matrix = content.index(b"tkhd") + 44
    quarter_turn = [0, 1 << 16, 0, -(1 << 16), 0, 0, 0, 0, 1 << 30]  # a quarter turn clockwise
    content[matrix : matrix + 36] = b"".join(v.to_bytes(4, "big", signed=True) for v in quarter_turn)
    path.write_bytes(content)
    decoded = Decoded(path, tmp_path)
    assert [decoded.row[k] for k in ("width", "height", "source_width", "source_height")] == [120, 160, 120, 160]
    picture = decoded.pictures()[1]
    assert picture.shape == (160, 120, 3)
    # The first stripe of frame 1 is bright: on the left before the turn, at the top after it.
    assert picture[:18].min() > 150 > 100 > picture[25:].max()


@pytest.mark.parametrize(
    ("height", "aspect", "expected"),
    [
        (60, "1", (80, 60)),
        (360, "1", (160, 120)),
        (0, "1", (160, 120)),
        (60, "2", (160, 60)),
        (0, "1/2", (80, 120)),
        (48, "1/2", (48, 72)),
    ],
)
def test_stored_size(tmp_path: Path, height: int, aspect: str, expected: tuple[int, int]) -> None:
    decoded = Decoded(clip(tmp_path / "a.mp4", "-vf", f"setsar={aspect}", count=3), tmp_path, height=height)
    assert (decoded.row["width"], decoded.row["height"]) == expected
    assert (decoded.row["source_width"], decoded.row["source_height"]) == (160, 120)
    assert all(picture.shape == (expected[1], expected[0], 3) for picture in decoded.pictures())
    assert decoded.numbers() == [0, 1, 2]


def test_size_that_changes_on_the_way(tmp_path: Path) -> None:
    parts = [clip(tmp_path / "a.ts", count=20), clip(tmp_path / "b.ts", count=20, size=(320, 240))]
    (tmp_path / "both.ts").write_bytes(b"".join(part.read_bytes() for part in parts))
    decoded = Decoded(tmp_path / "both.ts", tmp_path)
    assert decoded.numbers() == [*range(20), *range(20)]
    assert {picture.shape for picture in decoded.pictures()} == {(120, 160, 3)}
    assert (np.diff(decoded.times) > 0).all()


def test_colours_marked_as_bt709_are_those_of_the_picture(tmp_path: Path) -> None:
    marks = ["-colorspace", "bt709", "-color_primaries", "bt709", "-color_trc", "bt709"]
    convert = "scale=out_color_matrix=bt709,format=yuv420p"
    red = "color=red:size=64x64:duration=0.1"
    ffmpeg("-f", "lavfi", "-i", red, "-vf", convert, *marks, "-c:v", "libx264", tmp_path / "a.mp4")
    blue, green, red_level = Decoded(tmp_path / "a.mp4", tmp_path).pictures()[0][32, 32]
    assert (blue < 8, green < 8, red_level > 247) == (True, True, True)


def test_same_file_same_bytes(tmp_path: Path) -> None:
    path = clip(tmp_path / "a.mp4", sound=SINE)
    outputs = []
    for run in ("first", "second"):
        out = Decoded(path, tmp_path / run).out
        outputs.append([file.read_bytes() for file in (out.videos, out.frames, out.sound)])
    assert outputs[0] == outputs[1]


def test_pillow_and_opencv_read_the_stored_pictures(tmp_path: Path) -> None:
    decoded = Decoded(clip(tmp_path / "a.mp4", count=3), tmp_path)
    for row, picture in zip(decoded.frames["jpeg"], decoded.pictures(), strict=True):
        with Image.open(io.BytesIO(row.as_py())) as image:
            other = np.asarray(image.convert("RGB"))[..., ::-1]
        assert np.abs(other.astype(int) - picture).max() <= 3  # their colour conversions round differently


def test_videos_of_a_shard_follow_each_other(tmp_path: Path) -> None:
    videos = [
        Video("second", clip(tmp_path / "b.mp4", count=5, sound=SINE)),
        Video("first", clip(tmp_path / "a.mp4", count=7)),
    ]
    out = DecodeOutputs(tmp_path / "v.parquet", tmp_path / "f.arrow", tmp_path / "s.arrow")
    decode_shard(videos, Decode(), out)
    assert read_parquet(out.videos, VIDEOS)["video"].to_pylist() == ["second", "first"]
    frames = read_arrow(out.frames, FRAMES)
    assert frames["video"].to_pylist() == ["second"] * 5 + ["first"] * 7
    assert frames["frame"].to_pylist() == [*range(5), *range(7)]
    assert set(read_arrow(out.sound, SOUND)["video"].to_pylist()) == {"second"}


@pytest.mark.parametrize("stem", ["-dash", 'it\'s "quoted" 100%', "a:b|c[1]", "ünïcödé 目", "img%03d"])
def test_any_file_name_by_the_command_line(tmp_path: Path, stem: str) -> None:
    path = clip(tmp_path / "plain.mp4", count=4).rename(tmp_path / f"{stem}.mp4")
    command = [warm.python(), SCRIPTS / "decode.py", "--shard", json.dumps([{"video": stem, "path": path.name}])]
    command += ["--decode", '{"height": 60}', "--videos", "v.parquet", "--frames", "f.arrow", "--sound", "s.arrow"]
    subprocess.run(command, check=True, cwd=tmp_path)
    row = read_parquet(tmp_path / "v.parquet", VIDEOS).to_pylist()[0]
    assert (row["video"], row["path"], row["frames"], row["height"]) == (stem, path.name, 4, 60)


@pytest.mark.parametrize(
    ("name", "frames", "last"),
    [
        ("pyfeat_WolfgangLanger_Pexels.mp4", 472, 471 * 1001 / 24000),
        ("pyfeat_face_noface.mov", 169, 6.360),
        ("pyfeat_no_face.mp4", 95, 94 / 24),
        ("pyfeat_single_face.mp4", 72, 71 / 30),
        ("fer_test.mp4", 115, 114 / 25),
        ("mexca_test_video_audio_5_seconds.mp4", 125, 124 / 25),
    ],
)
def test_real_clips(clips: Path, tmp_path: Path, name: str, frames: int, last: float) -> None:
    decoded = Decoded(clips / name, tmp_path)
    assert (decoded.row["frames"], decoded.row["damaged"]) == (frames, 0)
    assert decoded.times[-1] == pytest.approx(last, abs=0.0005)
    # OpenCV decodes by its own means: the same number of frames at the same times.
    capture, times = cv2.VideoCapture(str(clips / name)), []
    while capture.read()[0]:
        times.append(capture.get(cv2.CAP_PROP_POS_MSEC) / 1000)
    assert decoded.times == pytest.approx(np.array(times), abs=0.0005)


def test_real_clip_with_a_wrong_advertised_rate(clips: Path, tmp_path: Path) -> None:
    decoded = Decoded(clips / "fer_test.mp4", tmp_path)
    assert decoded.times == pytest.approx(np.arange(115) / 25, abs=1e-9)
    assert decoded.row["container_rate"] == pytest.approx(1472000 / 59591)
    assert not decoded.row["has_audio"]
    assert decoded.row["rate"] == pytest.approx(25)


def test_real_clip_with_variable_rate_and_late_sound(clips: Path, tmp_path: Path) -> None:
    decoded = Decoded(clips / "pyfeat_face_noface.mov", tmp_path)
    steps = np.diff(decoded.times)
    assert steps.min() == pytest.approx(0.0137, abs=1e-4)
    assert steps.max() == pytest.approx(0.0417, abs=1e-4)
    samples = decoded.samples()
    assert len(samples) / 44100 == pytest.approx(6.396, abs=0.001)
    assert not samples[: int(2.42 * 44100)].any()  # its 4 s of sound begin at 2.43 s


def test_decoding_loads_no_heavy_package() -> None:
    loaded = "{'torch', 'cv2', 'pandas', 'librosa'} & set(sys.modules)"
    code = f"import sys, affectflow.preprocessing.media.decode; print({loaded})"
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert result.stdout.strip() == "set()"
