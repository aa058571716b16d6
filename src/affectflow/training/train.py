"""Train one branch of a system."""

import sys
from collections.abc import Sequence
from pathlib import Path

from affectflow.artifacts.layout import MODEL, SETTINGS
from affectflow.config.system.branch import Branch
from affectflow.config.system.execution import Device, Loader, Tracking
from affectflow.core.errors import InputError
from affectflow.core.tasks import Tasks
from affectflow.models.folder import parameter_counts
from affectflow.training.assembly import assemble
from affectflow.training.data import BranchData, SequenceData
from affectflow.training.logged import Logged
from affectflow.training.paths import Paths
from affectflow.training.session import Plan, Session
from affectflow.training.source_data import SourceData


def train_branch(
    name: str,
    branch: Branch,
    tasks: Tasks,
    paths: Paths,
    *,
    seed: int,
    loader: Loader,
    device: Device,
    tracking: Tracking | None,
    experiment: str,
    place: str | None = None,
    gpus: int | None = None,
    code: str = "",
) -> Path:
    """Train a branch, keep the epoch with the best validation score, or those that its settings name, and write it as a
    model folder.

    The folder holds `model.safetensors`, `branch.json` (settings, parameter counts, scores of the kept epoch),
    `metrics.csv` (one row an epoch), `curves.png`, `validation.png` (predictions of the kept epoch against annotations)
    and `run.json` (what differs between equal runs: MLflow run, times, machine).
    An interrupted training goes on after its last whole epoch and ends with the same bytes, where settings, code
    and data are the same; otherwise it starts anew and says so.

    Args:
        name: of the branch.
        branch: its settings.
        tasks: what it predicts.
        paths: where to read and write.
        seed: fixes initial weights, order, augmentation and dropout.
        loader: how data are read.
        device: accelerator, precision and CPU threads.
        tracking: MLflow store; None to log nowhere.
        experiment: of MLflow.
        place: `<corpus>/<system>/<track>`, which names the model in MLflow's registry; without it none is registered.
        gpus: lent to this job; those of `device` when not given.
        code: fingerprint of the code; another one makes old checkpoints void.

    Returns:
        `paths.out`.

    Raises:
        InputError: an empty split, no annotated frame, missing artifacts or weights, several devices for a network
            that carries a state (all before the first epoch), full memory, or a loss that is not finite, with the batch
            named.
    """
    settings = branch.model_dump(mode="json")
    logged = Logged(tracking, experiment, place)
    trains_on_validation = branch.fit_on == "train_and_validation"
    plan = Plan(
        "branch", name, branch, settings, tasks, seed, paths.checkpoints, paths.out, logged, trains_on_validation
    )
    session = Session(plan, device, gpus)
    if branch.carries and session.devices > 1:
        raise InputError(
            f"branch {name}: network.carry takes the segments of a video one after the other, which {session.devices} "
            "GPUs or processes cannot share; set device.gpus and device.processes to 1, or network.carry to false"
        )
    data = _data(branch, tasks, paths, seed, loader)
    if data.left_out:
        print(
            f"{name}: {_describe_left_out(data.left_out)} (cross_split_subjects: {branch.cross_split_subjects})",
            file=sys.stderr,
        )
    module = assemble(name, branch, tasks, paths, data, seed)
    fitted = session.fit(module, data, data.frames, code, _small_files(branch, paths), data.artifacts())
    if fitted is None:
        return paths.out
    description = {
        "branch": name,
        "track": tasks.name,
        "edition": tasks.edition,
        "outputs": list(tasks.outputs),
        "inputs": data.inputs(),
        "seed": seed,
        "parameters": parameter_counts(module.network),
        "kept": fitted.log.kept_rows if branch.ensemble_epochs else fitted.log.best,
        "epochs": len(fitted.log.rows),
        "splits": data.splits(),
        "note": branch.note,
        "settings": settings,
    }
    if module.units_left_out is not None:
        description["units_left_out"] = module.units_left_out
    session.write(fitted, description, data.annotated)
    return paths.out


def _data(branch: Branch, tasks: Tasks, paths: Paths, seed: int, loader: Loader) -> BranchData:
    if branch.sources:
        return SourceData(branch, tasks, paths.members, seed, loader, paths.features)
    sources = [paths.sources[track.name] for track in tasks.tracks]
    return SequenceData(branch, tasks, sources, paths.work, seed, loader, paths.features)


def _small_files(branch: Branch, paths: Paths) -> list[Path]:
    """Inputs that are small."""
    files = [file for source in paths.sources.values() for file in (source.manifest, source.labels) if file is not None]
    files += paths.pretrained.values()
    files += [] if paths.teacher is None else [paths.teacher / name for name in (MODEL, SETTINGS)]
    return files if branch.loss.coupling is None else [*files, branch.loss.coupling.relatedness]


def _describe_left_out(left_out: Sequence[str]) -> str:
    return (
        f"{len(left_out)} training subjects are left out, since another track validates or tests on them: "
        f"{', '.join(left_out)}"
    )
