"""Who is who across the cuts of a video: tracks joined to people by what their faces look like."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from affectflow.preprocessing.face.detect import Detection
from affectflow.preprocessing.face.embedding import Embedder
from affectflow.preprocessing.face.quality import quality
from affectflow.preprocessing.face.tracks import Person, Track, closeness, people
from affectflow.preprocessing.media.pictures import Picture

# Vectors of a group: one, and one more for every so many of its good faces, up to a most.
_FACES_A_VECTOR, _MOST_VECTORS = 10, 5
# Joins, and refusals, within this distance of the limit are doubtful.
_DOUBTFUL = 0.05
# Colours of two faces are those of two people where both are this far from grey (CIE a*, b*) and their hues differ by
# more than the angle with this cosine (60 degrees): networks hardly look at colours, and no skin is green.
_COLOURFUL, _SAME_HUE = 10.0, 0.5


@dataclass(frozen=True)
class Looks:
    """What a group of tracks looks like: vectors (n, dimensions), mean colour (2,) as a* and b*."""

    vectors: NDArray[np.float64]
    colour: NDArray[np.float64]


@dataclass(frozen=True)
class Recognised:
    """The people of a video, in the order in which they appear; how many vectors were computed, how many joins or
    refusals were doubtful."""

    people: list[Person]
    vectors: int = 0
    doubtful: int = 0


def recognise(
    tracks: Sequence[Track],
    min_overlap: float,
    embedder: Embedder,
    max_distance: float,
    picture: Callable[[int], Picture],
) -> Recognised:
    """Join tracks to people: within a shot by place and size (`people`), across cuts by looks.

    Groups of tracks are joined while the mean distance between the vectors of two (average linkage) is at most
    `max_distance`, the nearest first; never two that have a face in the same frame or faces of different hues. What has
    no good face goes on with whoever has a face at its place before or after the cut, as without an embedder. Where no
    two groups could be one person, nothing is embedded.

    Args:
        tracks: of one video.
        min_overlap: as for `people`.
        embedder: of faces.
        max_distance: between two vectors of one person.
        picture: a frame of the video by its number.
    """
    by_shot: dict[int, list[Track]] = {}
    for track in tracks:
        by_shot.setdefault(track.shot, []).append(track)
    groups = [group for shot in by_shot.values() for group in people(shot, min_overlap)]
    apart = ~np.eye(len(groups), dtype=bool)
    frames = [group.faces.keys() for group in groups]
    apart &= np.array([[not a.isdisjoint(b) for b in frames] for a in frames], bool).reshape(apart.shape)
    if np.count_nonzero(~apart) == len(groups):
        return Recognised(groups)
    looks = [_looks(group, embedder, picture, max_distance) for group in groups]
    known = [n for n, look in enumerate(looks) if look is not None]
    seen = [look for look in looks if look is not None]
    distances = np.array([[_distance(a, b) for b in seen] for a in seen]).reshape(len(seen), len(seen))
    conflicts = apart[np.ix_(known, known)] | np.array(
        [[_other_hue(a.colour, b.colour) for b in seen] for a in seen], bool
    ).reshape(distances.shape)
    weights = np.array([len(look.vectors) for look in seen])
    joined, doubtful = agglomerate(distances, weights, conflicts, max_distance)
    persons = [Person(_in_order([t for n in cluster for t in groups[known[n]].tracks])) for cluster in joined]
    for n in sorted(set(range(len(groups))) - set(known), key=lambda n: groups[n].tracks[0].first):
        _join_by_place(persons, groups[n], min_overlap)
    persons.sort(key=lambda person: person.tracks[0].first)
    return Recognised(persons, int(weights.sum()), doubtful)


def agglomerate(
    distances: NDArray[np.float64], weights: NDArray[np.integer], conflicts: NDArray[np.bool_], limit: float
) -> tuple[list[list[int]], int]:
    """Clusters by average linkage (the two nearest are joined, while they are at most `limit` apart), none of which
    holds two in conflict; and how many joins or refusals came within .05 of the limit.

    Args:
        distances: mean distances between the members of any two items, shape (n, n).
        weights: number of members of each item, shape (n,).
        conflicts: which two items must not be together, shape (n, n).
        limit: largest distance of a join.
    """
    between, weight = np.array(distances, np.float64), np.array(weights, np.float64)
    between[np.asarray(conflicts) | np.eye(len(between), dtype=bool)] = np.inf
    clusters: dict[int, list[int]] = {n: [n] for n in range(len(between))}
    doubtful = 0
    while between.size and between.min() <= limit:
        a, b = sorted(int(n) for n in divmod(int(between.argmin()), len(between)))
        doubtful += bool(between[a, b] > limit - _DOUBTFUL)
        # The mean over all pairs of members; a conflict of one is a conflict of both.
        mean = (between[a] * weight[a] + between[b] * weight[b]) / (weight[a] + weight[b])
        between[a], between[:, a] = mean, mean
        between[a, a] = between[b] = between[:, b] = np.inf
        weight[a] += weight[b]
        clusters[a] += clusters.pop(b)
    doubtful += int(np.count_nonzero(np.triu(between < limit + _DOUBTFUL)))
    return [sorted(cluster) for cluster in clusters.values()], doubtful


def _looks(group: Person, embedder: Embedder, picture: Callable[[int], Picture], max_distance: float) -> Looks | None:
    """None where no face is good enough, or where its vectors contradict each other."""
    good = [(frame, face) for frame, face in sorted(group.faces.items()) if quality(face) > 0]
    if not good:
        return None
    spans = np.array_split(np.arange(len(good)), min(_MOST_VECTORS, 1 + len(good) // _FACES_A_VECTOR))
    best = [good[max(span, key=lambda n: quality(good[n][1]))] for span in spans]
    pictures = [(picture(frame), face) for frame, face in best]
    vectors = np.array([embedder.embed(bgr, face) for bgr, face in pictures], np.float64)
    looks = Looks(vectors, np.mean([_colour(bgr, face) for bgr, face in pictures], axis=0))
    pairs = max(1, len(vectors) * (len(vectors) - 1))
    return looks if _distance(looks, looks) * len(vectors) ** 2 / pairs <= max_distance else None


def _distance(a: Looks, b: Looks) -> float:
    return float(np.linalg.norm(a.vectors[:, None] - b.vectors[None], axis=2).mean())


def _colour(bgr: Picture, face: Detection) -> NDArray[np.float64]:
    """Mean a* and b* of the middle of the face."""
    size = (round((face.right - face.left) / 2), round((face.bottom - face.top) / 2))
    centre = ((face.left + face.right) / 2 - 0.5, (face.top + face.bottom) / 2 - 0.5)
    middle = cv2.cvtColor(cv2.getRectSubPix(bgr, size, centre), cv2.COLOR_BGR2LAB)
    return middle.reshape(-1, 3).mean(axis=0)[1:] - 128


def _other_hue(a: NDArray[np.float64], b: NDArray[np.float64]) -> bool:
    lengths = float(np.linalg.norm(a)), float(np.linalg.norm(b))
    return min(lengths) >= _COLOURFUL and float(a @ b) < _SAME_HUE * lengths[0] * lengths[1]


def _join_by_place(persons: list[Person], group: Person, min_overlap: float) -> None:
    """Add a group to the person with a face where it begins or ends, else as a new person."""
    frames = group.faces.keys()
    free = [person for person in persons if frames.isdisjoint(person.faces)]
    scores = [_place(person, group, min_overlap) for person in free]
    if scores and max(scores) > 0:
        person = free[int(np.argmax(scores))]
        person.tracks[:] = _in_order([*person.tracks, *group.tracks])
    else:
        persons.append(group)


def _place(person: Person, group: Person, min_overlap: float) -> float:
    before = [t for t in person.tracks if t.last < group.tracks[0].first]
    after = [t for t in person.tracks if t.first > group.tracks[-1].last]
    scores = [closeness(before[-1], group.tracks[0], min_overlap)] if before else []
    scores += [closeness(group.tracks[-1], after[0], min_overlap)] if after else []
    return max(scores, default=0.0)


def _in_order(tracks: list[Track]) -> list[Track]:
    return sorted(tracks, key=lambda track: track.first)
