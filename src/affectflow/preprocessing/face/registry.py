"""Which face detectors there are. Free of heavy imports: the workflow asks it whose code a job depends on."""

DETECTORS = {
    "centerface": "affectflow.preprocessing.face.centerface:CenterFace",
    "mediapipe": "affectflow.preprocessing.face.mediapipe_full:MediaPipeFull",
    "dlib-hog": "affectflow.preprocessing.face.dlib_hog:DlibHog",
}
"""`module:class` by the name of `faces.detector`; a module is imported only when its detector is chosen."""


def detector_module(name: str) -> str:
    """The module that holds a detector, so that a code fingerprint includes the chosen one and no other."""
    return DETECTORS[name].partition(":")[0]
