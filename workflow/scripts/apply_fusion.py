"""Fuse the branches' predictions of a split with stored weights."""

from pathlib import Path

from affectflow.fusion.late_fusion import apply_fusion
from affectflow.workflow.options import fused_options
from affectflow.workflow.script import job, parser, run


def main() -> None:
    options = parser(__doc__)
    fused_options(options)
    options.add_argument("--out", type=Path, required=True, help="fused predictions to write")
    given = options.parse_args()
    with job(given, [given.weights, *dict(given.prediction).values()]):
        apply_fusion(given.weights, given.method, dict(given.prediction), given.out)


if __name__ == "__main__":
    run(main)
