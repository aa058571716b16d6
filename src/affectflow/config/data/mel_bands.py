"""Mel bands, and windows of sound, that the sample rate leaves something to hear."""

from affectflow.config.data.preprocessing import Mel
from affectflow.core.mel_scale import Scale, bands_that_fit, begin_that_fits, empty_bands, transform_that_fits

_FEWEST = 8


def check_spectrogram(settings: Mel, rate: int) -> None:
    """Refuse settings that do not fit sound of `rate` Hz.

    Raises:
        ValueError: as of `check_window` and `check_frequencies`.
    """
    check_window(settings, rate)
    check_frequencies(settings, rate)


def check_window(settings: Mel, rate: int) -> None:
    """
    Raises:
        ValueError: the transform is shorter than the window.
    """
    window = round(settings.window * rate)
    if settings.n_fft < window:
        raise ValueError(
            f"mel.n_fft is {settings.n_fft}, shorter than the window of {settings.window} s ({window} samples at "
            f"{rate} Hz); set mel.n_fft to {window} or more"
        )


def check_frequencies(settings: Mel, rate: int) -> None:
    """
    Raises:
        ValueError: a frequency is above half the rate, the lowest is not below the highest, or a band holds no
            frequency of the transform.
    """
    if max(settings.f_min, settings.f_max or 0) > rate / 2:
        raise ValueError(
            f"mel.f_min {settings.f_min} or mel.f_max {settings.f_max} is above half the sample rate "
            f"({rate / 2:g} Hz); set them lower, or decode.sample_rate higher"
        )
    high = settings.f_max or rate / 2
    if settings.f_min >= high:
        raise ValueError(f"mel.f_min {settings.f_min:g} is not below the highest frequency, {high:g} Hz; set it lower")
    arguments = settings.n_mels, settings.n_fft, rate, settings.f_min, high
    check_bands("mel", *arguments, ("mel.n_mels", "mel.n_fft", "mel.f_min"), settings.bands)


def check_bands(
    where: str,
    bands: int,
    n_fft: int,
    rate: int,
    low: float,
    high: float,
    names: tuple[str, str, str | None],
    scale: Scale = "mel",
) -> None:
    """Refuse bands that would hold nothing, whatever sounds.

    Args:
        where: the settings that ask for them.
        bands: as the others up to `high`, see `empty_bands`.
        n_fft: samples of the transform.
        rate: of the sound in Hz.
        low: lowest frequency in Hz.
        high: highest frequency in Hz.
        names: of the settings for bands, transform and lowest frequency, None where that one cannot be set.
        scale: on which the bands are equally wide.

    Raises:
        ValueError: there are such bands; says how many fit, and the other ways out.
    """
    empty = empty_bands(bands, n_fft, rate, low, high, scale)
    if not empty:
        return
    fit = bands_that_fit(bands, n_fft, rate, low, high, scale)
    longer = transform_that_fits(bands, n_fft, rate, low, high, scale)
    higher = begin_that_fits(bands, n_fft, rate, low, high, scale) if names[2] else None
    ways = [f"{names[0]} to {fit} or fewer"] if fit >= _FEWEST else []
    ways += [f"{name} to {value}" for name, value in ((names[1], longer), (names[2], higher)) if value]
    raise ValueError(
        f"{where}: {empty} of {bands} {scale} bands from {low:g} to {high:g} Hz hold no frequency of a Fourier "
        f"transform of {n_fft} samples at {rate} Hz, and would be silent for ever; {fit} bands fit. Set "
        f"{', or '.join(ways) or 'fewer bands, a longer transform or a wider range of frequencies'}"
    )
