"""The stages from a video to what networks read: which artifacts each reads and makes. The rules of preprocessing have
their inputs and outputs from here, and a single video goes through the same stages in one process."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from affectflow.artifacts.layout import FEATURES, RESIZED, CorpusLayout
from affectflow.config.model.feature_sets import FeatureSet


@dataclass(frozen=True)
class Stage:
    """One rule of preprocessing, by the kinds of artifacts."""

    rule: str
    reads: tuple[str, ...]
    makes: tuple[str, ...]

    def inputs(self, layout: CorpusLayout) -> dict[str, str]:
        """Patterns of what it reads of a shard, by kind."""
        return {kind: layout.artifact(kind) for kind in self.reads}

    def outputs(self, layout: CorpusLayout) -> dict[str, str]:
        """Patterns of what it makes of a shard, by kind."""
        return {kind: layout.artifact(kind) for kind in self.makes}


DECODE = Stage("decode", (), ("videos", "frames", "sound"))
FIND_PEOPLE = Stage("find_people", ("frames",), ("people", "shots"))
ALIGN_FACE = Stage("align_face", ("frames", "people", "shots"), ("faces",))
OFFICIAL_FACES = Stage("align_face", ("frames",), ("faces",))
"""The same rule where the faces are the organisers'."""
MASK_BODY = Stage("mask_body", ("frames", "people", "faces", "videos"), ("body",))
OFFICIAL_BODY = Stage("mask_body", ("frames", "faces", "videos"), ("body",))
"""The same where the faces are the organisers'."""
SPECTROGRAM = Stage("spectrogram", ("sound",), ("mel",))
RESIZE = Stage("resize", ("frames",), (f"{RESIZED}/{{size}}",))
SOUND_FEATURES = Stage("sound_features", ("sound", "frames"), (f"{FEATURES}/{{set}}",))
FACE_FEATURES = Stage("face_features", ("faces",), (f"{FEATURES}/{{set}}",))
PREVIEW = Stage("preview", ("frames", "faces", "body", "mel"), ("preview",))

STAGES = (DECODE, FIND_PEOPLE, ALIGN_FACE, MASK_BODY, SPECTROGRAM, RESIZE, SOUND_FEATURES, FACE_FEATURES, PREVIEW)
"""Each after those whose artifacts it reads."""


@dataclass(frozen=True)
class Step:
    """A stage, and those of its artifacts that are wanted."""

    stage: Stage
    makes: tuple[str, ...]


def steps(artifacts: Iterable[str], sets: Mapping[str, FeatureSet]) -> list[Step]:
    """The stages behind some artifacts, each after those that it needs; each set of features is a step of its own.

    Args:
        artifacts: kinds of artifacts, such as `faces`, `resized/112` or `features/<set>`.
        sets: sets of features, by name.

    Raises:
        KeyError: no stage makes one.
    """
    by_stage: dict[Stage, list[str]] = {stage: [] for stage in STAGES}
    open_ones = list(dict.fromkeys(artifacts))
    for artifact in open_ones:  # grows as it goes
        stage = _maker(artifact, sets)
        by_stage[stage].append(artifact)
        open_ones += [kind for kind in stage.reads if kind not in open_ones]
    apart = (SOUND_FEATURES, FACE_FEATURES)
    shared = [Step(stage, tuple(kinds)) for stage, kinds in by_stage.items() if kinds and stage not in apart]
    sets_wanted = [artifact for artifact in open_ones if any(artifact in by_stage[stage] for stage in apart)]
    return shared + [Step(_maker(artifact, sets), (artifact,)) for artifact in sets_wanted]


def _maker(artifact: str, sets: Mapping[str, FeatureSet]) -> Stage:
    kind, _, name = artifact.partition("/")
    if kind == FEATURES:
        return FACE_FEATURES if sets[name].sense == "face" else SOUND_FEATURES
    if kind == RESIZED:
        return RESIZE
    return {output: stage for stage in STAGES for output in stage.makes}[artifact]
