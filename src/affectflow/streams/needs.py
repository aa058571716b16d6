"""Which artifacts each stream is read from. Free of heavy imports: the workflow asks it for a job's inputs."""

from collections.abc import Iterable

STREAM_ARTIFACTS: dict[str, tuple[str, ...]] = {
    "face": ("faces",),
    "body": ("frames", "body"),
    "context": ("frames", "body"),
    "mel": ("mel", "frames"),
}

_SUFFIXES = {"frames": "arrow", "faces": "arrow", "body": "parquet", "mel": "arrow"}


def artifacts_of(streams: Iterable[str]) -> tuple[str, ...]:
    """Names of the artifacts that `streams` are read from, each once, in alphabetical order."""
    return tuple(sorted({artifact for stream in streams for artifact in STREAM_ARTIFACTS[stream]}))


def artifact_file(artifact: str, shard: str) -> str:
    """Path of a shard's artifact below `work/<corpus>/`."""
    return f"{artifact}/{shard}.{_SUFFIXES[artifact]}"
