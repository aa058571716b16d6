"""Cuts found, and what is taken for one, in made films (`cut_films.py`) and in recordings.

    python benchmarks/cuts.py [--films 10] [--clips ../shared/clips --cases ../shared/cases]

Beside the project's finder stands its first one: a cut is where a thumbnail of 32 x 18 pixels changes by more than
12 % of full scale on average. A cut counts as found at its very frame, in recordings also at the next. What is found
within a dissolve or a fade is neither right nor wrong. The finder's limits were chosen on the first four films of each
kind. Also prints the finder's time for a frame, one thread.
"""

import argparse
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path

import cv2
import numpy as np
from cut_films import KINDS, films

from affectflow.preprocessing.media.pictures import Picture
from affectflow.preprocessing.media.shots import find_cuts

Finder = Callable[[Iterable[Picture]], Iterable[bool]]

RECORDED = {
    "mexca_test_video_audio_5_seconds.mp4": (92,),
    "pyfeat_face_noface.mov": (72,),
    "one_person_jumpcuts.mp4": (37, 74, 112),
    "two_people_pillarbox.mp4": (24, 49, 74),
}
"""Frames with which shots begin, as seen frame by frame. mexca fades to a white frame, 92, and from it into the next
shot; pyfeat_face_noface has a black frame, 72, between its shots. All others are a single shot."""


def by_thumbnail(pictures: Iterable[Picture]) -> Iterator[bool]:
    """The first finder: mean change of a thumbnail above .12 of full scale."""
    last = None
    for picture in pictures:
        thumbnail = cv2.resize(picture, (32, 18), interpolation=cv2.INTER_AREA).astype(np.float32) / 255
        yield last is not None and float(np.abs(thumbnail - last).mean()) > 0.12
        last = thumbnail


FINDERS: dict[str, Finder] = {"thumbnail": by_thumbnail, "ours": find_cuts}


def counts(
    found: Iterable[bool], cuts: Sequence[int], transitions: Sequence[tuple[int, int]] = (), late: int = 0
) -> tuple[int, int]:
    """How many cuts were found, and how many false ones."""
    frames = [frame for frame, cut in enumerate(found) if cut]
    right = 0
    for cut in cuts:
        hit = next((frame for frame in frames if 0 <= frame - cut <= late), None)
        if hit is not None:
            frames.remove(hit)
            right += 1
    return right, sum(not any(first <= f <= last for first, last in transitions) for f in frames)


def recorded(path: Path) -> list[Picture]:
    """All frames, 160 pixels wide."""
    capture = cv2.VideoCapture(str(path))
    pictures = []
    while (read := capture.read())[0]:
        picture = read[1]
        height = round(picture.shape[0] * 160 / picture.shape[1])
        pictures.append(cv2.resize(picture, (160, height), interpolation=cv2.INTER_AREA))
    return pictures


def row(title: str, cuts: int, frames: int, by_finder: dict[str, tuple[int, int]]) -> str:
    cells = [f"{found} / {cuts}, {false}" if cuts else f"-, {false}" for found, false in by_finder.values()]
    return f"| {title} | {frames} | " + " | ".join(cells) + " |"


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--films", type=int, default=10)
    options.add_argument("--clips", type=Path, default=Path("../shared/clips"))
    options.add_argument("--cases", type=Path, default=Path("../shared/cases"))
    args = options.parse_args()
    cv2.setNumThreads(1)
    print("| film: found / cuts, false | frames | " + " | ".join(FINDERS) + " |\n|---|---|" + "---|" * len(FINDERS))
    for kind in KINDS:
        made = list(films(kind, args.films))
        totals = {
            name: tuple(
                int(n)
                for n in np.sum([counts(finder(f.pictures), f.cuts, f.transitions) for f in made], axis=0, dtype=int)
            )
            for name, finder in FINDERS.items()
        }
        print(row(kind, sum(len(f.cuts) for f in made), sum(len(f.pictures) for f in made), totals), flush=True)
    seconds, frames = 0.0, 0
    names = ["one_person_jumpcuts.mp4", "two_people_pillarbox.mp4", "tilted60.mp4"]
    for path in sorted([*args.clips.glob("*.m[po][4v]"), *(args.cases / name for name in names)]):
        if not path.is_file():
            continue
        pictures, cuts = recorded(path), RECORDED.get(path.name, ())
        found = {name: counts(finder(pictures), cuts, late=1) for name, finder in FINDERS.items()}
        print(row(path.name, len(cuts), len(pictures), found), flush=True)
        begin = time.process_time()
        for _ in find_cuts(pictures):
            frames += 1
        seconds += time.process_time() - begin
    if frames:
        print(f"\nours: {seconds / frames * 1000:.2f} ms a frame, 160 pixels wide")


if __name__ == "__main__":
    main()
