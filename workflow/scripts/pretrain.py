"""Pre-train an encoder on still pictures; keep the epoch that is best on the validation split."""

import json

from affectflow.cli.script import existing, job, parser, run, training_options
from affectflow.config.pretraining import Pretraining
from affectflow.config.settings import Device, Loader, Tracking
from affectflow.config.validate import validated


def main() -> None:
    options = parser(__doc__)
    options.add_argument("--name", required=True, help="name of the pre-training")
    options.add_argument("--pretraining", type=json.loads, required=True, metavar="JSON", help="its settings")
    options.add_argument("--train", type=existing, required=True, help="pictures to learn from")
    options.add_argument("--validation", type=existing, required=True, help="pictures to score")
    training_options(options)
    given = options.parse_args()

    settings = validated(Pretraining, given.pretraining, "--pretraining")
    loader = validated(Loader, given.loader, "--loader")
    device = validated(Device, given.device, "--device")
    tracking = validated(Tracking, given.tracking, "--tracking")

    from affectflow.training.pretrain import PretrainingPaths, pretrain
    from affectflow.weights import kept_path

    inputs = [given.train, given.validation]
    inputs += [] if settings.init is None else [kept_path(settings.init, given.weights_dir)]
    with job(given, inputs, seeds={"seed": given.seed}, threads=device.threads) as this:
        pretrain(
            given.name,
            settings,
            PretrainingPaths(
                train=given.train,
                validation=given.validation,
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
