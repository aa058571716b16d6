"""The stages of the plan that come before any network, run on one video as their rules run them on a shard."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from affectflow.artifacts.layout import CorpusLayout, artifact_file
from affectflow.config.system.settings import Run
from affectflow.datasets.video.shard import Video
from affectflow.prediction.feature_sets import extract
from affectflow.preprocessing.audio.filters import stored_or_made
from affectflow.preprocessing.audio.mel import spectrogram_shard
from affectflow.preprocessing.body.mask import mask_shard
from affectflow.preprocessing.face.align import align_shard
from affectflow.preprocessing.face.people import find_people_shard
from affectflow.preprocessing.media.decode import DecodeOutputs, decode_shard
from affectflow.preprocessing.media.resize import resize_shard
from affectflow.workflow.plan.stages import (
    ALIGN_FACE,
    DECODE,
    FACE_FEATURES,
    FIND_PEOPLE,
    MASK_BODY,
    RESIZE,
    SOUND_FEATURES,
    SPECTROGRAM,
    Stage,
    Step,
)

SHARD = "video"
"""The shard in which the video is."""


@dataclass(frozen=True)
class Workspace:
    """One video, and where its artifacts are."""

    video: Video
    work: Path
    run: Run
    root: Path
    """The workflow's folder, where weights lie."""

    def file(self, artifact: str) -> Path:
        """The file of an artifact, such as `faces` or `resized/112`."""
        return self.work / artifact_file(artifact, SHARD)


Make = Callable[[Workspace, Mapping[str, Path], Mapping[str, Path]], None]
"""Gets what the stage reads and what it is to make, files by artifact."""


def make(step: Step, place: Workspace) -> None:
    """Run a stage; it is given only what the plan says that it reads.

    Raises:
        InputError: the video cannot be decoded, or weights are missing or altered.
    """
    inputs = {artifact: place.file(artifact) for artifact in step.stage.reads}
    _MAKE[step.stage](place, inputs, {artifact: place.file(artifact) for artifact in step.makes})


def describe(step: Step) -> str:
    """What the user is told of a step."""
    return _NAMES.get(step.stage) or f"features {_name(step.makes[0])}"


def _name(artifact: str) -> str:
    """The size of `resized/<size>`, the set of `features/<set>`."""
    return artifact.partition("/")[2]


def _decode(place: Workspace, inputs: Mapping[str, Path], outputs: Mapping[str, Path]) -> None:
    # All that decoding gives is read later on, whatever the networks read.
    decoded = DecodeOutputs(*(place.file(artifact) for artifact in DECODE.makes))
    decode_shard([place.video], place.run.decode, decoded)


def _find_people(place: Workspace, inputs: Mapping[str, Path], outputs: Mapping[str, Path]) -> None:
    find_people_shard(inputs["frames"], [place.video], place.run.faces, outputs["people"], outputs["shots"])


def _align_face(place: Workspace, inputs: Mapping[str, Path], outputs: Mapping[str, Path]) -> None:
    align_shard(inputs["frames"], inputs["people"], inputs["shots"], [place.video], place.run.faces, outputs["faces"])


def _mask_body(place: Workspace, inputs: Mapping[str, Path], outputs: Mapping[str, Path]) -> None:
    mask_shard(
        inputs["frames"],
        inputs["faces"],
        inputs["videos"],
        [place.video],
        place.run.body,
        outputs["body"],
        people=inputs["people"],
        device=place.run.device,
    )


def _spectrogram(place: Workspace, inputs: Mapping[str, Path], outputs: Mapping[str, Path]) -> None:
    run = place.run
    # librosa's import takes a second and 100 MiB: the workflow has made its filter bank where it has trained.
    made = place.root / CorpusLayout(run.corpus.name).mel_filters
    filters = stored_or_made(made, run.mel, run.decode.sample_rate)
    spectrogram_shard(inputs["sound"], run.mel, filters, outputs["mel"])


def _resize(place: Workspace, inputs: Mapping[str, Path], outputs: Mapping[str, Path]) -> None:
    for artifact, out in outputs.items():
        resize_shard(inputs["frames"], int(_name(artifact)), place.run.resize, out)


def _features(place: Workspace, inputs: Mapping[str, Path], outputs: Mapping[str, Path]) -> None:
    for artifact, out in outputs.items():
        extract(place.run, place.root, _name(artifact), inputs, out)


_MAKE: Mapping[Stage, Make] = {
    DECODE: _decode,
    FIND_PEOPLE: _find_people,
    ALIGN_FACE: _align_face,
    MASK_BODY: _mask_body,
    SPECTROGRAM: _spectrogram,
    RESIZE: _resize,
    SOUND_FEATURES: _features,
    FACE_FEATURES: _features,
}
_NAMES = {
    DECODE: "decode",
    FIND_PEOPLE: "people",
    ALIGN_FACE: "faces",
    MASK_BODY: "body",
    SPECTROGRAM: "sound",
    RESIZE: "pictures",
}
