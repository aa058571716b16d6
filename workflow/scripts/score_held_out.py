"""Score the demo's test predictions against its held-out labels; refused for any other corpus."""

from pathlib import Path

from affectflow.cli.script import existing, job, parser, run
from affectflow.report.held_out import score_held_out


def main() -> None:
    options = parser(__doc__)
    options.add_argument("--fused", type=Path, required=True, help="fused predictions of the test split")
    options.add_argument(
        "--held-out", type=existing, required=True, metavar="DIR", help="folder of held-out label files"
    )
    options.add_argument("--weights", type=Path, required=True, help="what fuse.py wrote")
    options.add_argument("--method", required=True, metavar="NAME", help="the method that was fused")
    options.add_argument("--corpus", required=True, metavar="NAME", help="what is scored")
    options.add_argument(
        "--tolerance", type=int, default=1, metavar="FRAMES", help="largest difference that is reconciled"
    )
    options.add_argument("--out", type=Path, required=True, help="JSON file to write")
    given = options.parse_args()
    labels = sorted(given.held_out.glob("*.txt"))
    with job(given, [given.fused, given.weights, *labels]):
        score_held_out(
            fused=given.fused,
            held_out=given.held_out,
            weights=given.weights,
            method=given.method,
            corpus=given.corpus,
            tolerance=given.tolerance,
            out=given.out,
        )


if __name__ == "__main__":
    run(main)
