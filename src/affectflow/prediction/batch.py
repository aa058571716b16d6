"""Many videos, one after the other: what is done stays done, and one bad file stops none of the others."""

import sys
import tempfile
import traceback
from collections.abc import Callable, Sequence
from pathlib import Path

import pandas as pd

from affectflow.artifacts.job import Job, begun
from affectflow.corpus.video_names import check_results
from affectflow.errors import InputError
from affectflow.prediction.made import why_made_again
from affectflow.prediction.outputs import CLIPS, Kinds, Outputs, outputs_of, write_outputs
from affectflow.prediction.progress import BatchProgress
from affectflow.prediction.summary import INDEX, SUMMARY, Row, summary_row, write_index, write_summary
from affectflow.prediction.system import TrainedSystem
from affectflow.prediction.table import VIDEO, read_table, write_table
from affectflow.prediction.video import score_video, stages


def predict_videos(
    videos: Sequence[Path],
    system: TrainedSystem,
    out: Path,
    new_job: Callable[[], Job],
    kinds: Kinds,
    again: bool = False,
) -> dict[str, str]:
    """Score videos one after the other and write, of each, what `kinds` asks for, and of all the summary.

    A video is left as it is where all its results are whole and were made from the same video, models, settings and
    code, as their records say.

    Args:
        videos: media files; from `check_videos`.
        system: what scores them.
        out: folder of results.
        new_job: a job that has read nothing yet; each video's results are one job's.
        kinds: which results.
        again: whether to score also what need not be.

    Returns:
        The reason by name of each video that failed.
    """
    outputs = {path: outputs_of(path, out, kinds) for path in videos}
    failed: dict[str, str] = {}
    jobs: dict[Path, Job] = {}
    for path in videos:
        job = new_job()
        try:
            job.reads([path, *system.files()])
        except InputError as error:
            failed[path.name] = str(error)
            continue
        if again or (why := why_made_again(job, outputs[path].files())):
            jobs[path] = job
            if not again and outputs[path].files()[0].exists():
                print(f"{path.name}: made again: {why}", file=sys.stderr)
    done = len(videos) - len(jobs) - len(failed)
    if done:
        print(f"{done} of {len(videos)} video(s) are scored already", file=sys.stderr)
    count = len(stages(system)) + len(kinds.stages())
    with BatchProgress([path.stat().st_size for path in jobs], count) as progress:
        for path, job in jobs.items():
            progress.video(path.name)
            if reason := _predicted(path, system, outputs[path], job, progress):
                failed[path.name] = reason
    _summarise([path for path in videos if path.name not in failed], outputs, failed, system, out)
    return failed


def _predicted(path: Path, system: TrainedSystem, outputs: Outputs, job: Job, progress: BatchProgress) -> str | None:
    """Score a video; the reason where that failed."""
    try:
        with tempfile.TemporaryDirectory(prefix="affectflow-") as work:
            scores = score_video(path, system, Path(work), progress.stage)
            with begun(job):
                write_outputs(scores, system, outputs, progress.stage)
        progress.line(f"{len(scores.times)} frames")
        return None
    except InputError as error:
        reason = str(error)
    except Exception as error:  # a fault of ours must not cost the night in which a hundred videos were to be scored
        traceback.print_exc()
        reason = f"unexpected {type(error).__name__}: {error}"
    progress.line(f"error: {reason}")
    return reason


def _summarise(
    videos: Sequence[Path], outputs: dict[Path, Outputs], failed: dict[str, str], system: TrainedSystem, out: Path
) -> None:
    # From the files, so that a video that was scored before counts like one that was scored now.
    rows: dict[str, Row] = {}
    clips: list[pd.DataFrame] = []
    for path in videos:
        its = outputs[path]
        frames = read_table(its.table) if its.table else None
        clip = read_table(its.clip, VIDEO) if its.clip else None
        rows[path.name] = summary_row(path.name, frames, clip, system)
        clips += [] if clip is None else [clip]
    out.mkdir(parents=True, exist_ok=True)
    if clips:
        write_table(pd.concat(clips), out / f"{CLIPS}.csv", recorded=False)
    write_summary(list(rows.values()), failed, out / SUMMARY)
    write_index(rows, {path.name: outputs[path] for path in videos}, failed, system, out / INDEX)


def check_videos(videos: Sequence[Path], out: Path, kinds: Kinds) -> None:
    """Check that no result would overwrite a video or another result, and that each can have its name.

    Raises:
        InputError: one would, or cannot; names both.
    """
    names = (SUMMARY, INDEX, *([f"{CLIPS}.csv"] if kinds.clip else []))
    taken = {(out / name).resolve(): f"the {name} of all videos" for name in names}
    taken |= {path.resolve(): f"the video {path}" for path in videos}
    for video in videos:
        check_results(video, outputs_of(video, out, kinds).files())
        for path in outputs_of(video, out, kinds).files():
            owner = taken.setdefault(path.resolve(), f"a result of {video}")
            if owner != f"a result of {video}":
                raise InputError(f"{path}: would be a result of {video}, and is {owner}; rename it or change --out")
