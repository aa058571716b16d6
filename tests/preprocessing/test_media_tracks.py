"""Which pictures and which sound of a file are taken; sound that cannot be had costs no video."""

from pathlib import Path

import numpy as np
import pytest
from broken_media import SINE, film, spoil, unknown_codec, without_packets
from media_factory import Decoded, clip, ffmpeg

from affectflow.cli.main import main
from affectflow.config.data.preprocessing import Decode
from affectflow.core.errors import InputError
from affectflow.datasets.video.shard import Video
from affectflow.preprocessing.media.decode import DecodeOutputs, decode_shard
from affectflow.preprocessing.media.overlay import write_copy, write_overlay

SILENCE = "the video counts as silent"


def two_pictures(folder: Path, *dispositions: str, frames: tuple[int, int] = (100, 50)) -> Path:
    """Two streams of pictures: numbered frames, and others that are all grey; the sizes differ."""
    clip(folder / "film.mkv", count=frames[0])
    ffmpeg("-f", "lavfi", "-i", "color=gray:size=80x60:rate=25", "-frames:v", frames[1], folder / "other.mkv")
    marks = [word for n, disposition in enumerate(dispositions) for word in (f"-disposition:v:{n}", disposition)]
    sources = ["-i", folder / "other.mkv", "-i", folder / "film.mkv", "-map", 0, "-map", 1]
    ffmpeg(*sources, "-c", "copy", *marks, folder / "both.mkv")
    return folder / "both.mkv"


def two_sounds(path: Path, *options: object, seconds: tuple[float, float] = (4, 4)) -> Path:
    """100 frames; two tones of 440 and 880 Hz."""
    clip(path.with_name("silent.mkv"), count=100)
    tones = [
        w
        for hertz, duration in zip((440, 880), seconds, strict=True)
        for w in ("-f", "lavfi", "-i", tone(hertz, duration))
    ]
    ffmpeg("-i", path.with_name("silent.mkv"), *tones, "-map", 0, "-map", 1, "-map", 2, "-c:v", "copy", *options, path)
    return path


def tone(hertz: int, seconds: float) -> str:
    return f"sine=frequency={hertz}:duration={seconds}"


def pitch(decoded: Decoded) -> int:
    samples = decoded.samples()[22050:66150]
    return int(np.abs(np.fft.rfft(samples)).argmax()) if len(samples) else 0


@pytest.mark.parametrize(
    ("dispositions", "frames", "width", "number"),
    [
        (("0", "default"), (50, 100), 160, 2),  # marked as default, and shorter
        (("default", "0"), (100, 50), 80, 1),
        (("default", "default"), (100, 50), 160, 2),  # the longest of two
        (("0", "0"), (50, 100), 80, 1),
        (("default", "0"), (100, 1), 160, 2),  # a thumbnail is no film, whatever it is marked as
    ],
)
def test_the_default_pictures_are_taken_else_the_longest(
    tmp_path: Path, dispositions: tuple[str, str], frames: tuple[int, int], width: int, number: int
) -> None:
    decoded = Decoded(two_pictures(tmp_path, *dispositions, frames=frames), tmp_path / "out")
    assert (decoded.row["source_width"], decoded.row["frames"]) == (width, frames[0] if width == 160 else frames[1])
    assert (decoded.row["picture_track"], decoded.row["picture_tracks"]) == (number, 2)
    assert f"picture track {number} of 2 was taken" in decoded.row["notes"]


