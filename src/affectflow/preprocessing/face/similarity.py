"""The similarity, and the affine transform, that best map points to points."""

import numpy as np
from numpy.typing import NDArray


def similarity(source: NDArray[np.floating], target: NDArray[np.floating]) -> NDArray[np.float64]:
    """Rotation, one scale and shift that map `source` to `target` with the least squared error; never a mirror.

    Umeyama, Least-squares estimation of transformation parameters between two point patterns, IEEE TPAMI 13(4),
    1991, equations 40 to 43.

    Args:
        source, target: shape (points, 2), at least two points that are not all the same.

    Returns:
        Shape (2, 3): `target ~ source @ M[:, :2].T + M[:, 2]`.

    Raises:
        ValueError: all source points are the same.
    """
    source, target = np.asarray(source, np.float64), np.asarray(target, np.float64)
    from_centre, to_centre = source.mean(0), target.mean(0)
    centred = source - from_centre
    variance = (centred**2).sum() / len(source)
    if variance == 0:
        raise ValueError("all source points are the same")
    u, singular, v = np.linalg.svd((target - to_centre).T @ centred / len(source))
    signs = np.array([1.0, np.sign(np.linalg.det(u) * np.linalg.det(v))])
    rotation = (u * signs) @ v
    scale = (singular * signs).sum() / variance
    return np.column_stack([scale * rotation, to_centre - scale * rotation @ from_centre])


def affinity(source: NDArray[np.floating], target: NDArray[np.floating]) -> NDArray[np.float64]:
    """The affine transform that maps `source` to `target` with the least squared error, as `similarity`.

    Args:
        source, target: shape (points, 2), at least three points that lie on no line.

    Raises:
        ValueError: all source points lie on a line.
    """
    system = np.column_stack([np.asarray(source, np.float64), np.ones(len(source))])
    solution, _, rank, _ = np.linalg.lstsq(system, np.asarray(target, np.float64))
    if rank < 3:
        raise ValueError("all source points lie on a line")
    matrix: NDArray[np.float64] = solution.T
    return matrix
