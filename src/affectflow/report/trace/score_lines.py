"""One score of one frame or clip, as lines of text."""

from affectflow.artifacts.record import Record
from affectflow.config.model.feature_sets import RANDOM
from affectflow.lineage.chain import Chain
from affectflow.report.leaderboard.table_fusion import recorded
from affectflow.report.trace.branch_trace import BranchScore
from affectflow.report.trace.frame_row import describe_detection
from affectflow.report.trace.score_trace import ScoreTrace

_SHOWN = 8
"""Steps of a clip that are named at most."""


def score_lines(chain: Chain, trace: ScoreTrace) -> list[str]:
    """The sum behind the score, the branches, what was found in the frame or clip, the files and the source video."""
    lines = [f"{trace.table}: {_place(trace)}"]
    lines.append(f"  method {trace.method}, weights in {trace.weights}")
    for target in trace.track.targets:
        outputs = trace.outputs(target)
        for output in outputs:
            terms = " + ".join(
                f"{b.weights[output]:g} x {b.values[output]:.9f} ({b.branch})" for b in trace.branches_of(output)
            )
            comparison = _describe_comparison(trace, target) if len(outputs) == 1 else ""
            lines.append(f"  {output} = {terms} = {trace.values[output]:.9f}{_limit(trace, target)}{comparison}")
        if len(outputs) > 1:
            lines.append(
                f"  {target} = {trace.describe(target)}, the most probable{_describe_comparison(trace, target)}"
            )
        if trace.annotated is not None:
            annotation = trace.annotated[target]
            lines.append(f"    annotated: {'not' if annotation is None else trace.words(annotation)}")
    for branch in trace.branches:
        lines.append(f"  {branch.branch}: {branch.predictions}, predicted {describe_input(branch, trace.frames)}")
        run = f", MLflow run {branch.mlflow_run}" if branch.mlflow_run else ""
        lines.append(f"    by {branch.model} ({branch.model_digest[:12]}), seed {branch.seed}{run}")
        lines += [f"    {target}: {description}" for target, description in describe_smoothing(branch).items()]
        lines += [f"    from the features {path}, by {model}" for model, path in branch.features.items()]
    lines.append(f"  face {describe_detection(chain, trace, 'faces')}, body {describe_detection(chain, trace, 'body')}")
    for kind, name in sorted(trace.files.items()):
        record = recorded(chain, name)
        code = f"code {record.code.fingerprint}"
        lines.append(f"  {kind}: {name} ({record.artifact.sha256[:12]}), {record.rule}, {code}, {record.end[:19]}")
        lines += [f"    with {weights}" for weights in weights_of_set(record)]
    lines.append(f"  source: {trace.source}")
    lines.append(f"    SHA-256 {trace.source_digest}")
    return lines


def describe_input(branch: BranchScore, frames: int) -> str:
    """What of the subject's `frames` a branch saw, in words."""
    if branch.steps:
        places = list(map(str, branch.steps))
        abbreviated = places if len(places) <= _SHOWN else [*places[: _SHOWN - 2], "…", places[-1]]
        return f"from the whole clip, of whose {frames} frames {len(places)} steps are read: {', '.join(abbreviated)}"
    places = [f"{begin} to {end - 1}" for begin, end in branch.sequences]
    mean = f"mean, weighted by a {branch.window} window," if branch.window else "mean"
    phrase = "the sequence" if len(places) == 1 else f"{len(places)} sequences, whose {mean} it is,"
    return f"in {phrase} of frames {', '.join(places)}"


def weights_of_set(record: Record) -> list[str]:
    """The weights that a feature set was extracted with; none of other artifacts, and where a set needs none."""
    name = record.options.get("set", {}).get("weights")
    if name in (None, RANDOM):
        return [] if name is None else [f"random weights ({RANDOM})"]
    files = [item for item in record.inputs if item.path.endswith(".safetensors")]
    return [f"weights {name}: {item.path} ({item.sha256[:12]})" for item in files]


def _place(trace: ScoreTrace) -> str:
    if trace.frame is None:
        return f"{trace.subject}: a clip of {trace.frames} frames, scored as a whole"
    image = f"{trace.subject}/{trace.frame + 1:05d}.jpg"
    return f"{image}: frame {trace.frame} of {trace.frames} of {trace.subject}, {trace.time:.3f} s"


def describe_smoothing(branch: BranchScore) -> dict[str, str]:
    """How the predictions of a branch were smoothed, by target; of those alone that were."""
    smoothing = branch.smoothed
    if smoothing is None:
        return {}
    return {
        target: f"mean of the frames {smoothing.frames[target][0]} to {smoothing.frames[target][1] - 1} "
        f"(window {window}, {smoothing.file}) of {smoothing.predictions}"
        for target, window in smoothing.windows.items()
    }


def _limit(trace: ScoreTrace, target: str) -> str:
    if target not in trace.thresholds:
        return ""
    return f", {trace.describe(target)} (from {trace.thresholds[target]:g} on)"


def _describe_comparison(trace: ScoreTrace, target: str) -> str:
    if trace.written is None:
        return ""
    return f"; the table says {trace.written[target]}, " + (
        "the same" if trace.target_agrees(target) else "NOT the same"
    )
