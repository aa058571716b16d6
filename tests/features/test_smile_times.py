"""Every number of openSMILE stands at the time of the sound that it tells of: measured with sounds that change as told.

What changes as a cosine of time is symmetric around each of its peaks, and so is every descriptor that follows it, if
it stands at the right time: the phase of its course tells how far off it is.
"""

import re
from collections.abc import Callable
from functools import cache

import numpy as np
import opensmile
import pytest
from numpy.typing import NDArray

from affectflow.config.model.feature_sets import OpenSmileSet
from affectflow.config.system.execution import Device
from affectflow.features.registry import build_extractor
from affectflow.features.resample import at_times
from affectflow.features.smile_times import middles

Course = Callable[[NDArray[np.float64]], NDArray[np.float64]]
SETS = ("eGeMAPSv01b", "ComParE_2016")
STEP, SECONDS = 0.004, 10.0
TIMES = np.arange(0, SECONDS, STEP)
HERTZ = 2.0


@cache
def names(name: str) -> list[str]:
    """Of the numbers, as openSMILE gives them."""
    levels = ("lld",) if name == "eGeMAPSv01b" else ("lld", "lld_de")
    return [feature for level in levels for feature in opensmile.Smile(name, level, loglevel=0).feature_names]


def features_at_times(name: str, sound: NDArray[np.float64], rate: int) -> NDArray[np.float64]:
    """What frames at `TIMES` have of a set."""
    extractor = build_extractor(OpenSmileSet.model_validate({"kind": "opensmile", "set": name}), None, Device())
    samples = np.round(sound / np.abs(sound).max() * 28000).astype(np.int16)
    pieces = extractor.stream(lambda: [samples], rate)
    return np.concatenate(list(at_times(pieces, TIMES, "linear", 0.1, extractor.middles))).astype(float)


def column(name: str, features: NDArray[np.float64], prefix: str) -> NDArray[np.float64]:
    return features[:, next(place for place, feature in enumerate(names(name)) if feature.startswith(prefix))]


def late(course: NDArray[np.float64], hertz: float = HERTZ, phase: float = 0.0) -> float:
    """Seconds by which a course is later than a cosine of `hertz`, or one turned upside down, that is `phase` ahead."""
    inside = (TIMES >= 2) & (TIMES < 8)
    part = course[inside] - course[inside].mean()
    angle = np.angle(np.sum(part * np.hanning(len(part)) * np.exp(-2j * np.pi * hertz * TIMES[inside])))
    half = 1 / (2 * hertz)
    return float((-(angle - phase) / (2 * np.pi * hertz) + half / 2) % half - half / 2)


def clock(rate: int) -> NDArray[np.float64]:
    return np.arange(round(SECONDS * rate)) / rate


