"""Which face detectors, embedders of faces and pose backends there are: a new one is a module and a line here.

Each is `module:class` by the name that settings give; a module is imported only when its backend is chosen.
"""

from typing import TYPE_CHECKING, Literal

DETECTORS = {
    "centerface": "affectflow.preprocessing.face.centerface:CenterFace",
    "blazeface": "affectflow.preprocessing.face.blazeface:BlazeFace",
    "dlib-hog": "affectflow.preprocessing.face.dlib_hog:DlibHog",
}
"""By the name of `faces.detector`."""

EMBEDDERS = {
    "dlib-resnet": "affectflow.preprocessing.face.dlib_resnet:DlibResnet",
}
"""By the name of `faces.identity.embedder`, beside `none`."""

BACKENDS = {
    "blazepose": "affectflow.preprocessing.body.blazepose:BlazePose",
    "openpose": "affectflow.preprocessing.body.openpose:OpenPose",
    "openpose-caffe": "affectflow.preprocessing.body.openpose_caffe.backend:OpenPoseCaffe",
    "openpose-json": "affectflow.preprocessing.body.openpose_json:OpenPoseJson",
}
"""By the name of `body.backend`."""

NETWORKS = frozenset({"openpose-caffe"})
"""Pose backends whose jobs get a GPU, and the threads of `device`, as those of other networks do."""

if TYPE_CHECKING:
    DetectorName = str
    EmbedderName = str
    BackendName = str
else:
    # So that settings know the names, and say which there are.
    DetectorName = Literal[tuple(DETECTORS)]
    EmbedderName = Literal[(*EMBEDDERS, "none")]
    BackendName = Literal[tuple(BACKENDS)]
