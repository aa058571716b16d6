"""Put the scores by epoch of all branches into one table, for `dvc plots`."""

from pathlib import Path

from affectflow.cli.options import named_path
from affectflow.cli.script import job, parser, run
from affectflow.report.plots import write_training_curves


def main() -> None:
    options = parser(__doc__)
    options.add_argument(
        "--metrics",
        type=named_path,
        action="append",
        required=True,
        metavar="BRANCH=PATH",
        help="metrics.csv of a branch; once for each",
    )
    options.add_argument("--out", type=Path, required=True, help="CSV file to write")
    given = options.parse_args()
    metrics = dict(given.metrics)
    with job(given, metrics.values()):
        write_training_curves(metrics, given.out)


if __name__ == "__main__":
    run(main)
