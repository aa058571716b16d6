"""One score of one utterance, taken apart: fused from branches, each from the medians of its sequences of frames."""

import csv
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from affectflow.artifacts.layout import MODEL
from affectflow.artifacts.predictions import Predictions, read_branches, read_predictions
from affectflow.artifacts.schemas import MANIFEST
from affectflow.artifacts.tables import read_parquet
from affectflow.core.errors import InputError
from affectflow.core.tracks import Track
from affectflow.datasets.video.utterances import by_video, utterance_of
from affectflow.fusion.late_fusion import fused
from affectflow.fusion.postprocess import Steps, read_steps
from affectflow.fusion.utterances import sequence_medians
from affectflow.lineage.chain import Chain
from affectflow.report.leaderboard.table_fusion import Fusion, fusion_of, predicted, recorded
from affectflow.report.trace.score_trace import DIGITS


@dataclass(frozen=True)
class UtteranceBranch:
    """What one branch gave to a score."""

    branch: str
    values: dict[str, float]
    """By target, as fused: with every step of post-processing."""
    weights: dict[str, float]
    """By target; only those that the branch is fused for."""
    medians: dict[str, list[float]]
    """Of the utterance's sequences, by target, after the median filter where it was kept."""
    windows: dict[str, tuple[int, int]]
    """Windows of the median filter and of the smoothing, by target; 1 where a step was not kept."""
    predictions: str
    frames: str
    """The table of frames that they were made of."""
    steps: str
    model: str
    model_digest: str


@dataclass(frozen=True)
class UtteranceTrace:
    """Everything behind the scores of one utterance."""

    table: str
    track: Track
    method: str
    weights: str
    video: str
    utterance: str
    """Name of its clip."""
    source: str
    source_digest: str
    frames: int
    values: dict[str, float]
    """Fused, by target."""
    written: dict[str, str] | None
    """The digits in the table, by target; none where the table has no row an utterance."""
    branches: tuple[UtteranceBranch, ...]

    def digits(self, target: str) -> str:
        """What the weighted sum says, in the digits of the tables."""
        return f"{self.values[target]:z.{DIGITS}f}"

    @property
    def agrees(self) -> bool:
        """Whether the table's digits are those of the weighted sum."""
        return self.written is None or all(self.written[t] == self.digits(t) for t in self.track.targets)


def of_utterances(chain: Chain, table: str, method: str | None) -> bool:
    """Whether a table's scores are of utterances."""
    fusion = fusion_of(chain, table, method)
    return all(recorded(chain, _name(chain, path)).rule == "utterances" for path in fusion.predictions.values())


def trace_utterance(chain: Chain, table: str, video: str, place: int, method: str | None = None) -> UtteranceTrace:
    """Take the scores of one utterance apart.

    Args:
        chain: the records.
        table: a table of scores, as records spell its path.
        video: one of the table's.
        place: of the utterance among those of the video, in the order of their numbers, from 0.
        method: row of a validation table.

    Raises:
        InputError: the video or utterance is not there, or a record or artifact is missing or damaged.
    """
    fusion = fusion_of(chain, table, method)
    predictions = read_branches(fusion.predictions, fusion.fused.predicts)
    first = next(iter(predictions.values()))
    if video not in first.subjects:
        raise InputError(f"{table}: no video {video!r} in its {fusion.split} split; it has {', '.join(first.subjects)}")
    count = first.frames[video]
    if not 0 <= place < count:
        raise InputError(f"{table}: video {video} has the utterances 0 to {count - 1} in order, not {place}")
    row = int(first.starts[first.subjects.index(video)]) + place
    branches = {
        name: _branch(chain, fusion, name, branch_predictions, row) for name, branch_predictions in predictions.items()
    }
    clips, clip = _clip(chain, next(iter(branches.values())).predictions, video, place)
    track = fusion.fused.predicts
    values = fused(predictions, fusion.fused)[row]
    return UtteranceTrace(
        table=table,
        track=track,
        method=fusion.method,
        weights=_name(chain, fusion.weights),
        video=video,
        utterance=utterance_of(clip).file,
        source=str(clips[clip]["path"]),
        source_digest=str(clips[clip]["digest"]),
        frames=int(str(clips[clip]["frames"])),
        values=dict(zip(track.targets, values.tolist(), strict=True)),
        written=_read_digits(chain.folder / table, track, clip) if fusion.split == "test" else None,
        branches=tuple(branches.values()),
    )


