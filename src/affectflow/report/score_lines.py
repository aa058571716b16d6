"""One score of one frame, as lines of text."""

from affectflow.lineage.chain import Chain
from affectflow.report.branch_trace import BranchScore
from affectflow.report.frame_row import frame_row, seen
from affectflow.report.score_trace import ScoreTrace
from affectflow.report.table_fusion import recorded


def score_lines(chain: Chain, trace: ScoreTrace) -> list[str]:
    """The sum behind the score, the branches, what was found in the frame, the files and the source video."""
    image = f"{trace.subject}/{trace.frame + 1:05d}.jpg"
    lines = [f"{trace.table}: {image}: frame {trace.frame} of {trace.frames} of {trace.subject}, {trace.time:.3f} s"]
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
        places = ", ".join(f"{begin} to {end - 1}" for begin, end in branch.sequences)
        said = "the sequence" if len(branch.sequences) == 1 else f"{len(branch.sequences)} sequences, whose mean it is,"
        lines.append(f"  {branch.branch}: {branch.predictions}, predicted in {said} of frames {places}")
        run = f", MLflow run {branch.mlflow_run}" if branch.mlflow_run else ""
        lines.append(f"    by {branch.model} ({branch.model_digest[:12]}), seed {branch.seed}{run}")
        lines += [f"    {target}: {said}" for target, said in smoothed_by(branch).items()]
        lines += [f"    from the features {path}, by {model}" for model, path in branch.features.items()]
    lines.append(f"  face {seen(frame_row(chain, trace, 'faces'))}, body {seen(frame_row(chain, trace, 'body'))}")
    for kind, name in sorted(trace.files.items()):
        record = recorded(chain, name)
        code = f"code {record.code.fingerprint}"
        lines.append(f"  {kind}: {name} ({record.artifact.sha256[:12]}), {record.rule}, {code}, {record.end[:19]}")
    lines.append(f"  source: {trace.source}")
    lines.append(f"    SHA-256 {trace.source_digest}")
    return lines


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
