"""What AffectNet's annotations mean here."""

from affectflow.datasets.images.rows import number
from affectflow.datasets.images.stills import Annotation

EXPRESSIONS = (0, 4, 5, 6, 3, 2, 1, 7)
"""Number of a class in the order of Aff-Wild2, by AffectNet's: neutral, happy, sad, surprise, fear, disgust, anger; and
contempt, which takes the place of Other."""

_NONE, _NO_FACE = 8, 10
_NOT_ANNOTATED = -2.0


def annotation(expression: str, valence: str, arousal: str) -> Annotation:
    """What AffectNet's values, as text, say of a picture.

    Expression 0 to 7 is a class; 8 (none), 9 (uncertain) and 10 (no face) are none. Valence and arousal lie in [-1, 1];
    -2 is "not annotated".

    Raises:
        ValueError: anything else, in words.
    """
    class_number = number("expression", expression, "a whole number from 0 to 10")
    if class_number != int(class_number) or not 0 <= class_number <= _NO_FACE:
        raise ValueError(f"expression is {expression}, expected a whole number from 0 to 10")
    class_index = EXPRESSIONS[int(class_number)] if class_number < _NONE else None
    return Annotation(class_index, _affect("valence", valence), _affect("arousal", arousal))


def _affect(name: str, text: str) -> float | None:
    expected = "a number in [-1, 1], or -2 if not annotated"
    value = number(name, text, expected)
    if value == _NOT_ANNOTATED:
        return None
    if not -1 <= value <= 1:
        raise ValueError(f"{name} is {text}, expected {expected}")
    return value
