"""Pre-train an encoder on still pictures; keep the epoch that is best on the validation split."""

import json

from affectflow.config.system.execution import Device, Loader, Tracking
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
    args = options.parse_args()

    settings = validated(Pretraining, args.pretraining, "--pretraining")
    loader = validated(Loader, args.loader, "--loader")
    device = validated(Device, args.device, "--device")
    tracking = validated(Tracking, args.tracking, "--tracking")

    from affectflow.pretrained.weights import kept_path
    from affectflow.training.pretrain import PretrainingPaths, pretrain

    train, validation = dict(args.train), dict(args.validation)
    inputs = [*train.values(), *validation.values()]
    inputs += [] if settings.init is None else [kept_path(settings.init, args.weights_dir)]
    with job(args, inputs, seeds={"seed": args.seed}, threads=device.threads) as this:
        pretrain(
            args.name,
            settings,
            PretrainingPaths(
                train=train,
                validation=validation,
                checkpoints=args.checkpoints,
                out=args.out,
                weights=args.weights,
                weights_dir=args.weights_dir,
            ),
            seed=args.seed,
            loader=loader,
            device=device,
            tracking=tracking,
            experiment=args.experiment,
            gpus=args.gpus,
            code=this.code.fingerprint,
        )


if __name__ == "__main__":
    run(main)
