"""Fuse the branches' predictions of a split with stored weights."""

from pathlib import Path

from affectflow.cli.options import named_path
from affectflow.cli.script import parser, run
from affectflow.training.late_fusion import apply_fusion


def main() -> None:
    options = parser(__doc__)
    options.add_argument("--weights", type=Path, required=True, help="what fuse.py wrote")
    options.add_argument("--method", required=True, metavar="NAME", help="method of the weights file")
    options.add_argument(
        "--prediction",
        type=named_path,
        action="append",
        required=True,
        metavar="BRANCH=PATH",
        help="predictions of a branch; once for each of the method, others are left alone",
    )
    options.add_argument("--out", type=Path, required=True, help="fused predictions to write")
    given = options.parse_args()
    apply_fusion(given.weights, given.method, dict(given.prediction), given.out)


if __name__ == "__main__":
    run(main)
