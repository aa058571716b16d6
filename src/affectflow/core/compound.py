"""Classes of compound expressions, by the number that stands for them in the column `compound` of stored faces."""

from collections.abc import Sequence
from dataclasses import replace

from affectflow.core.tracks import Track, track_of

RAFDB = (
    "happily_surprised",
    "happily_disgusted",
    "sadly_fearful",
    "sadly_angry",
    "sadly_surprised",
    "sadly_disgusted",
    "fearfully_angry",
    "fearfully_surprised",
    "angrily_surprised",
    "angrily_disgusted",
    "disgustedly_surprised",
)
"""The 11 of RAF-DB in its order, in which they are numbered from 1."""

EMOTIONET = (
    "angrily_disgusted",
    "angrily_surprised",
    "angry",
    "appalled",
    "awed",
    "disgusted",
    "fearful",
    "fearfully_angry",
    "fearfully_surprised",
    "happily_disgusted",
    "happily_surprised",
    "happy",
    "sad",
    "sadly_angry",
    "sadly_disgusted",
    "surprised",
)
"""The 6 basic and 10 compound ones of EmotioNet (Benitez-Quiroz et al. 2017, Track 2), in the order of its columns."""

COMPOUND_TASKS = {"rafdb_compound": RAFDB, "emotionet_compound": EMOTIONET}
"""What a network learns whose outputs are the classes of such a corpus, by the name of its task."""


def compound_track(classes: Sequence[str]) -> Track:
    """Compound classes as a track of expressions, annotated in the column `compound`."""
    names = tuple(classes)
    return replace(track_of("expr"), targets=("compound",), outputs=names, header=names, total=(1.0, 0.0))
