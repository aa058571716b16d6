"""Which way a face looks: yaw, pitch and roll from its points in the picture.

A rigid face is turned and moved until its points, seen through a camera, lie on those of the picture (perspective-n-
point, by SQPNP: Terzakis and Lourakis, A Consistently Fast and Globally Optimal Solution to the Perspective-n-Point
Problem, 2020). docs/backends.md says how steady the angles are, and how they differ from those of other programs.
"""

from collections.abc import Iterable, Sequence

import cv2
import numpy as np
from numpy.typing import NDArray
from scipy.spatial.transform import Rotation

# Vertices of MediaPipe's canonical face (canonical_face_model.obj of its module face_geometry, Apache-2.0) by their
# numbers, in cm: x to the picture's right, y up, z towards the camera.
_VERTICES = {
    1: (0.0, -1.126865, 7.475604),
    2: (0.0, -2.089024, 6.058267),
    4: (0.0, -0.463170, 7.586580),
    5: (0.0, 0.365669, 7.242870),
    6: (0.0, 2.473255, 5.788627),
    33: (-4.445859, 2.663991, 3.173422),
    61: (-2.456206, -4.342621, 4.283884),
    97: (-0.597442, -2.013686, 5.866456),
    98: (-1.405627, -1.714196, 5.241087),
    133: (-1.856432, 2.585245, 3.757904),
    144: (-3.670075, 2.360153, 3.635230),
    153: (-2.724032, 2.315802, 3.777151),
    158: (-2.724032, 2.961810, 3.871767),
    160: (-3.670075, 2.927714, 3.724325),
    168: (0.0, 3.271027, 5.236015),
    197: (0.0, 1.728369, 6.316750),
    263: (4.445859, 2.663991, 3.173422),
    291: (2.456206, -4.342621, 4.283884),
    326: (0.597442, -2.013686, 5.866456),
    327: (1.405627, -1.714196, 5.241087),
    362: (1.856432, 2.585245, 3.757904),
    373: (3.670075, 2.360153, 3.635230),
    380: (2.724032, 2.315802, 3.777151),
    385: (2.724032, 2.961810, 3.871767),
    387: (3.670075, 2.927714, 3.724325),
}
# The vertices whose middle is a landmark: bridge, tip and base of the nose, corners of the eyes. Mouth and chin are left
# out: expressions move them.
_OF_LANDMARK = {
    27: (6, 168),
    28: (197,),
    29: (5,),
    30: (1, 4),
    31: (98,),
    32: (97,),
    33: (2,),
    34: (326,),
    35: (327,),
    36: (33,),
    39: (133,),
    42: (362,),
    45: (263,),
}
_OF_ANCHOR = ((33, 133, 144, 153, 158, 160), (263, 362, 373, 380, 385, 387), (1, 4), (61,), (291,))
# A smile draws the corners of the mouth apart and up, as a nod would: eyes and nose count three times as much.
_WEIGHTED = [0, 1, 2] * 3 + [3, 4]
# The focal length in longer sides of the picture: OpenFace's 500 pixels for 640, an ordinary webcam.
_FOCAL = 500 / 640
# Smaller faces, by the deviation of their points in focal lengths, are taken for as near as this one (about five metres away):
# SQPNP refuses points that lie closer together than 0.003, and from there on a face looks the same at any distance.
_FAR = 0.005


