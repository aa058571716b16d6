"""Which artifacts a branch's streams are read from. Free of heavy imports: the workflow asks it for a job's inputs."""

from collections.abc import Callable, Iterable, Mapping

from affectflow.artifacts.layout import feature_set, resized
from affectflow.config.model.networks import Stream
from affectflow.config.system.branch import Branch


def artifacts_of(branch: Branch) -> tuple[str, ...]:
    """Names of the artifacts that a branch is read from, each once, in alphabetical order."""
    needed = {"frames"} if branch.sequence.step else set()  # of frames their times
    return tuple(sorted(needed.union(*(_ARTIFACTS[stream](branch) for stream in branch.streams))))


def resized_sizes(branches: Iterable[Branch]) -> list[int]:
    """The sizes in which branches read whole frames, smallest first."""
    return sorted({b.picture.size for b in branches if resized(b.picture.size) in artifacts_of(b)})


def _of_body(branch: Branch) -> set[str]:
    return {"frames", "body"} if branch.picture.body == "crop" else {resized(branch.picture.size)}


def _of_features(branch: Branch) -> set[str]:
    # Those that other branches have learnt are files of their own: `affectflow.artifacts.layout.feature_files`.
    return {feature_set(name) for name in (branch.features.sets if branch.features else ())}


_ARTIFACTS: Mapping[Stream, Callable[[Branch], set[str]]] = {
    "face": lambda _: {"faces"},
    "landmarks": lambda _: {"faces"},
    "body": _of_body,
    "context": lambda branch: {resized(branch.picture.size), "body"},
    "mel": lambda _: {"mel", "frames"},
    "features": _of_features,
    "sound_features": _of_features,
    "face_features": _of_features,
}
"""What each stream is read from, by its name; how it is read: `affectflow.dataloading.streams`."""
