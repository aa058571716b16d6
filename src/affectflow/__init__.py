"""affectflow: in-the-wild video to scores of affect that anyone can rerun and audit."""

__version__ = "0.1.0"
