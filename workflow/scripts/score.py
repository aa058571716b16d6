"""Score every method on validation, as a table beside the paper's figures and as JSON."""

from pathlib import Path

from affectflow.config.evaluation.fusion import Method
from affectflow.config.validate import validated
from affectflow.report.tables.scores import read_validation
from affectflow.report.tables.validation import write_validation
from affectflow.workflow.options import json_or_file, prediction_option
from affectflow.workflow.script import job, parser, run


def main() -> None:
    options = parser(__doc__)
    options.add_argument("--weights", type=Path, required=True, help="what fuse.py wrote")
    prediction_option(options)
    options.add_argument("--labels", type=Path, required=True, help="label table")
    options.add_argument(
        "--methods",
        type=json_or_file,
        required=True,
        metavar="JSON",
        help="{name: {branches: […], paper: {…}}}, or @FILE",
    )
    options.add_argument(
        "--notes", type=json_or_file, default={}, metavar="JSON", help="what must be said of a branch, by branch"
    )
    options.add_argument("--corpus", required=True, metavar="NAME", help="what is scored")
    options.add_argument("--by-video", action="store_true", help="beside them, the means of the scores of each subject")
    options.add_argument("--table", type=Path, required=True, help="CSV file to write")
    options.add_argument("--metrics", type=Path, required=True, help="JSON file to write")
    args = options.parse_args()
    methods = {title: validated(Method, method, "--methods") for title, method in args.methods.items()}
    with job(args, [args.weights, *dict(args.prediction).values(), args.labels]):
        validation = read_validation(args.weights, dict(args.prediction), args.labels)
        scores = {title: validation.score(title) for title in validation.methods}
        write_validation(
            validation.track,
            scores,
            methods,
            args.notes,
            args.corpus,
            args.table,
            args.metrics,
            args.by_video,
        )


if __name__ == "__main__":
    run(main)
