"""Several channels of sound become one by ITU-R BS.775, as loud as stereo; channels that cancel each other are said."""

from pathlib import Path

import numpy as np
import pytest
from media_factory import Decoded, clip, ffmpeg

from affectflow.preprocessing.media.mixing import mix_filters, mix_weights

HALF = np.sqrt(0.5)
RATE = 44100


def track(path: Path, channels: dict[str, str], layout: str, seconds: float = 2, codec: str = "pcm_s16le") -> Path:
    """A video whose sound has an expression of the time `t` for each channel of a layout that is not silent."""
    sound = "|".join(channels.get(name, "0") for name in names(layout))
    source = f"aevalsrc='{sound}':c={layout}:d={seconds}:s={RATE}"
    return clip(path, "-c:a", codec, sound=source, count=round(25 * seconds))


def names(layout: str) -> list[str]:
    import av

    return [channel.name for channel in av.AudioLayout(layout).channels]


def level(decoded: Decoded) -> float:
    """Root mean square of the middle of the stored sound, full scale being 1."""
    samples = decoded.samples()[RATE // 4 : -RATE // 4] / 32768
    return float(np.sqrt(np.mean(samples**2)))


SPEECH = "0.3*sin(2*PI*220*t)*(0.6+0.4*sin(2*PI*3*t))"


@pytest.mark.parametrize(
    ("layout", "expected"),
    [
        ("mono", [1]),
        ("stereo", [0.5, 0.5]),
        ("2.1", [0.5, 0.5, 0]),
        ("3.0", [HALF, HALF, 1]),
        ("4.0", [HALF, HALF, 1, HALF]),
        ("quad", [0.5, 0.5, HALF / 2, HALF / 2]),
        ("5.0", [HALF, HALF, 1, 0.5, 0.5]),
        ("5.1", [HALF, HALF, 1, 0, 0.5, 0.5]),
        ("5.1(side)", [HALF, HALF, 1, 0, 0.5, 0.5]),
        ("7.1", [HALF, HALF, 1, 0, 0.5, 0.5, 0.5, 0.5]),
        ("5 channels", [0.2] * 5),
        ("2 channels", [0.5, 0.5]),
        ("ambisonic 1", [1, 0, 0, 0]),
    ],
)
def test_weights_are_those_of_bs_775_at_the_loudness_of_stereo(layout: str, expected: list[float]) -> None:
    np.testing.assert_allclose(mix_weights(layout), expected, atol=1e-9)


@pytest.mark.parametrize(
    ("layout", "speaking"),
    [
        ("3.0", ["FC"]),
        ("5.1", ["FC"]),
        ("5.1(side)", ["FC"]),
        ("7.1", ["FC"]),
        ("quad", ["FL", "FR"]),
        ("2.1", ["FL", "FR"]),
    ],
)
def test_speech_in_the_centre_is_as_loud_as_the_same_in_stereo(
    tmp_path: Path, layout: str, speaking: list[str]
) -> None:
    for name in ("wide", "stereo"):
        (tmp_path / name).mkdir()
    wide = Decoded(track(tmp_path / "wide.mov", dict.fromkeys(speaking, SPEECH), layout), tmp_path / "wide")
    stereo = Decoded(track(tmp_path / "a.mov", {"FL": SPEECH, "FR": SPEECH}, "stereo"), tmp_path / "stereo")
    assert level(stereo) > 0.1
    assert abs(20 * np.log10(level(wide) / level(stereo))) < 0.01
    assert np.abs(wide.samples().astype(int) - stereo.samples()).max() <= 1, "neither earlier nor later"
    assert any("BS.775" in note for note in wide.row["notes"]) and stereo.row["notes"] == []


def test_each_channel_of_5_1_comes_at_its_share(tmp_path: Path) -> None:
    shares = []
    for name in names("5.1"):
        (tmp_path / name).mkdir()
        path = track(tmp_path / f"{name}.mov", {name: "0.4*sin(2*PI*300*t)"}, "5.1")
        shares.append(level(Decoded(path, tmp_path / name)) / (0.4 * HALF))
    np.testing.assert_allclose(shares, [HALF, HALF, 1, 0, 0.5, 0.5], atol=1e-3)


def test_what_is_too_loud_together_is_bent_and_not_cut(tmp_path: Path) -> None:
    loud = dict.fromkeys(names("5.1"), "0.5*sin(2*PI*100*t)")
    mixed = Decoded(track(tmp_path / "a.mov", loud, "5.1"), tmp_path).samples() / 32768
    expected = (1 + 2 * HALF + 2 * 0.5) * 0.5 * np.sin(2 * np.pi * 100 * np.arange(len(mixed)) / RATE)
    quiet = np.abs(expected) < 0.9
    assert 0.2 < quiet.mean() < 0.6
    assert np.abs(mixed[quiet] - expected[quiet]).max() < 1e-3
    soft_clipped = np.sign(expected) * (0.9 + 0.1 * np.tanh((np.abs(expected) - 0.9) / 0.1))
    assert np.abs(mixed[~quiet] - soft_clipped[~quiet]).max() < 1e-3


@pytest.mark.parametrize(
    ("channels", "share", "message"),
    [
        (6, 1, "6 channels (taken for 5.1) were mixed"),
        (5, 0.2, "5 channels, whose places the file does not tell, were"),
    ],
)
def test_channels_of_unknown_places(tmp_path: Path, channels: int, share: float, message: str) -> None:
    """Matroska does not say where the channels of PCM are."""
    speech = 0.4 * np.sin(2 * np.pi * 300 * np.arange(2 * RATE) / RATE)
    samples = np.zeros((len(speech), channels), "<i2")
    samples[:, 2] = np.round(speech * 32768)
    (tmp_path / "raw").write_bytes(samples.tobytes())
    raw = ("-f", "s16le", "-ar", RATE, "-ch_layout", f"{channels}C", "-i", tmp_path / "raw")
    ffmpeg("-i", clip(tmp_path / "silent.mkv"), *raw, "-c:v", "copy", "-c:a", "pcm_s16le", tmp_path / "a.mkv")
    decoded = Decoded(tmp_path / "a.mkv", tmp_path)
    assert level(decoded) == pytest.approx(share * 0.4 * HALF, rel=1e-3)
    assert any(message in note for note in decoded.row["notes"])


@pytest.mark.parametrize("codec", ["pcm_s16le", "aac"])
def test_one_and_two_channels_stay_what_they_were(tmp_path: Path, codec: str) -> None:
    assert mix_filters("mono") == mix_filters("stereo") == mix_filters("2 channels") == []
    both = {"FL": SPEECH, "FR": "0.2*sin(2*PI*500*t)"}
    path = track(tmp_path / "a.mov", both, "stereo", codec=codec)
    decoded = Decoded(path, tmp_path)
    form = ("-f", "s16le", "-ac", 1, "-ar", RATE)
    ffmpeg("-i", path, *form, tmp_path / "raw")
    np.testing.assert_array_equal(decoded.samples(), np.fromfile(tmp_path / "raw", "<i2")[: len(decoded.samples())])
    assert decoded.row["notes"] == []


OPPOSITE = {"FL": SPEECH, "FR": f"-({SPEECH})"}


@pytest.mark.parametrize(
    ("channels", "layout", "message"),
    [
        (OPPOSITE, "stereo", "nothing of them is left"),
        ({"FL": SPEECH, "FR": f"-0.8*({SPEECH})"}, "stereo", "16 dB quieter than they are"),
        (OPPOSITE, "quad", "nothing of them is left"),
        ({"FL": SPEECH, "FR": SPEECH}, "stereo", ""),
        ({"FL": SPEECH, "FR": "0.3*sin(2*PI*500*t)"}, "stereo", ""),
        ({"FL": SPEECH}, "stereo", ""),
        ({"FC": SPEECH, "BL": "0.1*sin(2*PI*700*t)", "BR": "-0.1*sin(2*PI*700*t)"}, "5.1", ""),
        ({}, "stereo", ""),
        ({"FC": SPEECH}, "mono", ""),
    ],
)
def test_channels_that_cancel_each_other_are_said(
    tmp_path: Path, channels: dict[str, str], layout: str, message: str
) -> None:
    decoded = Decoded(track(tmp_path / "a.mov", channels, layout), tmp_path)
    notes = [note for note in decoded.row["notes"] if "cancel each other" in note]
    assert bool(notes) == bool(message)
    assert message in "".join(notes)