def swing(seconds: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.cos(2 * np.pi * HERTZ * seconds)


def noise(rate: int) -> NDArray[np.float64]:
    return np.random.default_rng(0).normal(size=round(SECONDS * rate))


def vowel(rate: int, f0: Course, formants: float = 0.0, breath: Course | None = None) -> NDArray[np.float64]:
    """Harmonics of a gliding pitch under two formants that swing by a share, and noise; each part symmetric in time."""
    seconds = clock(rate)
    turns = np.cumsum(f0(seconds)) / rate
    sound = np.zeros_like(seconds)
    for harmonic in range(1, 30):
        hertz = harmonic * f0(seconds)
        peaks = [(700 * (1 + formants * swing(seconds)), 90), (1600 * (1 + formants * swing(seconds)), 120)]
        gain = 0.02 + sum(1 / (1 + ((hertz - middle) / width) ** 2) for middle, width in peaks)
        sound += gain * np.cos(2 * np.pi * harmonic * turns) * (hertz < 0.45 * rate)
    return sound + (0.005 if breath is None else breath(seconds)) * noise(rate)


def pulses(rate: int, f0: float, shimmer: Course, breath: float = 1e-4) -> NDArray[np.float64]:
    """A pulse each period, of which every other one is louder by a share that changes."""
    begins = np.arange(0.05, SECONDS - 0.05, 1 / f0)
    loud = 1 + shimmer(begins) * np.where(np.arange(len(begins)) % 2, 1, -1)
    sound, reach = breath * noise(rate), np.arange(-round(0.006 * rate), round(0.006 * rate) + 1)
    for begin, height in zip(begins, loud, strict=True):
        first = round(begin * rate)
        off = (first + reach) / rate - begin
        sound[first + reach] += height * np.exp(-((off / 0.0008) ** 2)) * np.cos(2 * np.pi * 700 * off)
    return sound


@pytest.mark.parametrize("rate", [16000, 22050, 44100])
@pytest.mark.parametrize("name", SETS)
def test_spectrum_loudness_and_pitch_stand_at_their_times(name: str, rate: int) -> None:
    seconds = clock(rate)
    wobble = np.cos(2 * np.pi * np.cumsum(1500 * (1 + 0.4 * swing(seconds))) / rate) + 0.001 * noise(rate)
    loud = (1 + 0.6 * swing(seconds)) * noise(rate)
    pitch = vowel(rate, lambda s: 150 * (1 + 0.15 * swing(s)))
    if name == "ComParE_2016":
        spectral, loudness, f0 = "pcm_fftMag_spectralCentroid", "audspec_lengthL1norm", "F0final"
        assert abs(late(column(name, features_at_times(name, loud, rate), "pcm_RMSenergy"))) < 0.002
    else:
        spectral, loudness, f0 = "mfcc1", "Loudness", "F0semitone"
    assert abs(late(column(name, features_at_times(name, wobble, rate), spectral))) < 0.003
    assert abs(late(column(name, features_at_times(name, loud, rate), loudness))) < 0.002
    assert abs(late(column(name, features_at_times(name, pitch, rate), f0))) < 0.002


@pytest.mark.parametrize("rate", [16000, 22050, 44100])
def test_a_chirp_is_heard_when_it_sounds(rate: int) -> None:
    """From 500 Hz at 0 s to 3500 Hz at 10 s: the spectral centroid tells the time, which does not drift."""
    chirp = np.sin(2 * np.pi * np.cumsum(500 + 300 * clock(rate)) / rate)
    measured = (
        column("ComParE_2016", features_at_times("ComParE_2016", chirp, rate), "pcm_fftMag_spectralCentroid") - 500
    ) / 300
    for inside in (np.abs(TIMES - 1) < 0.5, np.abs(TIMES - 8) < 1):
        assert abs(np.median(measured[inside] - TIMES[inside])) < 0.005


@pytest.mark.parametrize("name", SETS)
def test_a_step_of_frequency_or_loudness_stands_at_its_time(name: str) -> None:
    rate = 16000
    after = clock(rate) >= 5
    tones = np.sin(2 * np.pi * np.cumsum(np.where(after, 900.0, 700.0)) / rate) + 1e-4 * noise(rate)
    louder = vowel(rate, lambda s: 100 + 0 * s, breath=lambda s: 1e-4 + 0 * s) * np.where(after, 1, 0.9)
    columns = (
        ("mfcc2", "Loudness") if name == "eGeMAPSv01b" else ("pcm_fftMag_spectralCentroid", "audspec_lengthL1norm")
    )
    for sound, prefix in zip((tones, louder), columns, strict=True):
        course = column(name, features_at_times(name, sound, rate), prefix)
        first, last = course[TIMES.searchsorted(4.5)], course[TIMES.searchsorted(5.5)]
        inside = (TIMES > 4.9) & (TIMES < 5.1)
        share = (course[inside] - first) / (last - first)
        beyond = int(np.flatnonzero(share > 0.5)[0])
        middle = np.interp(0.5, share[beyond - 1 : beyond + 1], TIMES[inside][beyond - 1 : beyond + 1])
        assert abs(middle - 5) < 0.005, prefix


@pytest.mark.parametrize("name", SETS)
def test_other_chains_stand_at_their_times(name: str) -> None:
    rate = 44100  # openSMILE's formants need it
    seconds = clock(rate)
    breathy = features_at_times(name, vowel(rate, lambda s: 150 + 0 * s, breath=lambda s: 0.1 + 0.09 * swing(s)), rate)
    flux = features_at_times(name, (1 + 0.6 * swing(seconds)) * noise(rate), rate)
    assert abs(late(column(name, flux, "spectralFlux" if name == "eGeMAPSv01b" else "pcm_fftMag_spectralFlux"))) < 0.003
    if name == "eGeMAPSv01b":
        assert abs(late(column(name, breathy, "HNRdBACF"))) < 0.005
        moving = features_at_times(name, vowel(rate, lambda s: 150 + 0 * s, formants=0.15), rate)
        for prefix in ("F1frequency", "F2frequency"):
            assert abs(late(column(name, moving, prefix))) < 0.005, prefix
    else:
        assert abs(late(column(name, breathy, "voicingFinalUnclipped"))) < 0.005
        assert abs(late(column(name, breathy, "pcm_zcr"))) < 0.005
        # A delta is steepest a quarter of a period away from the peak.
        for prefix in ("audspec_lengthL1norm_sma_de", "pcm_RMSenergy_sma_de"):
            assert abs(late(column(name, flux, prefix), phase=np.pi / 2)) < 0.002, prefix


@pytest.mark.parametrize("name", SETS)
def test_jitter_and_shimmer_are_of_the_periods_around_the_row_s_begin(name: str) -> None:
    """Which periods these are hangs on the pitch: each within 15 ms, on the whole none too late or too early."""
    sounds = [
        features_at_times(name, pulses(44100, f0, lambda s: 0.1 + 0.1 * swing(s)), 44100)
        for f0 in (101, 127, 160, 211, 263)
    ]
    for prefix in ("shimmerLocal", *(("logHNR",) if name == "ComParE_2016" else ())):
        off = np.array([late(column(name, features, prefix)) for features in sounds])
        assert np.abs(off).max() < 0.015 and abs(off.mean()) < 0.005, prefix


def test_rasta_is_at_the_middle_of_what_its_filter_reads() -> None:
    """The filter turns phases: what must stand still is the beat of two modulations, by its group delay."""
    rate, low, high = 16000, 5.5, 6.5
    beats = 0.15 * (np.cos(2 * np.pi * low * clock(rate)) + np.cos(2 * np.pi * high * clock(rate)))
    steady = vowel(rate, lambda s: 100 + 0 * s, breath=lambda s: 1e-4 + 0 * s)
    features = features_at_times("ComParE_2016", np.exp(beats) * steady, rate)
    for prefix in ("audspecRasta_lengthL1norm_sma", *(f"audSpec_Rfilt_sma[{band}]" for band in range(4, 24, 4))):
        turns = [late(column("ComParE_2016", features, prefix), hertz) * hertz for hertz in (low, high)]
        assert abs((turns[1] - turns[0]) / (high - low)) < 0.002, prefix


def test_every_number_has_the_time_of_its_name() -> None:
    shifts = {
        r"jitter|shimmer|logHNR": -0.005,
        r"audSpec_Rfilt|audspecRasta": -0.010,
        r"spectralFlux": 0.005,
        r"F0|voicing|pcm_zcr|HNRdBACF|logRelF0-|F.amplitude": 0.030,
    }
    for name in SETS:
        expected = [next((time for form, time in shifts.items() if re.match(rf"(pcm_fftMag_)?({form})", column)), 0.010)
                    for column in names(name)]  # fmt: skip
        np.testing.assert_array_equal(middles(name), expected)
