"""Say how sure the validation scores of a track are: intervals, differences of pairs, control predictors."""

from pathlib import Path

from affectflow.config.evaluation.scoring import Scoring
from affectflow.config.validate import validated
from affectflow.report.tables.scores import read_validation
from affectflow.report.tables.uncertainty import write_uncertainty
from affectflow.workflow.options import json_or_file, prediction_option
from affectflow.workflow.script import job, parser, run, settings_option


def main() -> None:
    options = parser(__doc__)
    options.add_argument("--weights", type=Path, required=True, help="what fuse.py wrote")
    prediction_option(options)
    options.add_argument("--labels", type=Path, required=True, help="label table")
    options.add_argument("--method", required=True, metavar="NAME", help="method whose predictions are shuffled")
    options.add_argument(
        "--notes", type=json_or_file, default={}, metavar="JSON", help="what must be said of a branch, by branch"
    )
    settings_option(options, "scoring")
    options.add_argument("--seed", type=int, required=True, help="of resampling and shuffling")
    options.add_argument("--out", type=Path, required=True, help="CSV file of intervals to write")
    options.add_argument("--differences", type=Path, required=True, help="CSV file of differences to write")
    args = options.parse_args()
    scoring = validated(Scoring, args.scoring, "--scoring")
    with job(args, [args.weights, *dict(args.prediction).values(), args.labels], seeds={"seed": args.seed}):
        validation = read_validation(args.weights, dict(args.prediction), args.labels)
        write_uncertainty(validation, args.method, args.notes, scoring, args.seed, args.out, args.differences)


if __name__ == "__main__":
    run(main)
