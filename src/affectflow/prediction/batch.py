"""Many videos: what is done stays done, and one bad file stops none of the others."""

import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import pandas as pd

from affectflow.artifacts.job import Job, running
from affectflow.artifacts.record import read_record, record_path
from affectflow.core.errors import InputError
from affectflow.datasets.video.video_names import check_results
from affectflow.prediction.folder import SUMMARY_RULE, VIDEO_RULE, check_ours
from affectflow.prediction.integrity import Integrity
from affectflow.prediction.one_video import Task
from affectflow.prediction.outputs import TABLE_OF_CLIPS, TABLE_OF_PEOPLE, Kinds, Outputs, outputs_of
from affectflow.prediction.progress import BatchProgress
from affectflow.prediction.rerun_reason import find_rerun_reason
from affectflow.prediction.selection import Selection
from affectflow.prediction.summary import INDEX, SUMMARY, Row, video_rows, write_index, write_summary
from affectflow.prediction.system import TrainedSystem
from affectflow.prediction.table import VIDEO, read_table, write_table
from affectflow.prediction.video import stages
from affectflow.prediction.workers import score_all

NewJob = Callable[[str, list[str]], Job]
"""Begins a job of a rule that has read nothing yet; the list says who is selected of a video."""


@dataclass
class Outcome:
    """What became of the videos of a batch, by name."""

    scored: list[str] = field(default_factory=list)
    """Those that have results, also where these were made before."""
    failed: dict[str, str] = field(default_factory=dict)
    """The reason of each that has none."""
    warned: dict[str, str] = field(default_factory=dict)
    """What weighs heavily of each that was scored but is not whole."""


def predict_videos(
    videos: Sequence[Path],
    system: TrainedSystem,
    out: Path,
    new_job: NewJob,
    kinds: Kinds,
    selection: Selection,
    again: bool = False,
    jobs: int = 1,
) -> Outcome:
    """Score videos and write, of each, what `kinds` asks for, and of all the summary.

    A video is left as it is where all its results are whole and were made from the same video, models, settings and
    code, as their records say.

    Args:
        videos: media files; from `check_videos`.
        system: what scores them.
        out: folder of results.
        new_job: each video's results are one job's, the summary another's.
        kinds: which results.
        selection: which people.
        again: whether to score also what need not be.
        jobs: how many at the same time; the results do not depend on it.
    """
    outputs = {path: outputs_of(path, out, kinds) for path in videos}
    failed: dict[str, str] = {}
    tasks: list[Task] = []
    for path in videos:
        job = new_job(VIDEO_RULE, selection.describe(path.name))
        try:
            job.reads([path, *system.files()])
        except InputError as error:
            failed[path.name] = str(error)
            continue
        if again or (why := find_rerun_reason(job, outputs[path].files())):
            tasks.append(Task(path, outputs[path], job))
            if not again and outputs[path].files()[0].exists():
                print(f"{path.name}: made again: {why}", file=sys.stderr)
    skipped = len(videos) - len(tasks) - len(failed)
    if skipped:
        print(f"{skipped} of {len(videos)} video(s) are scored already", file=sys.stderr)
    count = len(stages(system)) + len(kinds.stages())
    with BatchProgress([task.path.stat().st_size for task in tasks], count) as progress:
        for task, reason in score_all(tasks, system, selection, progress, jobs):
            if reason:
                failed[task.path.name] = reason
    failed = {path.name: failed[path.name] for path in videos if path.name in failed}
    scored = {path: outputs[path] for path in videos if path.name not in failed}
    rows = _summarise(scored, failed, system, out, new_job(SUMMARY_RULE, []))
    warned = {str(row[VIDEO]): str(row["warning"]) for row in rows if row["warning"]}
    return Outcome([path.name for path in scored], failed, warned)


def _summarise(
    videos: Mapping[Path, Outputs], failed: Mapping[str, str], system: TrainedSystem, out: Path, job: Job
) -> list[Row]:
    # From the files, so that a video that was scored before counts like one that was scored now.
    rows: list[Row] = []
    clips: list[pd.DataFrame] = []
    people: list[pd.DataFrame] = []
    for path, outputs in videos.items():
        job.reads(file for file in (outputs.table, outputs.clip, outputs.people) if file)
        frames = read_table(outputs.table) if outputs.table else None
        clip = read_table(outputs.clip, VIDEO) if outputs.clip else None
        integrity = Integrity.of_record(read_record(record_path(outputs.files()[0])))
        rows += video_rows(path.name, frames, clip, system, integrity)
        clips += [] if clip is None else [clip]
        people.append(read_table(outputs.people, VIDEO))
    with running(job):
        if clips:
            write_table(pd.concat(clips), out / TABLE_OF_CLIPS)
        if people:
            write_table(pd.concat(people), out / TABLE_OF_PEOPLE)
        write_summary(rows, failed, out / SUMMARY)
        write_index(rows, {path.name: outputs for path, outputs in videos.items()}, failed, system, out / INDEX)
    return rows


def check_videos(videos: Sequence[Path], out: Path, kinds: Kinds) -> None:
    """Check that no result would overwrite a video, another result or a file of another origin, and that each can have
    its name.

    Raises:
        InputError: one would, or cannot; names it.
    """
    names = (SUMMARY, INDEX, TABLE_OF_PEOPLE, *([TABLE_OF_CLIPS] if kinds.clip else []))
    owners = {(out / name).resolve(): f"the {name} of all videos" for name in names}
    owners |= {path.resolve(): f"the video {path}" for path in videos}
    for video in videos:
        check_results(video, outputs_of(video, out, kinds).files())
        for path in outputs_of(video, out, kinds).files():
            owner = owners.setdefault(path.resolve(), f"a result of {video}")
            if owner != f"a result of {video}":
                raise InputError(f"{path}: would be a result of {video}, and is {owner}; rename it or change --out")
    results = (path for video in videos for path in outputs_of(video, out, kinds).files())
    check_ours([*(out / name for name in names), *results], out)
