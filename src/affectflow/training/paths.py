"""Where a training reads and writes, and every file that it reads, which its job notes before it starts."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from affectflow.artifacts.layout import MODEL, SETTINGS, feature_files, labels_file, manifest_file
from affectflow.config.system.branch import Branch
from affectflow.config.system.members import members_of
from affectflow.core.errors import InputError
from affectflow.core.tasks import Tasks, joint_name
from affectflow.core.tracks import TrackName
from affectflow.dataloading.index import Labelled, artifact_files, read_indices
from affectflow.dataloading.needs import artifacts_of
from affectflow.dataloading.source_members import FaceCorpus, Members
from affectflow.pretrained.weights import kept_path, published_weights


@dataclass(frozen=True)
class Paths:
    """Where a training job reads and writes."""

    sources: Mapping[TrackName, Labelled]
    """Manifest and labels of each track that is learnt; none where the branch learns from sources."""
    work: Path
    """Folder `work/<corpus>` of the artifacts."""
    checkpoints: Path
    """Folder of this job alone; emptied when the training has ended."""
    out: Path
    """Folder of the trained branch."""
    weights: Path
    """Registry of published weights."""
    weights_dir: Path
    """Folder where weight files are kept."""
    pretrained: Mapping[str, Path] = field(default_factory=dict)
    """Model file of each pre-training and branch that the branch starts from, by the name that its `init` gives; other
    names are of the registry."""
    members: Members = field(default_factory=Members)
    """Where the members of the branch's sources lie."""
    features: Mapping[str, Path] = field(default_factory=dict)
    """Folder of the frozen features of each branch that the branch's `features` names."""
    teacher: Path | None = None
    """Folder of the trained branch that is the branch's `teacher`."""

    def check(self, branch: Branch) -> None:
        """Check that they are those that a branch asks for.

        Raises:
            InputError: features or a teacher lack, or are those of another branch.
        """
        if tuple(self.features) != (branch.features.of if branch.features else ()):
            raise InputError(
                f"--features is given for {', '.join(self.features) or 'none'}; the branch's features name others"
            )
        if (self.teacher is None) != (branch.teacher is None):
            raise InputError(f"--teacher is {self.teacher}, the branch's teacher is {branch.teacher}")

    def inputs(self, branch: Branch, tasks: Tasks) -> list[Path]:
        """Every file that a training of a branch reads."""
        files = [source.manifest for source in self.sources.values()]
        files += [source.labels for source in self.sources.values() if source.labels is not None]
        bare = [Labelled(source.manifest, None) for source in self.sources.values()]
        for split in ("train", "validation"):
            files += self.members.files(split, tasks, branch, self.features)
            if not branch.sources:
                index = read_indices(bare, split, tasks, branch.cross_split_subjects)
                files += artifact_files(index, artifacts_of(branch), self.work)
                files += feature_files(self.features, split, branch.augmented_copies(split))
        if branch.loss.coupling is not None:
            files.append(branch.loss.coupling.relatedness)
        files += self.pretrained.values()
        files += [self.teacher / name for name in (MODEL, SETTINGS)] if self.teacher else []
        return files + [kept_path(name, self.weights_dir) for name in published_weights(branch, self.pretrained)]


def training_paths(
    branch: Branch,
    manifests: Mapping[TrackName, Path],
    labels: Mapping[TrackName, Path],
    images: Mapping[str, Path],
    corpora: Mapping[str, Path],
    work: Path,
    **others: Any,
) -> Paths:
    """The paths of a training, which are those that its branch asks for.

    Args:
        branch: its settings.
        manifests: of the run's own corpus, by track that is learnt from it.
        labels: in the same way.
        images: folder of each image corpus that the branch's sources have, by name.
        corpora: folder of each video corpus that they have, by name; `work` for the run's own.
        work: folder of the run's own corpus.
        others: of `Paths`, as they are.

    Raises:
        InputError: one lacks, or is of another branch.
    """
    if list(manifests) != list(labels):
        raise InputError(f"--manifest is given for {', '.join(manifests)}, --labels for {', '.join(labels)}")
    sources = {track: Labelled(manifests[track], labels[track]) for track in manifests}
    paths = Paths(sources, work, members=_members(branch, images, corpora, work, sources), **others)
    paths.check(branch)
    return paths


def learnt_task(branch: Branch, requested: str | None, tracks: Iterable[TrackName]) -> str:
    """What a branch learns (`va+expr+au`): what is requested, or else the tracks of the run's own corpus.

    Raises:
        InputError: neither is given, or a branch without sources is asked for other tracks.
    """
    own = joint_name(tracks)
    name = requested or own
    if not name or (not branch.sources and own != name):
        raise InputError(
            f"--tracks is {name or 'not given'}, --manifest is given for {own.replace('+', ', ') or 'none'}"
        )
    return name


def _members(
    branch: Branch,
    images: Mapping[str, Path],
    corpora: Mapping[str, Path],
    work: Path,
    sources: Mapping[TrackName, Labelled],
) -> Members:
    names, corpus_tracks = members_of(branch)
    if lacking := [name for name in (*names, *corpus_tracks) if name not in {**images, **corpora}]:
        raise InputError(
            f"--images and --corpus say not where {', '.join(lacking)} lie, which the branch's sources have"
        )
    return Members(
        images,
        {
            name: FaceCorpus(
                corpora[name], sources if corpora[name] == work else _corpus_sources(corpora[name], tracks)
            )
            for name, tracks in corpus_tracks.items()
        },
    )


def _corpus_sources(work: Path, tracks: Iterable[TrackName]) -> dict[TrackName, Labelled]:
    return {track: Labelled(work / manifest_file(track), work / labels_file(track)) for track in tracks}
