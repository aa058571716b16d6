"""`affectflow predict VIDEO… --out DIR`: scores of a trained, fused system for any videos."""

import argparse
import signal
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, cast, get_args

from affectflow.artifacts.digest import digest_of, file_digest
from affectflow.artifacts.job import Job
from affectflow.cli.main import settings_of, settings_option
from affectflow.cli.places import checked_place
from affectflow.config.data.preprocessing import Decode
from affectflow.config.system.load import load_run
from affectflow.config.validate import validated
from affectflow.core.errors import InputError
from affectflow.core.project import project_of
from affectflow.core.tracks import TrackName
from affectflow.datasets.video.listing import find_videos
from affectflow.datasets.video.video_names import describe_non_videos
from affectflow.lineage.code import code_of
from affectflow.prediction.folder import check_elsewhere, check_writable
from affectflow.prediction.progress import spent
from affectflow.prediction.selection import NamedPerson, Selection, Wanted, Words
from affectflow.preprocessing.body.registry import backend_module
from affectflow.preprocessing.face.registry import face_modules
from affectflow.workflow.script import ROOT, committed, this_machine

if TYPE_CHECKING:
    from affectflow.prediction.batch import Outcome

# Settings that scores of a video follow from, besides those that the models bring along.
_SETTINGS = {"decode", "faces", "body", "mel", "device"}


def add_options(options: argparse.ArgumentParser) -> None:
    options.add_argument("videos", nargs="+", metavar="VIDEO", help="video files, or folders with videos")
    options.add_argument("--out", type=Path, required=True, metavar="DIR", help="folder of results")
    options.add_argument(
        "--tracks",
        type=_tracks,
        metavar="NAMES",
        help=f"tracks to predict, such as {','.join(get_args(TrackName))} (default: all trained ones)",
    )
    options.add_argument(
        "--sound-track", type=int, metavar="NUMBER", help="sound track, counted from 1, instead of decode.sound_track"
    )
    options.add_argument(
        "--people",
        type=_people,
        metavar="WHO",
        help="main: the most prominent person of a video; all: everyone whose face is found; a number: the so many "
        "most prominent; prominent (default): everyone with at least a twentieth of the main person's prominence, or "
        "the people named by --person",
    )
    options.add_argument(
        "--person",
        type=_named_person,
        action="append",
        default=[],
        metavar="NAME=WHO",
        help="a person's name: NAME=NUMBER, as in people.csv, or NAME=SECONDS@X,Y, a time and where the face is, as "
        "the column `at` has it; NAME=VIDEO:… of one video; may be given several times",
    )
    options.add_argument(
        "--jobs",
        type=_jobs,
        default=1,
        metavar="NUMBER",
        help="videos that are scored at the same time, each by a process with device.threads threads (default: 1)",
    )
    options.add_argument("--no-overlay", action="store_true", help="do not write videos with the scores drawn on them")
    options.add_argument("--no-viewer", action="store_true", help="do not write viewer pages")
    options.add_argument(
        "--no-overlap",
        action="store_true",
        help="cut sequences of frames as in the paper: scores may jump from one to the next",
    )
    options.add_argument(
        "--again", action="store_true", help="also score videos whose results are complete and up to date"
    )
    settings_option(options)


