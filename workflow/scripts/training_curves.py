"""Put the scores by epoch of all branches into one table, for `dvc plots`."""

from pathlib import Path

from affectflow.report.tables.curves import write_training_curves
from affectflow.workflow.options import branch_option
from affectflow.workflow.script import job, parser, run


def main() -> None:
    options = parser(__doc__)
    branch_option(options, "metrics", "metrics.csv")
    options.add_argument("--out", type=Path, required=True, help="CSV file to write")
    args = options.parse_args()
    metrics = dict(args.metrics)
    with job(args, metrics.values()):
        write_training_curves(metrics, args.out)


if __name__ == "__main__":
    run(main)
