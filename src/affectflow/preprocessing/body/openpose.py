"""OpenPose through its Python module: the joints of Antoniadis et al. Written to the public API, not run against it."""

from collections.abc import Sequence
from types import ModuleType

import numpy as np

from affectflow.config.data.preprocessing import Body
from affectflow.core.errors import InputError
from affectflow.preprocessing.body.backend import Frame, Hint, Joints


class OpenPose:
    """All people of a frame, from BODY_25; `body.openpose_models` is OpenPose's folder `models/`.

    Raises:
        InputError: the module pyopenpose is not installed, or finds no people of 25 joints.
    """

    def __init__(self, settings: Body) -> None:
        self._module = _pyopenpose()
        self._wrapper = self._module.WrapperPython()
        self._wrapper.configure({"model_folder": settings.openpose_models, "model_pose": "BODY_25"})
        self._wrapper.start()

    def people(self, frame: Frame, hints: Sequence[Hint]) -> list[Joints]:
        datum = self._module.Datum()
        datum.cvInputData = frame.picture
        # A list in releases up to 1.6, a VectorDatum from 1.7 on.
        batch = getattr(self._module, "VectorDatum", list)([datum])
        self._wrapper.emplaceAndPop(batch)
        keypoints = datum.poseKeypoints
        # Nobody is None or an array without people, depending on the release.
        if keypoints is None or np.size(keypoints) == 0:
            keypoints = np.zeros((0, 25, 3))
        joints = np.asarray(keypoints, np.float32)
        if joints.ndim != 3 or joints.shape[1:] != (25, 3):
            raise InputError(
                f"pyopenpose gave joints of shape {joints.shape}, expected (people, 25, 3): its build lacks BODY_25"
            )
        return [joints] * len(hints)


def _pyopenpose() -> ModuleType:
    """The module, which lies in the package `openpose` or alone, by how OpenPose was built."""
    try:
        from openpose import pyopenpose
    except ImportError:
        try:
            import pyopenpose
        except ImportError as error:
            raise InputError(
                f"body.backend is openpose, but pyopenpose cannot be imported ({error}): build OpenPose with "
                "BUILD_PYTHON and put its python folder on PYTHONPATH, run its program and set backend: openpose-json, "
                "or set backend: blazepose (docs/backends.md)"
            ) from error
    module: ModuleType = pyopenpose
    return module
