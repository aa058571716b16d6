"""Predict the still pictures of a split of an image corpus with a trained branch."""

from pathlib import Path

from affectflow.artifacts.layout import MODEL, SETTINGS
from affectflow.config.system.execution import Device, Loader
from affectflow.config.validate import validated
from affectflow.inference.predict_images import predict_images
from affectflow.workflow.script import existing, job, parser, run, settings_option


def main() -> None:
    options = parser(__doc__)
    options.add_argument("--model", type=existing, required=True, help="folder of the trained branch")
    options.add_argument("--pictures", type=existing, required=True, help="stored faces")
    settings_option(options, "device", "loader")
    options.add_argument("--out", type=Path, required=True)
    args = options.parse_args()
    device = validated(Device, args.device, "--device")
    loader = validated(Loader, args.loader, "--loader")
    with job(args, [args.model / MODEL, args.model / SETTINGS, args.pictures], threads=device.threads):
        predict_images(args.model, args.pictures, args.out, device=device, loader=loader)


if __name__ == "__main__":
    run(main)
