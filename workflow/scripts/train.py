"""Train one branch of a system on the train split; keep the epoch that is best on the validation split."""

import json
from typing import get_args

from affectflow.cli.options import named_path
from affectflow.cli.script import existing, job, parser, run, training_options
from affectflow.config.settings import Device, Loader, Tracking
from affectflow.config.systems import Branch
from affectflow.config.validate import validated
from affectflow.errors import InputError
from affectflow.tasks import joint_name, tasks_of
from affectflow.tracking.tags import place
from affectflow.tracks import Edition


def main() -> None:
    options = parser(__doc__)
    options.add_argument("--branch-name", required=True, help="name of the branch")
    options.add_argument("--branch", type=json.loads, required=True, metavar="JSON", help="settings of the branch")
    options.add_argument("--edition", choices=get_args(Edition), required=True, help="release of the annotations")
    for name in ("manifest", "labels"):
        options.add_argument(
            f"--{name}",
            type=named_path,
            action="append",
            required=True,
            metavar="TRACK=PATH",
            help=f"{name} of a track that is learnt; once for each, in the order of the outputs",
        )
    options.add_argument("--work", type=existing, required=True, help="folder work/<corpus> of the artifacts")
    options.add_argument(
        "--place", type=place, metavar="CORPUS/SYSTEM/TRACKS", help="names the model in MLflow's registry"
    )
    options.add_argument(
        "--pretrained",
        type=named_path,
        action="append",
        default=[],
        metavar="NAME=PATH",
        help="model of a pre-training or branch that the branch's init names; once for each",
    )
    training_options(options)
    given = options.parse_args()

    branch = validated(Branch, given.branch, "--branch")
    loader = validated(Loader, given.loader, "--loader")
    device = validated(Device, given.device, "--device")
    tracking = validated(Tracking, given.tracking, "--tracking")
    manifests, labels = dict(given.manifest), dict(given.labels)
    if list(manifests) != list(labels):
        raise InputError(f"--manifest is given for {', '.join(manifests)}, --labels for {', '.join(labels)}")
    tasks = tasks_of(joint_name(manifests), given.edition)

    from affectflow.streams.index import Labelled, artifact_files, read_indices
    from affectflow.streams.needs import artifacts_of
    from affectflow.training.train import Paths, train_branch
    from affectflow.weights import kept_path, published_weights

    inputs = [*manifests.values(), *labels.values()]
    members = [Labelled(path, None) for path in manifests.values()]
    for split in ("train", "validation"):
        index = read_indices(members, split, tasks, branch.overlap)
        inputs += artifact_files(index, artifacts_of(branch), given.work)
    pretrained = dict(given.pretrained)
    inputs += pretrained.values()
    inputs += [kept_path(name, given.weights_dir) for name in published_weights(branch, pretrained)]
    with job(given, inputs, seeds={"seed": given.seed}, threads=device.threads) as this:
        train_branch(
            given.branch_name,
            branch,
            tasks,
            Paths(
                sources={track.name: Labelled(manifests[track.name], labels[track.name]) for track in tasks.tracks},
                work=given.work,
                checkpoints=given.checkpoints,
                out=given.out,
                weights=given.weights,
                weights_dir=given.weights_dir,
                pretrained=pretrained,
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
