"""Which pose backends there are. Free of heavy imports: the workflow asks it whose code a job depends on."""

BACKENDS = {
    "blazepose": "affectflow.preprocessing.body.blazepose:BlazePose",
    "openpose": "affectflow.preprocessing.body.openpose:OpenPose",
    "openpose-json": "affectflow.preprocessing.body.openpose_json:OpenPoseJson",
}
"""`module:class` by the name of `body.backend`; a module is imported only when its backend is chosen."""


def backend_module(name: str) -> str:
    """The module that holds a backend, so that a code fingerprint includes the chosen one and no other."""
    return BACKENDS[name].partition(":")[0]
