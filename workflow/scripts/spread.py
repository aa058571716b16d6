"""Put the validation scores of several seeds or folds into one table, with mean and deviation."""

from pathlib import Path

from affectflow.cli.options import named_path
from affectflow.cli.script import job, parser, run
from affectflow.report.spread import write_spread


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
    options.add_argument("--out", type=Path, required=True, help="CSV file to write")
    given = options.parse_args()
    with job(given, list(dict(given.weights).values())):
        write_spread(dict(given.weights), given.out)


if __name__ == "__main__":
    run(main)
