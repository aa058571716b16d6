"""How much a face tells of who it is."""

from affectflow.preprocessing.face.detect import Detection

# A face has a say where its box has this side (root of the area, pixels) and score, and where the nose lies at most
# this share of the eye distance off the middle of the eyes: smaller, doubtful and turned faces look like each other.
_LEAST_SIDE, _LEAST_SCORE, _MOST_TURNED = 24.0, 0.6, 0.4


def quality(face: Detection) -> float:
    """0 where a face has no say, else the more the larger, surer and more frontal it is."""
    side = face.size
    turned = 0.0
    if face.points is not None:
        right_eye, left_eye, nose = face.points[:3].astype("float64")
        along = left_eye - right_eye
        turned = abs(float((nose - (right_eye + left_eye) / 2) @ along)) / max(float(along @ along), 1e-9)
    if side < _LEAST_SIDE or face.score < _LEAST_SCORE or turned > _MOST_TURNED:
        return 0.0
    return float(side * face.score * (1 - turned))
