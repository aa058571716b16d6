"""Train one branch of a system on the train split; keep the epoch that is best on the validation split."""

import argparse
import json
from typing import get_args

from affectflow.config.system.branch import Branch
from affectflow.config.system.settings import Device, Loader, Tracking
from affectflow.config.validate import validated
from affectflow.core.errors import InputError
from affectflow.core.tasks import joint_name, tasks_of
from affectflow.core.tracks import Edition
from affectflow.tracking.tags import place
from affectflow.workflow.options import absent_units_option, named_path
from affectflow.workflow.script import existing, job, parser, run, training_options


def _named(options: argparse.ArgumentParser, name: str, what: str, meaning: str) -> None:
    """Add `--<name> WHAT=PATH`, given once for each: a list of pairs."""
    options.add_argument(
        f"--{name}",
        type=named_path,
        action="append",
        default=[],
        metavar=f"{what}=PATH",
        help=f"{meaning}; once for each",
    )


def main() -> None:
    options = parser(__doc__)
    options.add_argument("--branch-name", required=True, help="name of the branch")
    options.add_argument("--branch", type=json.loads, required=True, metavar="JSON", help="settings of the branch")
    options.add_argument("--edition", choices=get_args(Edition), required=True, help="release of the annotations")
    absent_units_option(options)
    options.add_argument(
        "--tracks", help="what is learnt, in the order of the outputs: va+expr+au; default: --manifest's"
    )
    _named(options, "manifest", "TRACK", "manifest of a track that is learnt from the run's own corpus")
    _named(options, "labels", "TRACK", "labels of a track that is learnt from the run's own corpus")
    _named(options, "images", "NAME", "folder work/images/<images> of a member of the branch's sets")
    _named(options, "corpus", "NAME", "folder work/<corpus> of a member of the branch's sets, --work where it is that")
    options.add_argument("--work", type=existing, required=True, help="folder work/<corpus> of the artifacts")
    options.add_argument(
        "--place", type=place, metavar="CORPUS/SYSTEM/TRACKS", help="names the model in MLflow's registry"
    )
    _named(options, "pretrained", "NAME", "model of a pre-training or branch that the branch's init names")
    _named(options, "features", "NAME", "folder of the features of a branch that the branch's features name")
    options.add_argument("--teacher", type=existing, help="folder of the trained branch that is its teacher")
    training_options(options)
    given = options.parse_args()

    branch = validated(Branch, given.branch, "--branch")
    loader = validated(Loader, given.loader, "--loader")
    device = validated(Device, given.device, "--device")
    tracking = validated(Tracking, given.tracking, "--tracking")
    manifests, labels = dict(given.manifest), dict(given.labels)
    if list(manifests) != list(labels):
        raise InputError(f"--manifest is given for {', '.join(manifests)}, --labels for {', '.join(labels)}")
    learnt = given.tracks or joint_name(manifests)
    if not learnt or (not branch.sets and joint_name(manifests) != learnt):
        raise InputError(
            f"--tracks is {learnt or 'not given'}, --manifest is given for {', '.join(manifests) or 'none'}"
        )
    tasks = tasks_of(learnt, given.edition, given.absent_units)
    features = dict(given.features)
    if tuple(features) != (branch.features.of if branch.features else ()):
        raise InputError(f"--features is given for {', '.join(features) or 'none'}; the branch's features name others")
    if (given.teacher is None) != (branch.teacher is None):
        raise InputError(f"--teacher is {given.teacher}, the branch's teacher is {branch.teacher}")

    from affectflow.artifacts.layout import MODEL, SETTINGS, feature_files
    from affectflow.dataloading.index import Labelled, artifact_files, read_indices
    from affectflow.dataloading.needs import artifacts_of
    from affectflow.dataloading.set_members import FaceCorpus, Members
    from affectflow.preflight.members import members_of
    from affectflow.pretrained.weights import kept_path, published_weights
    from affectflow.training.train import Paths, train_branch

    sources = {track: Labelled(manifests[track], labels[track]) for track in manifests}
    corpora = {}
    images, members_learnt = members_of(branch)
    if lacking := [
        name for name in (*images, *members_learnt) if name not in {**dict(given.images), **dict(given.corpus)}
    ]:
        raise InputError(f"--images and --corpus say not where {', '.join(lacking)} lie, which the branch's sets have")
    for name, tracks in members_learnt.items():
        folder = dict(given.corpus)[name]
        others = {t: Labelled(folder / t / "manifest.parquet", folder / t / "labels.parquet") for t in tracks}
        corpora[name] = FaceCorpus(folder, sources if folder == given.work else others)
    members = Members(dict(given.images), corpora)
    inputs = [*manifests.values(), *labels.values()]
    bare = [Labelled(path, None) for path in manifests.values()]
    for split in ("train", "validation"):
        inputs += members.files(split, tasks, branch, features)
        if not branch.sets:
            index = read_indices(bare, split, tasks, branch.overlap)
            inputs += artifact_files(index, artifacts_of(branch), given.work)
            inputs += feature_files(features, split, branch.views(split))
    if branch.loss.coupling is not None:
        inputs.append(branch.loss.coupling.relatedness)
    pretrained = dict(given.pretrained)
    inputs += pretrained.values()
    inputs += [given.teacher / name for name in (MODEL, SETTINGS)] if given.teacher else []
    inputs += [kept_path(name, given.weights_dir) for name in published_weights(branch, pretrained)]
    with job(given, inputs, seeds={"seed": given.seed}, threads=device.threads) as this:
        train_branch(
            given.branch_name,
            branch,
            tasks,
            Paths(
                sources=sources,
                work=given.work,
                checkpoints=given.checkpoints,
                out=given.out,
                weights=given.weights,
                weights_dir=given.weights_dir,
                pretrained=pretrained,
                members=members,
                features=features,
                teacher=given.teacher,
            ),
            seed=given.seed,
            loader=loader,
            device=device,
            tracking=tracking,
            experiment=given.experiment,
            place=given.place,
            gpus=given.gpus,
            code=this.code.fingerprint,
        )


if __name__ == "__main__":
    run(main)
