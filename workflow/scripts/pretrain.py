"""Pre-train an encoder on still pictures; keep the epoch that is best on the validation split."""

import json

from affectflow.config.system.settings import Device, Loader, Tracking
from affectflow.config.training.pretraining import Pretraining
from affectflow.config.validate import validated
from affectflow.workflow.options import named_path
from affectflow.workflow.script import job, parser, run, training_options


def main() -> None:
    options = parser(__doc__)
    options.add_argument("--name", required=True, help="name of the pre-training")
    options.add_argument("--pretraining", type=json.loads, required=True, metavar="JSON", help="its settings")
    for split, meaning in (("train", "pictures to learn from"), ("validation", "pictures to score")):
        options.add_argument(
            f"--{split}",
            type=named_path,
            action="append",
            required=True,
            metavar="IMAGES=PATH",
            help=f"{meaning}; once for each image corpus",
        )
    training_options(options)
    given = options.parse_args()

    settings = validated(Pretraining, given.pretraining, "--pretraining")
    loader = validated(Loader, given.loader, "--loader")
    device = validated(Device, given.device, "--device")
    tracking = validated(Tracking, given.tracking, "--tracking")

    from affectflow.pretrained.weights import kept_path
    from affectflow.training.pretrain import PretrainingPaths, pretrain

    train, validation = dict(given.train), dict(given.validation)
    inputs = [*train.values(), *validation.values()]
    inputs += [] if settings.init is None else [kept_path(settings.init, given.weights_dir)]
    with job(given, inputs, seeds={"seed": given.seed}, threads=device.threads) as this:
        pretrain(
            given.name,
            settings,
            PretrainingPaths(
                train=train,
                validation=validation,
                checkpoints=given.checkpoints,
                out=given.out,
                weights=given.weights,
                weights_dir=given.weights_dir,
            ),
            seed=given.seed,
            loader=loader,
            device=device,
            tracking=tracking,
            experiment=given.experiment,
            gpus=given.gpus,
            code=this.code.fingerprint,
        )


if __name__ == "__main__":
    run(main)
