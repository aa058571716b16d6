"""What the organisers of ABAW name their folders and files, over all releases."""

from typing import get_args

from affectflow.core.tracks import OfficialFiles, TrackName, track_of

OFFICIAL: dict[TrackName, OfficialFiles] = {
    name: files for name in get_args(TrackName) if (files := track_of(name).official)
}
"""Tracks with label files in Aff-Wild2, and the names of these."""

CHALLENGE_FOLDERS = {name: files.folders for name, files in OFFICIAL.items()}
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
"""The subjects of each track's test set, one a line. Files of any other name are recognised, too; under these names the
demo has them."""

TEST_SAMPLES: dict[TrackName, str] = {
    "va": "prediction_files_format/{release}_VA_test_set_sample.txt",
    "expr": "prediction_files_format/{release}_Expr_test_set_sample.txt",
    "au": "prediction_files_format/{release}_AU_test_set_sample.txt",
}
"""Every row that a prediction file must have, in the same way; `release` is such as `CVPR_6th_ABAW`."""
