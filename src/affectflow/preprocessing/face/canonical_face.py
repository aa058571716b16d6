"""The points of a face in space that a face in a picture is compared with: MediaPipe's canonical face.

The coordinates are those of 25 of the 468 vertices of `canonical_face_model.obj` in MediaPipe's module face_geometry
(Apache-2.0), in cm. It is an average face: a longer nose looks like a head that is tipped back (docs/backends.md).
"""

import numpy as np
from numpy.typing import NDArray

# By the number of the vertex: x to the picture's right, y up, z towards the camera.
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
# The vertices whose middle is a landmark: bridge, tip and base of the nose, corners of the eyes. On recordings, 27 and
# 30 lie halfway between two vertices. Mouth and chin are left out: expressions move them.
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


def _middle(vertices: tuple[int, ...]) -> NDArray[np.float64]:
    """In the axes of a camera: x to the right, y down, z away from it."""
    return np.mean([_VERTICES[vertex] for vertex in vertices], axis=0) * (1, -1, -1)


RIGID = list(_OF_LANDMARK)
"""Those of the 68 landmarks of 300-W that expressions hardly move."""

LANDMARKS = np.array([_middle(vertices) for vertices in _OF_LANDMARK.values()])
"""Where they are in an upright face that looks into the camera, shape (13, 3): x right, y down, z away from it; cm."""

ANCHORS = np.array([_middle(vertices) for vertices in _OF_ANCHOR])
"""Where the five anchors are: middle of each eye, tip of the nose, corners of the mouth, the picture's left first;
shape (5, 3)."""
