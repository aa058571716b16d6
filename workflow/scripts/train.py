"""Train one branch of a system on the train split; keep the epoch that is best on the validation split."""

import json

from affectflow.cli.options import given_track, named_path, track_options
from affectflow.cli.script import existing, job, parser, run, training_options
from affectflow.config.settings import Device, Loader, Tracking
from affectflow.config.systems import Branch
from affectflow.config.validate import validated
from affectflow.tracking.tags import place


def main() -> None:
    options = parser(__doc__)
    options.add_argument("--branch-name", required=True, help="name of the branch")
    options.add_argument("--branch", type=json.loads, required=True, metavar="JSON", help="settings of the branch")
    track_options(options)
    options.add_argument("--manifest", type=existing, required=True)
    options.add_argument("--labels", type=existing, required=True)
    options.add_argument("--work", type=existing, required=True, help="folder work/<corpus> of the artifacts")
    options.add_argument(
        "--place", type=place, metavar="CORPUS/SYSTEM/TRACK", help="names the model in MLflow's registry"
    )
    options.add_argument(
        "--pretrained",
        type=named_path,
        action="append",
        default=[],
        metavar="NAME=PATH",
        help="model of a pre-training that the branch's init names; once for each",
    )
    training_options(options)
    given = options.parse_args()

    branch = validated(Branch, given.branch, "--branch")
    loader = validated(Loader, given.loader, "--loader")
    device = validated(Device, given.device, "--device")
    tracking = validated(Tracking, given.tracking, "--tracking")
    track = given_track(given)

    from affectflow.streams.index import artifact_files, read_index
    from affectflow.streams.needs import artifacts_of
    from affectflow.training.train import Paths, train_branch
    from affectflow.weights import kept_path, published_weights

    inputs = [given.manifest, given.labels]
    for split in ("train", "validation"):
        inputs += artifact_files(read_index(given.manifest, None, split, track), artifacts_of(branch), given.work)
    pretrained = dict(given.pretrained)
    inputs += pretrained.values()
    inputs += [kept_path(name, given.weights_dir) for name in published_weights(branch, pretrained)]
    with job(given, inputs, seeds={"seed": given.seed}, threads=device.threads) as this:
        train_branch(
            given.branch_name,
            branch,
            track,
            Paths(
                manifest=given.manifest,
                labels=given.labels,
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
