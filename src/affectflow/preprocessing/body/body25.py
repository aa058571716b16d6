"""The 25 joints of OpenPose's BODY_25, in its order."""

import numpy as np
from numpy.typing import NDArray

JOINTS = (
    "nose",
    "neck",
    "right_shoulder",
    "right_elbow",
    "right_wrist",
    "left_shoulder",
    "left_elbow",
    "left_wrist",
    "mid_hip",
    "right_hip",
    "right_knee",
    "right_ankle",
    "left_hip",
    "left_knee",
    "left_ankle",
    "right_eye",
    "left_eye",
    "right_ear",
    "left_ear",
    "left_big_toe",
    "left_small_toe",
    "left_heel",
    "right_big_toe",
    "right_small_toe",
    "right_heel",
)

INDEX = {name: index for index, name in enumerate(JOINTS)}

HEAD = tuple(INDEX[name] for name in ("nose", "right_eye", "left_eye", "right_ear", "left_ear"))

LIMBS = tuple(
    (INDEX[a], INDEX[b])
    for a, b in (
        ("nose", "neck"),
        ("neck", "right_shoulder"),
        ("right_shoulder", "right_elbow"),
        ("right_elbow", "right_wrist"),
        ("neck", "left_shoulder"),
        ("left_shoulder", "left_elbow"),
        ("left_elbow", "left_wrist"),
        ("neck", "mid_hip"),
        ("mid_hip", "right_hip"),
        ("right_hip", "right_knee"),
        ("right_knee", "right_ankle"),
        ("mid_hip", "left_hip"),
        ("left_hip", "left_knee"),
        ("left_knee", "left_ankle"),
        ("nose", "right_eye"),
        ("right_eye", "right_ear"),
        ("nose", "left_eye"),
        ("left_eye", "left_ear"),
        ("left_ankle", "left_big_toe"),
        ("left_ankle", "left_heel"),
        ("right_ankle", "right_big_toe"),
        ("right_ankle", "right_heel"),
    )
)
"""Pairs of joints that a drawing connects."""


def head_centre(joints: NDArray[np.floating], min_confidence: float) -> NDArray[np.float64] | None:
    """Mean of the head's joints (nose, eyes, ears) that are seen; shape (2,), None where none is.

    Args:
        joints: one person's, shape (25, 3).
        min_confidence: of a joint that is seen, in [0, 1].
    """
    head = joints[list(HEAD)]
    visible = head[(head[:, 2] >= min_confidence) & (head[:, 2] > 0), :2]
    return visible.mean(0, dtype=np.float64) if len(visible) else None


def head_only(joints: NDArray[np.floating], min_confidence: float) -> NDArray[np.bool_]:
    """Whether joints are seen and all of them are the head's (nose, eyes, ears), as in a close-up, where the box around
    them is a band over the eyes; the neck counts as below the head. Shape (poses,).

    Args:
        joints: shape (poses, 25, 3).
        min_confidence: of a joint that is seen, in [0, 1].
    """
    seen = (joints[..., 2] >= min_confidence) & (joints[..., 2] > 0)
    below = np.delete(seen, HEAD, axis=1)
    return np.asarray(seen.any(axis=1) & ~below.any(axis=1))
