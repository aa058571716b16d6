"""Which files are videos by their names, and which names are too long for what is made of them."""

import os
from collections.abc import Iterable, Sequence
from pathlib import Path
from posixpath import splitext

from affectflow.artifacts.record import record_path
from affectflow.core.errors import InputError

VIDEO_SUFFIXES = frozenset(
    f".{name}"
    for names in (
        "mp4 m4v mov qt 3gp 3g2 mj2 f4v ism isma ismv psp lrv insv",  # QuickTime and what is built like it
        "mkv mk3d webm avi divx flv kux wmv asf wtv ivf obu nut",
        "mpg mpeg mpe m2p vob dvd ts mts m2ts m2t trp tp m1v m2v mpv",  # MPEG streams
        "ogv ogm rm rmvb ivr dv dif mxf gxf apv amv",
        "264 h264 h26l avc 265 h265 hevc 266 h266 vvc h261 h263 mjpg mjpeg vc1 rcv vc2 evc avs2 avs3",  # bare streams
        "gif apng y4m viv dav ifv mvi mxg nsv roq smk bik xmv usm ty ty+ cdxl dnxhd dnxhr",
    )
    for name in names.split()
)
"""What FFmpeg's demuxers and muxers call files with moving pictures (libavformat 62, by PyAV 18.1), and common other
names of the same formats. Names of sound, of single pictures, of subtitles and of data that only look like one of these
are not among them; tests hold the list against the library."""

_LONGEST_SUBJECT_SUFFIX = ".txt"
_NAME_LIMIT = 255
_SHOWN = 20


def is_video(name: str) -> bool:
    """Whether a file's name is that of a video; hidden files are none."""
    return splitext(name)[1].lower() in VIDEO_SUFFIXES and not name.startswith(".")


def describe_non_videos(names: Iterable[str]) -> list[str]:
    """The remark on files that lie among videos and are none by their names; empty where there are none."""
    all_names = list(names)
    shown = ", ".join(all_names[:_SHOWN]) + (", …" if len(all_names) > _SHOWN else "")
    return [f"{len(all_names)} file(s) are no videos by their names, and are left: {shown}"] if all_names else []


def check_lengths(stems: Iterable[str]) -> None:
    """Check that files that are named after a subject, such as `<subject>.txt` of a submission, can have their names.

    Raises:
        InputError: some cannot; names them, with their lengths and the limit.
    """
    most = _NAME_LIMIT - len(_LONGEST_SUBJECT_SUFFIX)
    if too_long := [f"{stem} ({size} bytes)" for stem in stems if (size := len(os.fsencode(stem))) > most]:
        raise InputError(
            f"{len(too_long)} video(s) have names of more than {most} bytes: {', '.join(too_long)}; shorten them"
        )


def check_results(video: Path, results: Sequence[Path]) -> None:
    """Check that a video's results can have their names on the file system that they go to.

    Args:
        video: its name is what they begin with.
        results: all that is made of it, without the records.

    Raises:
        InputError: one cannot; says how many bytes the video's name may have.
    """
    names = [record_path(path).name for path in results]
    limit = _limit(results[0].parent) if results else _NAME_LIMIT
    size, longest = max(((len(os.fsencode(name)), name) for name in names), default=(0, ""))
    if size > limit:
        stem = len(os.fsencode(video.stem))
        raise InputError(
            f"{video}: its name has {stem} bytes without the suffix; {longest} would have {size}, and this file system "
            f"takes {limit}: shorten it to {stem - size + limit}"
        )


def _limit(folder: Path) -> int:
    existing = next(path for path in (folder, *folder.absolute().parents) if path.exists())
    try:
        return os.pathconf(existing, "PC_NAME_MAX")
    except OSError:
        return _NAME_LIMIT
