"""Which artifacts a branch's streams are read from. Free of heavy imports: the workflow asks it for a job's inputs."""

from collections.abc import Iterable

from affectflow.artifacts.layout import feature_set, resized
from affectflow.config.model.networks import OF_FEATURES
from affectflow.config.system.branch import Branch


def artifacts_of(branch: Branch) -> tuple[str, ...]:
    """Names of the artifacts that a branch is read from, each once, in alphabetical order."""
    needed: set[str] = {"frames"} if branch.sequence.step else set()  # of frames their times
    for stream in branch.streams:
        if stream in ("face", "landmarks"):
            needed.add("faces")
        elif stream in OF_FEATURES:
            # Those that other branches have learnt are files of their own: `affectflow.artifacts.layout.feature_files`.
            needed |= {feature_set(name) for name in (branch.features.sets if branch.features else ())}
        elif stream == "mel":
            needed |= {"mel", "frames"}
        else:
            crop = stream == "body" and branch.picture.body == "crop"
            needed.add("frames" if crop else resized(branch.picture.size))
            if crop or stream == "context":
                needed.add("body")
    return tuple(sorted(needed))


def resized_sizes(branches: Iterable[Branch]) -> list[int]:
    """The sizes in which branches read whole frames, smallest first."""
    return sorted({b.picture.size for b in branches if resized(b.picture.size) in artifacts_of(b)})
