"""Store what a trained branch of single faces sees in every stored still picture of a split: frozen features."""

from pathlib import Path

from affectflow.artifacts.layout import MODEL, SETTINGS
from affectflow.config.system.execution import Device, Loader
from affectflow.config.validate import validated
from affectflow.inference.features import write_image_features
from affectflow.workflow.script import existing, job, parser, run, settings_option


def main() -> None:
    options = parser(__doc__)
    options.add_argument("--model", type=existing, required=True, help="folder of the trained branch")
    options.add_argument("--pictures", type=existing, required=True, help="stored faces")
    options.add_argument("--copy", type=int, default=0, help="0: faces as they are; others are changed by its augment")
    settings_option(options, "device", "loader")
    options.add_argument("--out", type=Path, required=True)
    args = options.parse_args()
    device = validated(Device, args.device, "--device")
    loader = validated(Loader, args.loader, "--loader")
    with job(args, [args.model / MODEL, args.model / SETTINGS, args.pictures], threads=device.threads):
        write_image_features(args.model, args.pictures, args.out, device=device, loader=loader, copy=args.copy)


if __name__ == "__main__":
    run(main)
