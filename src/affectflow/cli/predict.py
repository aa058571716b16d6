"""`affectflow predict VIDEO… --out DIR`: scores of a trained, fused system for any videos."""

import argparse
import sys
import tempfile
from functools import partial
from pathlib import Path

from affectflow.artifacts.job import Job
from affectflow.body.registry import backend_module
from affectflow.cli.main import settings_option
from affectflow.cli.script import ROOT, committed, this_machine
from affectflow.config.load import load_run
from affectflow.corpus.listing import find_videos
from affectflow.errors import InputError
from affectflow.face.registry import detector_module
from affectflow.lineage.code import code_of


def add_options(options: argparse.ArgumentParser) -> None:
    options.add_argument("videos", nargs="+", type=Path, metavar="VIDEO", help="media files, or folders of them")
    options.add_argument("--out", type=Path, required=True, metavar="DIR", help="folder of results")
    options.add_argument("--no-overlay", action="store_true", help="write no video, only the table")
    settings_option(options)


def main(arguments: argparse.Namespace) -> int:
    videos = _videos(arguments.videos)
    run = load_run(arguments.settings)
    # Heavy imports come last, so that a wrong name or setting is told at once.
    from affectflow.pipeline import find_trained, predict_video
    from affectflow.systems.registry import network_module

    system = find_trained(run, Path())
    modules = [detector_module(run.faces.detector), backend_module(run.body.backend)]
    modules += [network_module(run.system.branches[branch].network.name) for branch in system.models]
    code = committed(code_of(Path("src/affectflow/cli/predict.py"), ROOT, modules))
    machine = this_machine(run.device.threads)
    failed: list[str] = []
    for number, path in enumerate(videos, start=1):
        place = f"[{number}/{len(videos)}] {path.name}"
        try:
            with tempfile.TemporaryDirectory(prefix="affectflow-") as work:
                job = Job("predict_video", {"settings": run.model_dump(mode="json")}, code, machine)
                job.reads([path, *system.files()])
                frames = predict_video(
                    path,
                    system,
                    arguments.out,
                    Path(work),
                    job,
                    overlay=not arguments.no_overlay,
                    say=partial(_say, place),
                )
            print(f"{place}: {frames} frames")
        except InputError as error:
            failed.append(path.name)
            print(f"{place}: error: {error}", file=sys.stderr)
    if failed:
        print(f"{len(failed)} of {len(videos)} video(s) failed: {', '.join(failed)}", file=sys.stderr)
    return 1 if failed else 0


def _say(place: str, stage: str) -> None:
    print(f"{place}: {stage}", file=sys.stderr, flush=True)


def _videos(given: list[Path]) -> list[Path]:
    """Files as given and those of folders; InputError where one is missing or two results would collide."""
    found: dict[str, Path] = {}
    for path in given:
        for video in find_videos(path).values() if path.is_dir() else [path]:
            if not video.is_file():
                raise InputError(f"{video}: no such file")
            if video.stem in found and found[video.stem] != video:
                raise InputError(f"{video} and {found[video.stem]}: both would be {video.stem}.csv; rename one")
            found[video.stem] = video
    if not found:
        raise InputError(f"{', '.join(map(str, given))}: no video there")
    return list(found.values())
