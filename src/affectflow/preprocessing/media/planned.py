"""Which ffmpeg a run is planned with."""

from pathlib import Path

from affectflow.preprocessing.media.ffmpeg import ffmpeg_binary
from affectflow.preprocessing.media.identity import read_note, write_note


def planned_identity(choice: str, notes: Path) -> str:
    """Version and digest of the ffmpeg that a setting names; it is tried where no trial of the same file is noted.

    Args:
        choice: "packaged", "path" or a file (`decode.ffmpeg`).
        notes: folder in which it is noted. Each job that decodes tries it again.

    Raises:
        InputError: there is none, or it cannot do what is needed.
    """
    binary = Path(ffmpeg_binary(choice))
    if noted_identity := read_note(binary, notes).get("tried"):
        return str(noted_identity)
    from affectflow.preprocessing.media.trial import usable  # it loads what decodes, which no other start needs

    program_identity = usable(choice, notes).identity
    write_note(binary, notes, tried=program_identity)
    return program_identity
