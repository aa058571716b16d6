"""Fuse the branches' predictions of a split with stored weights."""

from pathlib import Path

from affectflow.fusion.late_fusion import apply_fusion
from affectflow.workflow.options import fused_options
from affectflow.workflow.script import job, parser, run


def main() -> None:
    options = parser(__doc__)
    fused_options(options)
    options.add_argument("--out", type=Path, required=True, help="fused predictions to write")
    args = options.parse_args()
    with job(args, [args.weights, *dict(args.prediction).values()]):
        apply_fusion(args.weights, args.method, dict(args.prediction), args.out)


if __name__ == "__main__":
    run(main)
