"""Train one branch of a system on the train split; keep the epoch that is best on the validation split."""

import argparse
import json
from typing import get_args

from affectflow.config.system.branch import Branch
from affectflow.config.system.execution import Device, Loader, Tracking
from affectflow.config.validate import validated
from affectflow.core.tasks import tasks_of
from affectflow.core.tracks import Edition
from affectflow.tracking.tags import place
from affectflow.workflow.options import absent_units_option, named_path
from affectflow.workflow.script import existing, job, parser, run, training_options


def _named(options: argparse.ArgumentParser, name: str, key: str, meaning: str) -> None:
    """Add `--<name> KEY=PATH`, given once for each: a list of pairs."""
    options.add_argument(
        f"--{name}",
        type=named_path,
        action="append",
        default=[],
        metavar=f"{key}=PATH",
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
    _named(options, "images", "NAME", "folder work/images/<images> of a member of the branch's sources")
    _named(
        options, "corpus", "NAME", "folder work/<corpus> of a member of the branch's sources, --work where it is that"
    )
    options.add_argument("--work", type=existing, required=True, help="folder work/<corpus> of the artifacts")
    options.add_argument(
        "--place", type=place, metavar="CORPUS/SYSTEM/TRACKS", help="names the model in MLflow's registry"
    )
    _named(options, "pretrained", "NAME", "model of a pre-training or branch that the branch's init names")
    _named(options, "features", "NAME", "folder of the features of a branch that the branch's features name")
    options.add_argument("--teacher", type=existing, help="folder of the trained branch that is its teacher")
    training_options(options)
    args = options.parse_args()

    branch = validated(Branch, args.branch, "--branch")
    loader = validated(Loader, args.loader, "--loader")
    device = validated(Device, args.device, "--device")
    tracking = validated(Tracking, args.tracking, "--tracking")

    from affectflow.training.paths import learnt_task, training_paths
    from affectflow.training.train import train_branch

    manifests = dict(args.manifest)
    tasks = tasks_of(learnt_task(branch, args.tracks, manifests), args.edition, args.absent_units)
    paths = training_paths(
        branch,
        manifests,
        labels=dict(args.labels),
        images=dict(args.images),
        corpora=dict(args.corpus),
        work=args.work,
        checkpoints=args.checkpoints,
        out=args.out,
        weights=args.weights,
        weights_dir=args.weights_dir,
        pretrained=dict(args.pretrained),
        features=dict(args.features),
        teacher=args.teacher,
    )
    with job(args, paths.inputs(branch, tasks), seeds={"seed": args.seed}, threads=device.threads) as this:
        train_branch(
            args.branch_name,
            branch,
            tasks,
            paths,
            seed=args.seed,
            loader=loader,
            device=device,
            tracking=tracking,
            experiment=args.experiment,
            place=args.place,
            gpus=args.gpus,
            code=this.code.fingerprint,
        )


if __name__ == "__main__":
    run(main)