def head_poses(
    landmarks: NDArray[np.floating] | None, anchors: NDArray[np.floating], size: tuple[int, int]
) -> NDArray[np.float64]:
    """Yaw, pitch and roll of faces, shape (faces, 3), in degrees; NaN where there is no face, or its points
    all lie in one place.

    Yaw is positive where a face looks to the picture's right, pitch where it looks up, roll where it leans clockwise.
    An upright face that looks into the camera has (0, 0, 0), wherever in the picture it is: angles are those to the
    line of sight. From there, a face is turned by yaw about its axis from chin to crown, then tipped back by pitch, then
    rolled in the picture. So roll is where that axis points in the picture, -180 to 180; pitch is within -90 and 90,
    and so is yaw where the face can be seen.

    Args:
        landmarks: in the order of 300-W, shape (faces, 68, 2), in pixels of the picture, NaN for a face that has none;
            None where no face has any.
        anchors: middle of each eye, tip of the nose, corners of the mouth, first the one at the left of the picture
            where the face is upright; shape (faces, 5, 2), NaN where there is no face. Used for faces without landmarks.
        size: of the picture: width and height in pixels.

    Raises:
        ValueError: the shapes do not belong together.
    """
    shapes = [anchors.shape, (len(anchors), 68, 2) if landmarks is None else landmarks.shape]
    if shapes != [(len(anchors), 5, 2), (len(anchors), 68, 2)]:
        raise ValueError(f"anchors and landmarks have the shapes {shapes}, expected (n, 5, 2) and (n, 68, 2)")
    poses = np.full((len(anchors), 3), np.nan)
    _fill(poses, _face(_OF_ANCHOR)[_WEIGHTED], anchors[:, _WEIGHTED], size)
    if landmarks is not None:
        _fill(poses, _face(_OF_LANDMARK.values()), landmarks[:, list(_OF_LANDMARK)], size)
    return poses


def _face(parts: Iterable[Sequence[int]]) -> NDArray[np.float64]:
    """The middles of vertices, about their own middle, in the axes of a camera: x right, y down, z away from it."""
    points = np.array([np.mean([_VERTICES[vertex] for vertex in part], axis=0) for part in parts]) * (1, -1, -1)
    return points - points.mean(0)


def _fill(
    poses: NDArray[np.float64], face: NDArray[np.float64], points: NDArray[np.floating], size: tuple[int, int]
) -> None:
    """Set the poses of those faces whose points, shape (faces, points, 2), are all there."""
    seen = np.isfinite(points).all((1, 2)) & np.ptp(points, axis=1).any(1)
    if seen.any():
        from_middle = (points[seen].astype(np.float64) - np.array(size) / 2) / (_FOCAL * max(size))
        # scipy's angles are right-handed about x, y and z: to the left, down, clockwise.
        roll, down, left = _rotations(face, from_middle).as_euler("ZXY", degrees=True).T
        poses[seen] = np.column_stack([-left, -down, roll])


def _rotations(face: NDArray[np.float64], points: NDArray[np.float64]) -> Rotation:
    """How each face is turned, against the line of sight to it; `points` in focal lengths from the picture's middle."""
    rays = np.concatenate([points, np.ones((*points.shape[:2], 1))], axis=2)
    to_face = _to_axis(rays.mean(1))
    seen = np.einsum("fij,fpj->fpi", to_face.as_matrix(), rays)
    flat = seen[..., :2] / seen[..., 2:]
    flat *= np.maximum(1, _FAR / flat.std((1, 2)))[:, None, None]
    turns, places = np.zeros((2, len(points), 3))
    for turn, place, its in zip(turns, places, flat, strict=True):
        _, rotation, translation = cv2.solvePnP(face, its, np.eye(3), None, flags=cv2.SOLVEPNP_SQPNP)
        turn[:], place[:] = rotation[:, 0], translation[:, 0]
    from_camera = to_face.inv()
    return _to_axis(from_camera.apply(places)) * from_camera * Rotation.from_rotvec(turns)


def _to_axis(rays: NDArray[np.float64]) -> Rotation:
    """The shortest turn of each ray, shape (rays, 3), to the z axis."""
    x, y, z = rays.T
    aside = np.hypot(x, y)
    angle = np.arctan2(aside, z) / np.maximum(aside, np.finfo(float).tiny)
    return Rotation.from_rotvec(np.column_stack([y * angle, -x * angle, np.zeros(len(rays))]))
