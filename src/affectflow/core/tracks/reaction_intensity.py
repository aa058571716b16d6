"""Track 4, the emotional reaction intensity of ABAW5: how strongly somebody reacts to a video, in seven emotions."""

from affectflow.core.tracks.track import Edition, Track

_EMOTIONS = ("Adoration", "Amusement", "Anxiety", "Disgust", "Empathic-Pain", "Fear", "Surprise")


def reaction_intensity(edition: Edition) -> Track:
    """Intensities of whole clips, the same in all editions; the total is the mean of the seven Pearson correlations."""
    emotions = tuple(emotion.lower().replace("-", "_") for emotion in _EMOTIONS)
    return Track(
        name="eri",
        edition=edition,
        number=4,
        heading="Reaction intensity",
        kind="numbers",
        targets=emotions,
        outputs=emotions,
        header=_EMOTIONS,
        scores=(*(f"pearson_{emotion}" for emotion in emotions), "total"),
        total=(1 / len(emotions),) * len(emotions),
        agreement="pearson",
        loss_terms=("mse", "strongest"),
        per_clip=True,
    )
