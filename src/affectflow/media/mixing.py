"""Channels of sound to one."""


def mix_filters(layout: str) -> list[str]:
    """Filters of ffmpeg that go before the conversion to one channel, for sound that begins with these channels."""
    return []
