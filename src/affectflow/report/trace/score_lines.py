"""One score of one frame or clip, as lines of text."""

from affectflow.artifacts.record import Record
from affectflow.config.model.feature_sets import RANDOM
from affectflow.lineage.chain import Chain
from affectflow.report.leaderboard.table_fusion import recorded
from affectflow.report.trace.branch_trace import BranchScore
from affectflow.report.trace.frame_row import found_in
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
                f"{b.weights[output]:g} x {b.values[output]:.9f} ({b.branch})" for b in trace.given(output)
            )
            last = _compared(trace, target) if len(outputs) == 1 else ""
            lines.append(f"  {output} = {terms} = {trace.values[output]:.9f}{_limit(trace, target)}{last}")
        if len(outputs) > 1:
            lines.append(f"  {target} = {trace.said(target)}, the most probable{_compared(trace, target)}")
        if trace.annotated is not None:
            known = trace.annotated[target]
            lines.append(f"    annotated: {'not' if known is None else trace.words(known)}")
    for branch in trace.branches:
        lines.append(f"  {branch.branch}: {branch.predictions}, predicted {predicted_in(branch, trace.frames)}")
        run = f", MLflow run {branch.mlflow_run}" if branch.mlflow_run else ""
        lines.append(f"    by {branch.model} ({branch.model_digest[:12]}), seed {branch.seed}{run}")
        lines += [f"    {target}: {said}" for target, said in smoothed_by(branch).items()]
        lines += [f"    from the features {path}, by {model}" for model, path in branch.features.items()]
    lines.append(f"  face {found_in(chain, trace, 'faces')}, body {found_in(chain, trace, 'body')}")
    for kind, name in sorted(trace.files.items()):
        record = recorded(chain, name)
        code = f"code {record.code.fingerprint}"
        lines.append(f"  {kind}: {name} ({record.artifact.sha256[:12]}), {record.rule}, {code}, {record.end[:19]}")
        lines += [f"    with {weights}" for weights in weights_of_set(record)]
    lines.append(f"  source: {trace.source}")
    lines.append(f"    SHA-256 {trace.source_digest}")
    return lines


def predicted_in(branch: BranchScore, frames: int) -> str:
    """What of the subject's `frames` a branch saw, in words."""
    if branch.steps:
        places = list(map(str, branch.steps))
        shown = places if len(places) <= _SHOWN else [*places[: _SHOWN - 2], "…", places[-1]]
        return f"from the whole clip, of whose {frames} frames {len(places)} steps are read: {', '.join(shown)}"
    places = [f"{begin} to {end - 1}" for begin, end in branch.sequences]
    mean = f"mean, weighted by a {branch.window} window," if branch.window else "mean"
    said = "the sequence" if len(places) == 1 else f"{len(places)} sequences, whose {mean} it is,"
    return f"in {said} of frames {', '.join(places)}"


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


def smoothed_by(branch: BranchScore) -> dict[str, str]:
    """How the predictions of a branch were smoothed, by target; of those alone that were."""
    its = branch.smoothed
    if its is None:
        return {}
    return {
        target: f"mean of the frames {its.frames[target][0]} to {its.frames[target][1] - 1} (window {window}, "
        f"{its.file}) of {its.predictions}"
        for target, window in its.windows.items()
    }


def _limit(trace: ScoreTrace, target: str) -> str:
    if target not in trace.thresholds:
        return ""
    return f", {trace.said(target)} (from {trace.thresholds[target]:g} on)"


def _compared(trace: ScoreTrace, target: str) -> str:
    if trace.written is None:
        return ""
    return f"; the table says {trace.written[target]}, " + ("the same" if trace.same(target) else "NOT the same")
