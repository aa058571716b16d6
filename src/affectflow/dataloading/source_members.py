"""Where the members of sources lie, and which of their files are read."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from affectflow.artifacts.layout import feature_files
from affectflow.config.system.branch import Branch
from affectflow.core.tasks import Tasks
from affectflow.core.tracks import TrackName
from affectflow.dataloading.index import Labelled, artifact_files, read_indices


@dataclass(frozen=True)
class FaceCorpus:
    """A video corpus whose faces are members of sources."""

    work: Path
    """Folder `work/<corpus>` of its artifacts."""
    sources: Mapping[TrackName, Labelled]
    """Manifest and labels by track; those of tracks that no source reads count for `cross_split_subjects` alone."""


@dataclass(frozen=True)
class Members:
    """Where the members of sources lie, by their names in the settings."""

    images: Mapping[str, Path] = field(default_factory=dict)
    """Folder `work/images/<images>` of each corpus of still pictures."""
    corpora: Mapping[str, FaceCorpus] = field(default_factory=dict)

    def files(self, split: str, tasks: Tasks, branch: Branch, features: Mapping[str, Path] | None = None) -> list[Path]:
        """What the sources of a branch read of a split, each file once; `features` are the folders of those that it
        reads in place of faces."""
        files: list[Path] = []
        for training_source in branch.sources.values():
            images, corpora = training_source.members(split)
            files += [self.images[name] / f"{split}.arrow" for name in images]
            for name in corpora:
                corpus, part = self.corpora[name], tasks.part(training_source.learnt(split))
                bare = {track: Labelled(labelled.manifest, None) for track, labelled in corpus.sources.items()}
                index = read_indices(
                    [bare[track.name] for track in part.tracks],
                    split,
                    part,
                    branch.cross_split_subjects,
                    beside=[labelled.manifest for labelled in bare.values()],
                )
                files += [] if features else artifact_files(index, ["faces"], corpus.work)
                files += [
                    file
                    for labelled in corpus.sources.values()
                    for file in (labelled.manifest, labelled.labels)
                    if file
                ]
            files += feature_files(features or {}, split, branch.augmented_copies(split), images)
        return list(dict.fromkeys(files))
