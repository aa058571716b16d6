"""Which face detectors there are. Free of heavy imports: the workflow asks it whose code a job depends on."""

from affectflow.config.data.backends import DETECTORS


def detector_module(name: str) -> str:
    """The module that holds a detector, so that a code fingerprint includes the chosen one and no other."""
    return DETECTORS[name].partition(":")[0]