def utterance_lines(trace: UtteranceTrace) -> list[str]:
    """The utterance for people: the sums, and what each branch's value is made of."""
    lines = [f"{trace.table}: {trace.video}/{trace.utterance}: {trace.frames} frames"]
    lines.append(f"  method {trace.method}, weights in {trace.weights}")
    for target in trace.track.targets:
        fused_branches = [branch for branch in trace.branches if target in branch.weights]
        terms = " + ".join(f"{b.weights[target]:g} x {b.values[target]:.9f} ({b.branch})" for b in fused_branches)
        comparison = ""
        if trace.written is not None:
            agrees = "the same" if trace.written[target] == trace.digits(target) else "NOT the same"
            comparison = f"; the table says {trace.written[target]}, {agrees}"
        lines.append(f"  {target} = {terms} = {trace.values[target]:.9f}{comparison}")
    for branch in trace.branches:
        lines.append(f"  {branch.branch}: {branch.predictions}, of the frames in {branch.frames}")
        for target, medians in branch.medians.items():
            median, smoothing = branch.windows[target]
            values = ", ".join(f"{value:.6f}" for value in medians)
            steps = [f"frames filtered with window {median}"] if median > 1 else []
            steps += [f"then smoothed over {smoothing} utterances"] if smoothing > 1 else []
            added = f" ({'; '.join(steps)}: {branch.steps})" if steps else ""
            lines.append(f"    {target}: medians of sequences {values}, mean {np.mean(medians):.6f}{added}")
        lines.append(f"    by {branch.model} ({branch.model_digest[:12]})")
    lines.append(f"  source: {trace.source}")
    lines.append(f"    SHA-256 {trace.source_digest}")
    return lines


def _branch(chain: Chain, fusion: Fusion, name: str, predictions: Predictions, row: int) -> UtteranceBranch:
    track, table = fusion.fused.predicts, _name(chain, fusion.predictions[name])
    options = recorded(chain, table).options
    frames, steps_file = str(options["predictions"]), str(options["steps"])
    model = f"{predicted(chain, table).options['model']}/{MODEL}"
    steps = read_steps(chain.folder / steps_file)
    return UtteranceBranch(
        branch=name,
        values=dict(zip(track.targets, predictions.values[row].tolist(), strict=True)),
        weights={
            target: branch_weights[name]
            for target, branch_weights in fusion.fused.weights.items()
            if name in branch_weights
        },
        medians=_medians(read_predictions(chain.folder / frames, track), steps, row),
        windows={
            target: (target_steps.median.kept, target_steps.smoothing.kept)
            for target, target_steps in steps.targets.items()
        },
        predictions=table,
        frames=frames,
        steps=steps_file,
        model=model,
        model_digest=recorded(chain, model).artifact.sha256,
    )


def _medians(frames: Predictions, steps: Steps, row: int) -> dict[str, list[float]]:
    clip = [subject for clips in by_video(frames.subjects).values() for subject in clips][row]
    place = frames.subjects.index(clip)
    values = frames.values[frames.starts[place] : frames.starts[place + 1]]
    return {
        target: sequence_medians(column, steps.length, steps.targets[target].median.kept).tolist()
        for target, column in zip(steps.predicts.targets, values.T, strict=True)
    }


def _clip(chain: Chain, predictions: str, video: str, place: int) -> tuple[Mapping[str, Mapping[str, object]], str]:
    """Rows of the manifest by clip, and the clip of an utterance."""
    manifest = chain.folder / str(predicted(chain, predictions).options["manifest"])
    clips = {row["subject"]: row for row in read_parquet(manifest, MANIFEST).to_pylist() if row["frames"]}
    return clips, by_video(clips)[video][place]


def _read_digits(table: Path, track: Track, clip: str) -> dict[str, str]:
    utterance = utterance_of(clip)
    with table.open(encoding="utf-8", newline="") as lines:
        for row in csv.DictReader(lines):
            if (row["video"], row["utterance"]) == (utterance.video, utterance.file):
                return {target: row[target] for target in track.targets}
    raise InputError(f"{table}: has no row of {utterance.video}, {utterance.file}")


def _name(chain: Chain, path: Path) -> str:
    return path.relative_to(chain.folder).as_posix()
