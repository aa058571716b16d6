"""Track 3 of the ABAW challenges: the action units of each frame."""

from affectflow.core.tracks.track import Edition, OfficialFiles, Track

_UNITS = {
    "abaw1": (1, 2, 4, 6, 12, 15, 20, 25),
    "abaw2": (1, 2, 4, 6, 7, 10, 12, 15, 23, 24, 25, 26),
    "abaw3": (1, 2, 4, 6, 7, 10, 12, 15, 23, 24, 25, 26),
    "union17": (1, 2, 4, 5, 6, 7, 9, 10, 12, 14, 15, 17, 20, 23, 24, 25, 26),
    "disfa": (1, 2, 4, 5, 6, 9, 12, 15, 17, 20, 25, 26),  # all that are annotated (Mavadati et al. 2013)
    "bp4d": (1, 2, 4, 6, 7, 10, 12, 14, 15, 17, 23, 24),  # of 27, those of Zhao et al. 2016 (DRML) and most since
    "bp4d_plus": (1, 2, 4, 6, 7, 10, 12, 14, 15, 17, 23, 24),  # of 34, as of BP4D: Shao et al. 2021 (JÂA-Net)
}


def action_units(edition: Edition) -> Track:
    """Each there or not. The total is 0.5 mean F1 + 0.5 accuracy up to ABAW2, then mean F1."""
    units = tuple(f"AU{unit}" for unit in _UNITS[edition])
    columns = tuple(unit.lower() for unit in units)
    return Track(
        name="au",
        edition=edition,
        number=3,
        heading="Action units",
        kind="units",
        targets=columns,
        outputs=columns,
        header=units,
        scores=("f1", "accuracy", "total"),
        total=(1.0, 0.0) if edition == "abaw3" else (0.5, 0.5),
        loss_terms=("bce",),
        official=OfficialFiles(
            folders=("AU_Set", "AU_Detection_Challenge"),
            words=("au", "aus", "action", "unit", "units"),
        ),
    )
