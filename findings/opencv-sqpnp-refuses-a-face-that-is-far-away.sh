#!/usr/bin/env bash
# OpenCV's solvePnP with SQPNP refuses the points of a face from some ten metres on, however large it is in the picture.
#
# One would guess: SQPNP needs three points that are not in one line. What counts is how many pixels lie between them; where
# there is no solution, solvePnP returns False.
# What happens: it asserts that the points' variance in focal lengths is at least 1e-5 (the pixels are divided by the focal
# length first) and raises. A face 16 m away whose outer eye corners are 32 pixels apart, through a lens of 6,000 pixels, is
# refused, without any noise; ITERATIVE and EPNP give the exact pose from the same numbers.
# Whom it hurts: head pose in sport, on stages and from cameras under the ceiling. Code that looks at the returned flag never
# sees it, and one distant face ends a batch. It depends on nothing that a threshold on a face's pixels would catch.
#
# Seen with opencv-python-headless 5.0.0.93, numpy 2.4.6:
#   8 m: SQPNP yaw 17.2; 16 m, 32 pixels: SQPNP error, ITERATIVE yaw 17.2, EPNP yaw 17.2
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check opencv-python-headless==5.0.0.93 numpy==2.4.6
"$folder/venv/bin/python" - <<'PYTHON'
import cv2
import numpy as np

# A face of round numbers in centimetres, x right, y down, z away from the camera: eye corners, nose, corners of the mouth.
FACE = np.array(
    [(-4.5, -2.5, -3), (-1.8, -2.3, -3.6), (1.8, -2.3, -3.6), (4.5, -2.5, -3), (0, -1.8, -5.5), (0, 1.5, -7.5)]
    + [(0, 3.3, -5.5), (-2.5, 5, -4.8), (2.5, 5, -4.8)]
)
LENS = np.diag([6000.0, 6000.0, 1.0])
TURN = cv2.Rodrigues(np.array([0.0, 0.3, 0.0]))[0]


def seen(metres: float) -> np.ndarray:
    """Its points in pixels, without noise, where it is turned by 17.2 degrees."""
    places = FACE @ TURN.T + (0, 0, 100 * metres)
    return places[:, :2] / places[:, 2:] * 6000


def yaw(points: np.ndarray, method: str) -> str:
    try:
        solved, turn, _ = cv2.solvePnP(FACE, points, LENS, None, flags=getattr(cv2, f"SOLVEPNP_{method}"))
    except cv2.error:
        return f"{method} error"
    return f"{method} yaw {np.degrees(turn[1, 0]):.1f}" if solved else f"{method} False"


far = seen(16)
width = np.linalg.norm(far[3] - far[0])
others = ", ".join(yaw(far, method) for method in ("SQPNP", "ITERATIVE", "EPNP"))
found = f"8 m: {yaw(seen(8), 'SQPNP')}; 16 m, {width:.0f} pixels: {others}"
print(found)
expected = "8 m: SQPNP yaw 17.2; 16 m, 32 pixels: SQPNP error, ITERATIVE yaw 17.2, EPNP yaw 17.2"
assert found == expected, f"changed: expected {expected}"
PYTHON
