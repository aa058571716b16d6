"""What one branch gave to a score of one frame or clip: its prediction, how it was smoothed, the model behind it."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from affectflow.artifacts.layout import FEATURES, MODEL
from affectflow.artifacts.record import Record
from affectflow.config.evaluation.inference import Windowing
from affectflow.config.model.samples import Sequence
from affectflow.config.system.branch import Branch
from affectflow.config.validate import validated
from affectflow.core.tracks import Track
from affectflow.dataloading.sequences import overlapping_of, runs, sequences_of
from affectflow.dataloading.steps import steps_read
from affectflow.fusion.smoothing import reach, read_smoothing
from affectflow.lineage.chain import Chain
from affectflow.report.leaderboard.table_fusion import predicted, recorded


@dataclass(frozen=True)
class SmoothedFrame:
    """Of which frames a smoothed prediction is the mean (Meng et al., section 3.5)."""

    file: str
    """Where the windows stand."""
    predictions: str
    """The table of predictions that were smoothed."""
    windows: dict[str, int]
    """Window of each smoothed target, in frames."""
    frames: dict[str, tuple[int, int]]
    """Its first frame, and the frame after its last, by target."""


@dataclass(frozen=True)
class BranchScore:
    """What one branch, or its training of a fold, gave to a score."""

    branch: str
    values: dict[str, float]
    """By output, as fused: smoothed where the branch is."""
    weights: dict[str, float]
    """By output: of the target that it belongs to; only those that the branch is fused for."""
    predictions: str
    smoothed: SmoothedFrame | None
    """None where predictions are fused as they are."""
    model: str
    model_digest: str
    mlflow_run: str | None
    seed: int | None
    sequences: tuple[tuple[int, int], ...]
    """First frame of each sequence that the frame was predicted in, and the frame after its last; of several the mean
    is what was predicted. None of a clip, which is read as a whole."""
    window: str | None
    """By which that mean is weighted; none where it is not."""
    steps: tuple[int, ...]
    """The frames of a clip that were read, in their order; none where a frame was predicted."""
    features: dict[str, str]
    """What it read of other branches: the file of their features by its branch's model."""

    @property
    def tables(self) -> list[str]:
        """The files of its predictions, in the order in which they were made."""
        smoothing_files = [] if self.smoothed is None else [self.smoothed.predictions, self.smoothed.file]
        return [*smoothing_files, self.predictions]


def branch_score(
    chain: Chain,
    branch: str,
    track: Track,
    values: dict[str, float],
    weights: Mapping[str, Mapping[str, float]],
    predictions: str,
    frame: int | None,
    face_found: NDArray[np.bool_],
    times: NDArray[np.float64],
) -> BranchScore:
    """What a branch gave to the score of a frame, or of a clip.

    Args:
        chain: the records.
        branch: its name among the members of the method.
        track: what is predicted.
        values: what was fused, by output.
        weights: of the fusion, by target and branch.
        predictions: the table that was fused, as records spell its path.
        frame: of the subject, from 0; None where it is a clip that is predicted as a whole.
        face_found: whether a face was found in each frame of the subject.
        times: of its frames in seconds, shape (frames,).

    Raises:
        InputError: a record or file is missing or damaged.
    """
    return BranchScore(
        branch=branch,
        values=values,
        weights={
            output: branch_weights[branch]
            for target, branch_weights in weights.items()
            for output in track.outputs[track.outputs_of(target)]
            if branch in branch_weights
        },
        predictions=predictions,
        smoothed=None if frame is None else _trace_smoothing(chain, predictions, frame, len(face_found)),
        **_trace_model(chain, predicted(chain, predictions), frame, face_found, times),
    )


def _trace_smoothing(chain: Chain, predictions: str, frame: int, frames: int) -> SmoothedFrame | None:
    record = recorded(chain, predictions)
    if record.rule != "smooth":
        return None
    file = str(record.options["smoothing"])
    smoothing = read_smoothing(chain.folder / file)
    reaches = {target: reach(window, smoothing.sides) for target, window in smoothing.windows.items()}
    return SmoothedFrame(
        file=file,
        predictions=str(record.options["predictions"]),
        windows=smoothing.windows,
        frames={t: (max(0, frame - back), min(frames, frame + ahead + 1)) for t, (back, ahead) in reaches.items()},
    )


def _trace_model(
    chain: Chain, record: Record, frame: int | None, face_found: NDArray[np.bool_], times: NDArray[np.float64]
) -> dict[str, Any]:
    name = f"{record.options['model']}/{MODEL}"
    trained = recorded(chain, name)
    branch = validated(Branch, trained.options["branch"], f"{name}: branch")
    sequence, windowing = branch.sequence, _windowing(branch, record)
    return {
        "model": name,
        "model_digest": trained.artifact.sha256,
        "mlflow_run": trained.mlflow.run if trained.mlflow else None,
        "seed": trained.seeds.get("seed"),
        "sequences": () if frame is None else _sequences(sequence, frame, face_found, windowing),
        "window": windowing and windowing.window,
        "steps": tuple(steps_read(sequence, len(times), lambda: times).tolist()) if frame is None else (),
        "features": {f"{recorded(chain, path).options['model']}/{MODEL}": path for path in _features(record)},
    }


def _windowing(branch: Branch, record: Record) -> Windowing | None:
    """How a table's sequences overlap; None where they lie in the paper's way."""
    windowing = validated(Windowing, record.options.get("windowing", {}), f"{record.artifact.path}: windowing")
    return windowing if windowing.sequences == "overlapping" and branch.overlappable else None


def _sequences(
    sequence: Sequence, frame: int, face_found: NDArray[np.bool_], windowing: Windowing | None
) -> tuple[tuple[int, int], ...]:
    stretches = runs(face_found) if sequence.missing_faces == "split" else [(0, len(face_found), True)]
    begin, end, _ = next(stretch for stretch in stretches if frame < stretch[1])
    if windowing is not None:
        return tuple(overlapping_of(frame, begin, end, sequence.length, windowing.stride(sequence.length)))
    stride = sequence.stride if sequence.predicted == "averaged" else sequence.length
    return tuple(sequences_of(frame, begin, end, sequence.length, stride, sequence.cut))


def _features(record: Record) -> list[str]:
    """The features that a prediction read."""
    return [item.path for item in record.inputs if item.path.startswith(f"{FEATURES}/")]
