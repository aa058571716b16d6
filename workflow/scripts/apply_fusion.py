"""Fuse the branches' predictions of a split with stored weights."""

from pathlib import Path

from affectflow.cli.options import fused_options
from affectflow.cli.script import job, parser, run
from affectflow.training.late_fusion import apply_fusion


def main() -> None:
    options = parser(__doc__)
    fused_options(options)
    options.add_argument("--out", type=Path, required=True, help="fused predictions to write")
    given = options.parse_args()
    with job(given, [given.weights, *dict(given.prediction).values()]):
        apply_fusion(given.weights, given.method, dict(given.prediction), given.out)


if __name__ == "__main__":
    run(main)
