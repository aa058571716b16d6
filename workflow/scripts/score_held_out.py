"""Score the demo's test predictions against its held-out labels; refused for any other corpus."""

from pathlib import Path

from affectflow.config.evaluation.scoring import Scoring
from affectflow.config.validate import validated
from affectflow.report.tables.held_out import TABLE, score_held_out
from affectflow.workflow.options import prediction_option
from affectflow.workflow.script import existing, job, parser, run, settings_option


def main() -> None:
    options = parser(__doc__)
    prediction_option(options)
    options.add_argument(
        "--held-out", type=existing, required=True, metavar="DIR", help="folder of held-out label files or table"
    )
    options.add_argument("--weights", type=Path, required=True, help="what fuse.py wrote")
    options.add_argument("--method", required=True, metavar="NAME", help="the method that was fused")
    options.add_argument("--corpus", required=True, metavar="NAME", help="what is scored")
    options.add_argument(
        "--tolerance", type=int, default=1, metavar="FRAMES", help="largest difference that is reconciled"
    )
    options.add_argument("--seed", type=int, required=True, help="of the resampling")
    settings_option(options, "scoring")
    options.add_argument("--out", type=Path, required=True, help="JSON file to write")
    args = options.parse_args()
    labels = sorted(path for path in args.held_out.iterdir() if path.suffix == ".txt" or path.name == TABLE)
    with job(args, [args.weights, *dict(args.prediction).values(), *labels]):
        score_held_out(
            predictions=dict(args.prediction),
            held_out=args.held_out,
            weights=args.weights,
            method=args.method,
            corpus=args.corpus,
            tolerance=args.tolerance,
            scoring=validated(Scoring, args.scoring, "--scoring"),
            seed=args.seed,
            out=args.out,
        )


if __name__ == "__main__":
    run(main)
