"""What one branch gave to a score of one frame or clip: its prediction, how it was smoothed, the model behind it."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from affectflow.artifacts.layout import FEATURES, MODEL
from affectflow.artifacts.record import Record
from affectflow.config.evaluation.inference import Laying
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
        before = [] if self.smoothed is None else [self.smoothed.predictions, self.smoothed.file]
        return [*before, self.predictions]


def branch_score(
    chain: Chain,
    branch: str,
    track: Track,
    values: dict[str, float],
    weights: Mapping[str, Mapping[str, float]],
    predictions: str,
    frame: int | None,
    found: NDArray[np.bool_],
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
        found: whether a face was found in each frame of the subject.
        times: of its frames in seconds, shape (frames,).

    Raises:
        InputError: a record or file is missing or damaged.
    """
    return BranchScore(
        branch=branch,
        values=values,
        weights={
            output: its[branch]
            for target, its in weights.items()
            for output in track.outputs[track.outputs_of(target)]
            if branch in its
        },
        predictions=predictions,
        smoothed=None if frame is None else _smoothed(chain, predictions, frame, len(found)),
        **_model(chain, predicted(chain, predictions), frame, found, times),
    )


def _smoothed(chain: Chain, predictions: str, frame: int, frames: int) -> SmoothedFrame | None:
    record = recorded(chain, predictions)
    if record.rule != "smooth":
        return None
    file = str(record.options["smoothing"])
    found = read_smoothing(chain.folder / file)
    reaches = {target: reach(window, found.sides) for target, window in found.windows.items()}
    return SmoothedFrame(
        file=file,
        predictions=str(record.options["predictions"]),
        windows=found.windows,
        frames={t: (max(0, frame - back), min(frames, frame + on + 1)) for t, (back, on) in reaches.items()},
    )


def _model(
    chain: Chain, record: Record, frame: int | None, found: NDArray[np.bool_], times: NDArray[np.float64]
) -> dict[str, Any]:
    name = f"{record.options['model']}/{MODEL}"
    trained = recorded(chain, name)
    branch = validated(Branch, trained.options["branch"], f"{name}: branch")
    cut, laying = branch.sequence, _laying(branch, record)
    return {
        "model": name,
        "model_digest": trained.artifact.sha256,
        "mlflow_run": trained.mlflow.run if trained.mlflow else None,
        "seed": trained.seeds.get("seed"),
        "sequences": () if frame is None else _sequences(cut, frame, found, laying),
        "window": laying and laying.window,
        "steps": tuple(steps_read(cut, len(times), lambda: times).tolist()) if frame is None else (),
        "features": {f"{recorded(chain, path).options['model']}/{MODEL}": path for path in _features(record)},
    }


def _laying(branch: Branch, record: Record) -> Laying | None:
    """How a table's sequences overlap; None where they lie in the paper's way."""
    laying = validated(Laying, record.options.get("laying", {}), f"{record.artifact.path}: laying")
    return laying if laying.sequences == "overlapping" and branch.overlappable else None


def _sequences(
    cut: Sequence, frame: int, found: NDArray[np.bool_], laying: Laying | None
) -> tuple[tuple[int, int], ...]:
    stretches = runs(found) if cut.missing_faces == "split" else [(0, len(found), True)]
    begin, end, _ = next(its for its in stretches if frame < its[1])
    if laying is not None:
        return tuple(overlapping_of(frame, begin, end, cut.length, laying.stride(cut.length)))
    stride = cut.stride if cut.predicted == "averaged" else cut.length
    return tuple(sequences_of(frame, begin, end, cut.length, stride, cut.cut))


def _features(record: Record) -> list[str]:
    """The features that a prediction read."""
    return [item.path for item in record.inputs if item.path.startswith(f"{FEATURES}/")]
