"""Which face detectors and embedders there are. Free of heavy imports: the workflow asks it whose code jobs need."""

from affectflow.config.data.backends import DETECTORS, EMBEDDERS


def face_modules(detector: str, embedder: str = "none") -> list[str]:
    """The modules that hold a detector and an embedder (or `none`), so that a code fingerprint includes the chosen ones
    and no others."""
    chosen = [DETECTORS[detector], *([EMBEDDERS[embedder]] if embedder in EMBEDDERS else [])]
    return [path.partition(":")[0] for path in chosen]
