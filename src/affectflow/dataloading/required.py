"""That files which a branch reads are there, before any is opened."""

from collections.abc import Iterable
from pathlib import Path

from affectflow.artifacts.layout import artifact_file
from affectflow.config.system.branch import Branch
from affectflow.core.errors import InputError
from affectflow.dataloading.index import SplitIndex
from affectflow.dataloading.needs import artifacts_of


def require_artifacts(index: SplitIndex, work: Path, branch: Branch) -> None:
    """Raise InputError, naming them, if artifacts that the branch's streams need are missing for the split."""
    needed = {
        work / artifact_file(artifact, subject.shard) for subject in index.subjects for artifact in artifacts_of(branch)
    }
    require_files(needed, branch, index.split)


def require_files(needed: Iterable[Path], branch: Branch, split: str) -> None:
    """The same for any files."""
    missing = sorted(str(path) for path in needed if not path.exists())
    if missing:
        listed = ", ".join(missing[:5]) + (f" and {len(missing) - 5} more" if len(missing) > 5 else "")
        raise InputError(
            f"{listed}: no such file, needed by the streams {', '.join(branch.streams)} of split "
            f"{split!r}; run the rules that make them first"
        )
