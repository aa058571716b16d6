"""Classes of compound expressions, by the number that stands for them in the column `compound` of stored faces."""

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
