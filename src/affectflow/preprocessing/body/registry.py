"""Which pose backends there are. Free of heavy imports: the workflow asks it whose code a job depends on."""

from affectflow.config.data.backends import BACKENDS


def backend_module(name: str) -> str:
    """The module that holds a backend, so that a code fingerprint includes the chosen one and no other."""
    return BACKENDS[name].partition(":")[0]
