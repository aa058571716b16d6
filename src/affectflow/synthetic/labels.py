"""Annotations, test lists and the sample submission, in the formats of Aff-Wild2."""

import numpy as np
from numpy.typing import NDArray

from affectflow.artifacts.atomic import write_text
from affectflow.config.data.corpora import DemoCorpus
from affectflow.core.tracks import Track, track_of
from affectflow.datasets.video.demo_clips import (
    CLOCK,
    README,
    TRACKS,
    Actor,
    Clip,
    frame_ticks,
    label_path,
    list_path,
    sample_path,
)
from affectflow.synthetic.plane import expressions, units
from affectflow.synthetic.signals import Affect

_DECLARATION = """\
A SYNTHETIC corpus in the layout of Aff-Wild2, made by `affectflow demo`.

Every video shows one photograph (the public-domain portrait of scikit-image), animated by a program. "Valence" and
"arousal" are random curves that steer the animation, "expressions" and "action units" are regions of the plane of these
two. Nobody felt, played or annotated any of them: scores on this corpus show that software works and say nothing about
people.

held_out_test_labels/ is read by nothing but the declared test score of the demo.
"""


def annotate(corpus: DemoCorpus, clip: Clip, actor: Actor, affect: Affect) -> None:
    """Write the label file of `actor` for each track: a header, then a row for each frame."""
    for name in TRACKS:
        track = track_of(name, corpus.edition)
        lines = [_line(row, track) for row in label_rows(corpus, clip, actor, affect, track).tolist()]
        write_text(corpus.root / label_path(name, clip, actor), "\n".join([",".join(track.header), *lines]) + "\n")


def label_rows(corpus: DemoCorpus, clip: Clip, actor: Actor, affect: Affect, track: Track) -> NDArray[np.float64]:
    """Rows of the label file of `actor` (rows, targets): what the track asks for, or "not annotated"."""
    path = affect.path(np.array(frame_ticks(corpus, clip)) / CLOCK)
    rows = path if track.continuous else (expressions if track.kind == "classes" else units)(path, track)
    if actor.gap:
        start = len(rows) // 5
        rows[start : start + max(1, len(rows) // 15)] = track.missing
    return rows[:-1] if actor.row_short else rows


def _line(row: list[float], track: Track) -> str:
    digits = 4 if track.continuous and row[0] != track.missing else 0
    return ",".join(f"{value:.{digits}f}" for value in row)


def write_lists(corpus: DemoCorpus, clips: tuple[Clip, ...]) -> None:
    """Write the declaration and, for each track, the list of test subjects and the sample submission (a row for each
    frame of each)."""
    test = [(clip, actor.subject) for clip in clips if clip.split == "test" for actor in clip.actors]
    images = [f"{s}/{n:05d}.jpg," for clip, s in test for n in range(1, len(frame_ticks(corpus, clip)) + 1)]
    for name in TRACKS:
        header = ",".join(("image_location", *track_of(name, corpus.edition).header))
        write_text(corpus.root / list_path(name), "".join(f"{subject}\n" for _, subject in test))
        write_text(corpus.root / sample_path(name), "\n".join([header, *images]) + "\n")
    write_text(corpus.root / README, _DECLARATION)
