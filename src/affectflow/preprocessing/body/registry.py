"""Which pose backends there are. Free of heavy imports: the workflow asks it what a job depends on."""

from pathlib import Path

from affectflow.config.data.backends import BACKENDS
from affectflow.config.data.preprocessing import Body
from affectflow.core.errors import InputError


def backend_module(name: str) -> str:
    """The module that holds a backend, so that a code fingerprint includes the chosen one and no other."""
    return BACKENDS[name].partition(":")[0]


def weights_file(settings: Body) -> Path | None:
    """The user's file of weights that the chosen backend reads; None where it reads none.

    Raises:
        InputError: it is not there.
    """
    if settings.backend != "openpose-caffe":
        return None
    path = Path(str(settings.openpose_weights))
    if not path.is_file():
        raise InputError(
            f"{path}: no such file, given as body.openpose_weights; expected OpenPose's pose_iter_584000.caffemodel "
            "(docs/backends.md)"
        )
    return path
