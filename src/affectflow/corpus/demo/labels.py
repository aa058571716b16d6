"""Annotations, test lists and the sample submission, in the formats of Aff-Wild2."""

import numpy as np
from numpy.typing import NDArray

from affectflow.artifacts.atomic import write_text
from affectflow.config.corpora import DemoCorpus
from affectflow.corpus.demo.clips import CLOCK, README, TEST_LIST, TEST_SAMPLE, Actor, Clip, frame_ticks, label_path
from affectflow.corpus.demo.signals import Affect

MISSING = -5
"""Value of valence and of arousal in a row that is not annotated."""

_DECLARATION = """\
A SYNTHETIC corpus in the layout of Aff-Wild2, made by `affectflow demo`.

Every video shows one photograph (the public-domain portrait of scikit-image), animated by a program. "Valence" and
"arousal" are random curves that steer the animation. Nobody felt, played or annotated them: scores on this corpus
show that software works and say nothing about people.

held_out_test_labels/ is read by nothing but the declared test score of the demo.
"""


def annotate(corpus: DemoCorpus, clip: Clip, actor: Actor, affect: Affect) -> None:
    """Write the label file of `actor`: a header, then valence and arousal of each frame."""
    rows = label_rows(corpus, clip, actor, affect)
    lines = [f"{v:.4f},{a:.4f}" if v != MISSING else f"{MISSING},{MISSING}" for v, a in rows]
    write_text(corpus.root / label_path(clip, actor), "\n".join(["valence,arousal", *lines]) + "\n")


def label_rows(corpus: DemoCorpus, clip: Clip, actor: Actor, affect: Affect) -> NDArray[np.float64]:
    """Rows of the label file of `actor` (rows, 2): in [-1, 1], or `MISSING`."""
    time = np.array(frame_ticks(corpus, clip)) / CLOCK
    rows = affect.path(time)
    if actor.gap:
        start = len(rows) // 5
        rows[start : start + max(1, len(rows) // 15)] = MISSING
    return rows[:-1] if actor.row_short else rows


def write_lists(corpus: DemoCorpus, clips: tuple[Clip, ...]) -> None:
    """Write the list of test subjects, the sample submission (a row for each frame of each) and the declaration."""
    test = [(clip, actor.subject) for clip in clips if clip.split == "test" for actor in clip.actors]
    write_text(corpus.root / TEST_LIST, "".join(f"{subject}\n" for _, subject in test))
    rows = ["image_location,valence,arousal"]
    for clip, subject in test:
        rows += [f"{subject}/{n:05d}.jpg," for n in range(1, len(frame_ticks(corpus, clip)) + 1)]
    write_text(corpus.root / TEST_SAMPLE, "\n".join(rows) + "\n")
    write_text(corpus.root / README, _DECLARATION)