@pytest.mark.parametrize(
    ("options", "seconds", "hertz"),
    [
        (["-disposition:a:0", "0", "-disposition:a:1", "default"], (4, 3), 880),
        (["-disposition:a:0", "default", "-disposition:a:1", "0"], (3, 4), 440),
        (["-disposition:a:0", "0", "-disposition:a:1", "0"], (3, 4), 880),
        (["-disposition:a:0", "0", "-disposition:a:1", "0"], (4, 4), 440),
    ],
)
def test_the_default_sound_is_taken_else_the_longest(
    tmp_path: Path, options: list[object], seconds: tuple[float, float], hertz: int
) -> None:
    decoded = Decoded(two_sounds(tmp_path / "a.mkv", *options, seconds=seconds), tmp_path / "out")
    assert pitch(decoded) == hertz
    assert (decoded.row["sound_track"], decoded.row["sound_tracks"]) == (hertz // 440, 2)
    assert decoded.row["notes"] == [f"sound track {hertz // 440} of 2 was taken"]


@pytest.mark.parametrize(("number", "hertz"), [(1, 440), (2, 880)])
def test_a_setting_chooses_the_sound(tmp_path: Path, number: int, hertz: int) -> None:
    path = two_sounds(tmp_path / "a.mkv", "-disposition:a:0", "default")
    decoded = Decoded(path, tmp_path / "out", sound_track=number)
    assert pitch(decoded) == hertz
    write_copy(decoded.out.frames, decoded.out.sound, "clip", tmp_path / "copy.mp4")
    assert pitch(Decoded(tmp_path / "copy.mp4", tmp_path / "copied")) == hertz
    with pytest.raises(InputError, match=r"a\.mkv: decode\.sound_track is 3, and the file has 2; choose one"):
        Decoded(path, tmp_path / "out", sound_track=3)
    assert not Decoded(clip(tmp_path / "mute.mp4"), tmp_path / "mute", sound_track=2).row["has_audio"]


def test_a_sound_track_of_an_unknown_codec_gives_way_to_the_next(tmp_path: Path) -> None:
    path = unknown_codec(two_sounds(tmp_path / "a.mkv", "-c:a", "ac3"), b"A_AC3")
    decoded = Decoded(path, tmp_path / "out")
    assert (pitch(decoded), decoded.row["sound_track"], decoded.row["frames"]) == (880, 2, 100)
    assert decoded.row["notes"] == ["sound track 1 of 2 is of an unknown codec", "sound track 2 of 2 was taken"]
    assert decoded.row["sound_damaged"] == 0


def test_a_damaged_sound_track_gives_way_to_the_next(tmp_path: Path) -> None:
    decoded = Decoded(spoil(two_sounds(tmp_path / "a.mp4"), "audio"), tmp_path / "out")
    assert (pitch(decoded), decoded.row["frames"]) == (880, 100)
    assert decoded.row["notes"] == ["sound track 1 of 2 cannot be decoded", "sound track 2 of 2 was taken"]


def test_without_another_track_the_video_is_silent(tmp_path: Path) -> None:
    paths = {
        "is of an unknown codec": unknown_codec(film(tmp_path / "a.mkv", "-c:a", "ac3"), b"A_AC3"),
        "has no packet": without_packets(film(tmp_path / "a.ts"), "audio"),
        "cannot be decoded": spoil(film(tmp_path / "a.mp4"), "audio"),
    }
    lost = {"is of an unknown codec": 4, "has no packet": 0, "cannot be decoded": 4}
    for fault, path in paths.items():
        decoded = Decoded(path, tmp_path / path.suffix)
        assert (decoded.row["frames"], decoded.row["has_audio"], decoded.row["sound_track"]) == (100, False, None), (
            fault
        )
        assert decoded.row["notes"] == [f"sound track 1 of 1 {fault}", SILENCE]
        assert decoded.row["sound_damaged"] == pytest.approx(lost[fault], abs=0.05)
        write_overlay(
            decoded.out.frames, decoded.out.sound, "clip", lambda _, picture: picture, tmp_path / "overlay.mp4"
        )
        assert len(Decoded(tmp_path / "overlay.mp4", tmp_path / "overlay").times) == 100


def test_sound_that_is_damaged_in_part_is_silence_there_and_counted(tmp_path: Path) -> None:
    decoded = Decoded(spoil(film(tmp_path / "a.mp4"), "audio", 0.25, 0.5), tmp_path / "out")
    assert decoded.row["frames"] == 100
    assert decoded.row["sound_damaged"] == pytest.approx(1, abs=0.1)
    assert decoded.sound_interval()[1] == pytest.approx(4, abs=0.1)
    assert any("of silence fill gaps in the sound" in note for note in decoded.row["notes"])
    assert np.abs(decoded.samples()[3 * 44100 :].astype(int)).max() > 1000
    write_overlay(decoded.out.frames, decoded.out.sound, "clip", lambda _, picture: picture, tmp_path / "overlay.mp4")
    assert Decoded(tmp_path / "overlay.mp4", tmp_path / "overlay").sound_interval()[1] == pytest.approx(4, abs=0.1)


def test_channels_that_change_on_the_way_cost_nothing(tmp_path: Path) -> None:
    parts = [film(tmp_path / f"{channels}.ts", "-c:a", "ac3", "-ac", channels) for channels in (2, 1, 6)]
    (tmp_path / "all.ts").write_bytes(b"".join(part.read_bytes() for part in parts))
    decoded = Decoded(tmp_path / "all.ts", tmp_path / "out")
    assert decoded.row["frames"] == 300
    assert decoded.sound_interval() == pytest.approx((0, 12), abs=0.15)


def test_lost_frames_are_counted(tmp_path: Path) -> None:
    path = spoil(film(tmp_path / "a.mp4", "-g", 10), "video", 0.3, 0.5)
    decoded = Decoded(path, tmp_path / "out")
    assert decoded.row["expected"] == 100
    assert decoded.row["frames"] + decoded.row["damaged"] >= 100
    assert 20 <= decoded.row["damaged"] <= 40
    assert (decoded.row["sound_damaged"], len(decoded.samples())) == (0, 4 * 44100 + 752)


@pytest.mark.parametrize("codec", ["libvpx", "libvpx-vp9", "mpeg4"])
def test_packets_without_a_frame_are_no_damage(tmp_path: Path, codec: str) -> None:
    options = ["-auto-alt-ref", 1, "-lag-in-frames", 16, "-b:v", "200k"] if "vpx" in codec else ["-bf", 2]
    decoded = Decoded(clip(tmp_path / "a.mkv", *options, count=100, codec=codec), tmp_path / "out")
    assert (decoded.row["frames"], decoded.row["expected"], decoded.row["damaged"]) == (100, 100, 0)


def test_predict_refuses_a_sound_track_that_is_not_counted_from_1(
    root: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(root)
    words = ["predict", str(clip(tmp_path / "a.mp4", count=2)), "--out", str(tmp_path / "out"), "--sound-track", "0"]
    assert main(words) == 2
    assert "sound_track: Input should be greater than or equal to 1 (found 0)" in capsys.readouterr().err


def test_what_is_odd_is_said_in_the_log(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    path = without_packets(film(tmp_path / "a.ts", sound=SINE), "audio")
    out = DecodeOutputs(tmp_path / "v.parquet", tmp_path / "f.arrow", tmp_path / "s.arrow")
    decode_shard([Video("its name", path)], Decode(), out)
    stderr = capfd.readouterr().err
    assert "its name: sound track 1 of 1 has no packet\n" in stderr and f"its name: {SILENCE}\n" in stderr