def main(arguments: argparse.Namespace) -> int:
    begin = time.monotonic()
    videos = _videos(arguments.videos, arguments.out)
    files = settings_of(arguments)
    run = load_run(files)
    if arguments.sound_track is not None:
        decode = run.decode.model_dump() | {"sound_track": arguments.sound_track}
        run = run.model_copy(update={"decode": validated(Decode, decode, "--sound-track")})
    root = run.corpus.root
    check_writable(arguments.out)
    check_elsewhere(arguments.out, project_of(files[-1]), root if isinstance(root, Path) else None)
    # Heavy imports come last, so that a wrong name or setting is told at once.
    from affectflow.models.folder import read_branch
    from affectflow.papers.registry import network_module
    from affectflow.prediction.batch import check_videos, predict_videos
    from affectflow.prediction.outputs import Kinds
    from affectflow.prediction.system import find_trained
    from affectflow.preprocessing.media.trial import encoder, usable
    from affectflow.report.viewer.page import asset_files

    program = usable(run.decode.ffmpeg)
    if not (arguments.no_overlay and arguments.no_viewer):
        encoder(run.decode.ffmpeg)
    system = find_trained(run, project_of(files[-1]), arguments.tracks, not arguments.no_overlap)
    kinds = Kinds(system.framed, system.per_clip, not arguments.no_overlay, not arguments.no_viewer)
    check_videos(videos, arguments.out, kinds)
    if system.untrained:
        print(f"track {', '.join(system.untrained)}: not trained here, left out", file=sys.stderr)
    modules = face_modules(run.faces.detector, run.faces.identity.embedder)
    modules.append(backend_module(run.body.backend))
    models = [
        model for track in system.tracks.values() for model in (*track.models.values(), *track.extractors.values())
    ]
    modules += [network_module(read_branch(model)[0].network.name) for model in models]
    code = committed(code_of(Path("src/affectflow/cli/predict.py"), ROOT, modules))
    options = {
        "settings": run.model_dump(mode="json", include=_SETTINGS, exclude={"decode": {"unreadable"}}),
        "windowing": system.run.inference.videos.describe(),
        "ffmpeg": program.identity,
        "corpus": run.corpus.name,
        "system": run.system.name,
        "tracks": {
            name: track.method.model_dump(mode="json", include={"branches", "edition"})
            for name, track in system.tracks.items()
        },
        "viewer": digest_of({path.name: file_digest(path) for path in asset_files()}),
    }

    def job(rule: str, people: list[str]) -> Job:
        return Job(rule, options | {"people": people}, code, this_machine(run.device.threads))

    selection = Selection(arguments.people, tuple(arguments.person))
    selection.check({video.name for video in videos})
    # A batch that is told to end does so as by Ctrl-C: what is temporary is deleted, and what was started ends, too.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    outcome = predict_videos(videos, system, arguments.out, job, kinds, selection, arguments.again, arguments.jobs)
    _close(outcome, arguments.out, time.monotonic() - begin)
    return 1 if outcome.failed else 0


def _close(outcome: "Outcome", out: Path, seconds: float) -> None:
    """Say what failed and why, and last what became of all, and where the results are."""
    from affectflow.prediction.summary import INDEX

    for name, warning in outcome.warned.items():
        print(f"warning: {name}: {warning}", file=sys.stderr)
    for name, reason in outcome.failed.items():
        print(f"failed: {name}: {reason}", file=sys.stderr)
    warned = f", {len(outcome.warned)} with warnings" if outcome.warned else ""
    counts = f"{len(outcome.scored)} scored{warned}, {len(outcome.failed)} failed, in {spent(seconds)}"
    print(f"results in {out} ({INDEX} shows all): {counts}", file=sys.stderr, flush=True)


def _jobs(text: str) -> int:
    if text.isdecimal() and int(text):
        return int(text)
    raise argparse.ArgumentTypeError(f"found {text!r}, expected a number from 1 on")


def _people(text: str) -> Wanted:
    if text.isdecimal() and int(text):
        return int(text)
    if text in get_args(Words):
        return cast(Words, text)
    raise argparse.ArgumentTypeError(f"found {text!r}, expected main, prominent, all or a number from 1 on")


def _named_person(text: str) -> NamedPerson:
    try:
        return NamedPerson.parse(text)
    except ValueError as error:
        raise argparse.ArgumentTypeError(str(error)) from error


def _tracks(text: str) -> list[str]:
    names = text.split(",")
    if wrong := sorted(set(names) - set(get_args(TrackName))):
        raise argparse.ArgumentTypeError(f"{', '.join(wrong)}: not a track; known are {', '.join(get_args(TrackName))}")
    return names


def _videos(names: list[str], out: Path) -> list[Path]:
    """Files as given and those of folders; InputError where one is missing or two results would collide."""
    videos: dict[str, Path] = {}
    other_files: list[str] = []
    for path in map(checked_place, names):
        if path.is_dir() and out.resolve().is_relative_to(path.resolve()):
            raise InputError(f"--out {out}: lies in {path}, where its videos would be taken for yours; choose another")
        for video in find_videos(path, other_files).values() if path.is_dir() else [path]:
            if not video.is_file():
                raise InputError(f"{video}: no such file")
            if video.stem in videos and videos[video.stem] != video:
                raise InputError(f"{video} and {videos[video.stem]}: both would be {video.stem}.csv; rename one")
            videos[video.stem] = video
    if not videos:
        raise InputError("; ".join([f"{', '.join(names)}: no video there", *describe_non_videos(other_files)]))
    for note in describe_non_videos(other_files):
        print(note, file=sys.stderr)
    return list(videos.values())
