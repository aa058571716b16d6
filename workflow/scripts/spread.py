"""Put the validation scores of several seeds or folds into one table, with their mean and deviation."""

from pathlib import Path

from affectflow.report.tables.spread import write_spread
from affectflow.workflow.options import named_path
from affectflow.workflow.script import job, parser, run


def main() -> None:
    options = parser(__doc__)
    options.add_argument(
        "--weights",
        type=named_path,
        action="append",
        required=True,
        metavar="RUN=PATH",
        help="what fuse.py wrote; once for each seed or fold",
    )
    options.add_argument("--official", type=Path, metavar="PATH", help="the same of the official split, beside folds")
    options.add_argument("--out", type=Path, required=True, help="CSV file to write")
    args = options.parse_args()
    with job(args, [*dict(args.weights).values(), *filter(None, [args.official])]):
        write_spread(dict(args.weights), args.out, args.official)


if __name__ == "__main__":
    run(main)
