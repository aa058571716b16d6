"""Where the samples of a branch come from."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from affectflow.config.system.branch import Branch
from affectflow.config.system.senses import Sense
from affectflow.dataloading.index import SplitIndex
from affectflow.dataloading.recent import RecentPictures


@dataclass(frozen=True)
class Source:
    """A split as a branch reads it."""

    index: SplitIndex
    work: Path
    """Folder `work/<corpus>` of its artifacts."""
    branch: Branch
    """Streams, sequence length, picture and mel settings."""
    features: Mapping[str, Path] = field(default_factory=dict)
    """Folder of the features of each branch that `branch.features` names."""
    without: Sense | None = None
    """What is taken as found in no frame, whatever the artifacts hold."""
    recent: RecentPictures = field(default_factory=RecentPictures)
    """Decoded pictures that it shares with other branches; none when not given."""
