"""Put the scores by epoch of all branches into one table, for `dvc plots`."""

from pathlib import Path

from affectflow.report.tables.curves import write_training_curves
from affectflow.workflow.options import branch_option
from affectflow.workflow.script import job, parser, run


def main() -> None:
    options = parser(__doc__)
    branch_option(options, "metrics", "metrics.csv")
    options.add_argument("--out", type=Path, required=True, help="CSV file to write")
    given = options.parse_args()
    metrics = dict(given.metrics)
    with job(given, metrics.values()):
        write_training_curves(metrics, given.out)


if __name__ == "__main__":
    run(main)
