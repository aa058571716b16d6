"""Find the weights of every method's late fusion on validation."""

from pathlib import Path

from affectflow.cli.options import json_or_file, prediction_option
from affectflow.cli.script import parser, run, settings_option
from affectflow.config.systems import Fusion, Method
from affectflow.config.validate import validated
from affectflow.training.late_fusion import fuse


def main() -> None:
    options = parser(__doc__)
    prediction_option(options)
    options.add_argument("--labels", type=Path, required=True, help="label table")
    options.add_argument("--manifest", type=Path, help="check that predictions cover its validation frames")
    options.add_argument(
        "--methods",
        type=json_or_file,
        required=True,
        metavar="JSON",
        help="{name: {branches: […]}}, or @FILE",
    )
    settings_option(options, "fusion")
    options.add_argument("--out", type=Path, required=True, help="weights to write")
    given = options.parse_args()
    fuse(
        predictions=dict(given.prediction),
        labels=given.labels,
        methods={title: validated(Method, method, "--methods") for title, method in given.methods.items()},
        fusion=validated(Fusion, given.fusion, "--fusion"),
        out=given.out,
        manifest=given.manifest,
    )


if __name__ == "__main__":
    run(main)
