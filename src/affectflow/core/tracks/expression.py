"""Track 2 of the ABAW challenges: the expression of each frame."""

from affectflow.core.tracks.track import Edition, OfficialFiles, Track

_EXPRESSIONS = ("Neutral", "Anger", "Disgust", "Fear", "Happiness", "Sadness", "Surprise", "Other")


def expression(edition: Edition) -> Track:
    """One of 7 classes, from ABAW3 on of 8. The total is 0.67 F1 + 0.33 accuracy up to ABAW2, then macro F1."""
    late = edition == "abaw3"
    classes = _EXPRESSIONS if late else _EXPRESSIONS[:7]
    return Track(
        name="expr",
        edition=edition,
        number=2,
        heading="Expressions",
        kind="classes",
        targets=("expression",),
        outputs=tuple(label.lower() for label in classes),
        header=classes,
        scores=("f1", "accuracy", "total"),
        total=(1.0, 0.0) if late else (0.67, 0.33),
        loss_terms=("cross_entropy", "embedding"),
        official=OfficialFiles(
            folders=("EXPR_Set", "EXPR_Recognition_Challenge", "EXPR_Classification_Challenge"),
            words=("expr", "expression", "expressions"),
        ),
    )
