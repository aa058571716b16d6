"""Track 1 of the ABAW challenges: valence and arousal of each frame."""

from affectflow.core.tracks.track import Edition, OfficialFiles, Track

_DIMENSIONS = ("valence", "arousal")


def valence_arousal(edition: Edition) -> Track:
    """Both in [-1, 1], the same in all editions; the total is the mean of their CCCs."""
    return Track(
        name="va",
        edition=edition,
        number=1,
        heading="Valence and arousal",
        kind="numbers",
        targets=_DIMENSIONS,
        outputs=_DIMENSIONS,
        header=_DIMENSIONS,
        scores=("ccc_valence", "ccc_arousal", "total"),
        total=(0.5, 0.5),
        errors=("mse_valence", "mse_arousal", "mse"),
        bounds=(-1.0, 1.0),
        missing=-5.0,
        loss_terms=("mse", "ccc", "bins"),
        official=OfficialFiles(folders=("VA_Set", "VA_Estimation_Challenge"), words=("va", "valence", "arousal")),
    )
