"""Which way a face looks: yaw, pitch and roll from its points in the picture.

A rigid face is turned and moved until its points, seen through a camera, lie on those of the picture (perspective-n-
point, by SQPNP: Terzakis and Lourakis, A Consistently Fast and Globally Optimal Solution to the Perspective-n-Point
Problem, 2020). docs/backends.md says how steady the angles are, and how they differ from those of other programs.
"""

import cv2
import numpy as np
from numpy.typing import NDArray

from affectflow.preprocessing.face.canonical_face import ANCHORS, LANDMARKS, RIGID

# A smile draws the corners of the mouth apart and up, as a nod would: eyes and nose count three times as much.
_WEIGHTED = [0, 1, 2] * 3 + [3, 4]
# The focal length in longer sides of the picture: OpenFace's 500 pixels for 640, an ordinary webcam.
_FOCAL = 500 / 640
# A face whose points deviate by less, in focal lengths, is more than five metres away and solved as if it were so near:
# SQPNP refuses points that lie closer together than 0.003, and from there on perspective does not matter.
_FAR = 0.005


def head_poses(
    landmarks: NDArray[np.floating] | None, anchors: NDArray[np.floating], size: tuple[int, int]
) -> NDArray[np.float64]:
    """Yaw, pitch and roll of faces in degrees, shape (faces, 3).

    NaN where there is no face, or points that no face can have, such as all in one place.

    Yaw is positive where a face looks to the picture's right, pitch where it looks up, roll where it leans clockwise.
    An upright face that looks into the camera has (0, 0, 0), wherever in the picture it is: angles are those to the
    line of sight. From there, a face is turned by yaw about its axis from chin to crown, then tipped back by pitch,
    then rolled in the picture. So roll is where that axis points in the picture, -180 to 180; pitch is within -90 and
    90, and so is yaw where the face can be seen.

    Args:
        landmarks: in the order of 300-W, shape (faces, 68, 2), in pixels of the picture, NaN for a face that has none;
            None where no face has any.
        anchors: middle of each eye, tip of the nose, corners of the mouth, first the one at the left of the picture
            where the face is upright; shape (faces, 5, 2), NaN where there is no face. Used where landmarks say
            nothing.
        size: of the picture: width and height in pixels.

    Raises:
        ValueError: the shapes do not belong together.
    """
    shapes = [anchors.shape, (len(anchors), 68, 2) if landmarks is None else landmarks.shape]
    if shapes != [(len(anchors), 5, 2), (len(anchors), 68, 2)]:
        raise ValueError(f"anchors and landmarks have the shapes {shapes}, expected (n, 5, 2) and (n, 68, 2)")
    poses = np.full((len(anchors), 3), np.nan)
    if landmarks is not None:
        _fill(poses, LANDMARKS, landmarks[:, RIGID], size)
    _fill(poses, ANCHORS[_WEIGHTED], anchors[:, _WEIGHTED], size)
    return poses


def _fill(
    poses: NDArray[np.float64], face: NDArray[np.float64], points: NDArray[np.floating], size: tuple[int, int]
) -> None:
    """Set those poses that are not known yet and whose points, shape (faces, points, 2), are all there."""
    wanted = np.isnan(poses).all(1) & np.isfinite(points).all((1, 2))
    seen = np.flatnonzero(wanted & np.ptp(points, axis=1).any(1))
    from_middle = (points[seen].astype(np.float64) - np.array(size) / 2) / (_FOCAL * max(size))
    rays = np.concatenate([from_middle, np.ones((*from_middle.shape[:2], 1))], axis=2)
    to_face = _to_axis(rays.mean(1))
    turns, places = _solve(face - face.mean(0), rays @ to_face.mT)
    solved = np.isfinite(turns).all(1)
    from_camera = to_face[solved].mT
    in_camera = np.einsum("fij,fj->fi", from_camera, places[solved])
    poses[seen[solved]] = _angles(_to_axis(in_camera) @ from_camera @ _rotation(turns[solved]))


def _solve(face: NDArray[np.float64], rays: NDArray[np.float64]) -> NDArray[np.float64]:
    """How faces are turned and where they are, from rays about the z axis: (2, faces, 3), NaN where nothing fits."""
    flat = rays[..., :2] / rays[..., 2:]
    flat *= np.maximum(1, _FAR / flat.std((1, 2)))[:, None, None]
    poses = np.full((2, len(rays), 3), np.nan)
    for number, points in enumerate(flat):
        found, turn, place = cv2.solvePnP(face, points, np.eye(3), None, flags=cv2.SOLVEPNP_SQPNP)
        if found:
            poses[:, number] = turn[:, 0], place[:, 0]
    return poses


def _to_axis(rays: NDArray[np.float64]) -> NDArray[np.float64]:
    """The shortest turn of each ray, shape (rays, 3), to the z axis, as matrices (rays, 3, 3)."""
    x, y, z = rays.T
    aside = np.hypot(x, y)
    angle = np.arctan2(aside, z) / np.maximum(aside, np.finfo(float).tiny)
    return _rotation(np.column_stack([y * angle, -x * angle, np.zeros(len(rays))]))


def _rotation(turns: NDArray[np.float64]) -> NDArray[np.float64]:
    """Matrices (turns, 3, 3) of turns, shape (turns, 3), whose direction is the axis and whose length the angle in
    radians (Rodrigues)."""
    angle = np.linalg.norm(turns, axis=1)[:, None, None]
    x, y, z = (turns / np.maximum(angle[:, 0], np.finfo(float).tiny)).T
    zero = np.zeros_like(x)
    across = np.array([[zero, -z, y], [z, zero, -x], [-y, x, zero]]).transpose(2, 0, 1)
    return np.eye(3) + np.sin(angle) * across + (1 - np.cos(angle)) * across @ across


def _angles(matrices: NDArray[np.float64]) -> NDArray[np.float64]:
    """Yaw, pitch and roll in degrees, shape (faces, 3), of how faces are turned: about their own axis, then back, then
    in the picture. Right-handed angles about y, x and z would count left, down and clockwise."""
    left = np.arctan2(-matrices[:, 2, 0], matrices[:, 2, 2])
    down = np.arcsin(matrices[:, 2, 1].clip(-1, 1))
    clockwise = np.arctan2(-matrices[:, 0, 1], matrices[:, 1, 1])
    return np.degrees(np.column_stack([-left, -down, clockwise]))
