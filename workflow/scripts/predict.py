"""Predict every decoded frame of a split with a trained branch."""

from pathlib import Path

from affectflow.cli.script import existing, parser, run, settings_option
from affectflow.config.settings import Device, Loader
from affectflow.config.validate import validated
from affectflow.training.predict import predict_split


def main() -> None:
    options = parser(__doc__)
    options.add_argument("--model", type=existing, required=True, help="folder of the trained branch")
    options.add_argument("--manifest", type=existing, required=True)
    options.add_argument("--work", type=existing, required=True, help="folder work/<corpus> of the artifacts")
    options.add_argument("--split", required=True)
    settings_option(options, "device", "loader")
    options.add_argument("--out", type=Path, required=True)
    given = options.parse_args()
    predict_split(
        given.model,
        given.manifest,
        given.work,
        given.split,
        given.out,
        device=validated(Device, given.device, "--device"),
        loader=validated(Loader, given.loader, "--loader"),
    )


if __name__ == "__main__":
    run(main)
