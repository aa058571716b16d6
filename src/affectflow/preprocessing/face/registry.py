"""Which face detectors and embedders there are. Free of heavy imports: the workflow asks it whose code jobs need."""

from affectflow.config.data.backends import DETECTORS, EMBEDDERS


def detector_module(name: str) -> str:
    """The module that holds a detector, so that a code fingerprint includes the chosen one and no other."""
    return DETECTORS[name].partition(":")[0]


def embedder_modules(name: str) -> list[str]:
    """The module that holds an embedder; none for `none`."""
    return [EMBEDDERS[name].partition(":")[0]] if name in EMBEDDERS else []
