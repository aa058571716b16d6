"""What the organisers of ABAW name their folders and files, over all releases."""

from affectflow.core.tracks import TrackName

TRACKS: tuple[TrackName, ...] = ("va", "expr", "au")
"""What is annotated by frame."""

CHALLENGE_FOLDERS: dict[TrackName, tuple[str, ...]] = {
    "va": ("VA_Set", "VA_Estimation_Challenge"),
    "expr": ("EXPR_Set", "EXPR_Recognition_Challenge", "EXPR_Classification_Challenge"),
    "au": ("AU_Set", "AU_Detection_Challenge"),
}
SPLIT_FOLDERS = {
    "train": ("Train_Set", "Training_Set"),
    "validation": ("Validation_Set",),
    "test": ("Test_Set",),
}

TEST_LISTS: dict[TrackName, str] = {
    "va": "names_of_videos_in_each_test_set/Valence_Arousal_Estimation_Challenge_test_set_release.txt",
    "expr": "names_of_videos_in_each_test_set/Expression_Recognition_Challenge_test_set_release.txt",
    "au": "names_of_videos_in_each_test_set/Action_Unit_Detection_Challenge_test_set_release.txt",
}
"""The subjects of each track's test set, one a line."""

TEST_SAMPLES: dict[TrackName, str] = {
    "va": "prediction_files_format/{release}_VA_test_set_sample.txt",
    "expr": "prediction_files_format/{release}_Expr_test_set_sample.txt",
    "au": "prediction_files_format/{release}_AU_test_set_sample.txt",
}
"""Every row that a prediction file must have; `release` is such as `CVPR_6th_ABAW`."""
