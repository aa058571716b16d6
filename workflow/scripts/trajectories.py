"""Write scores and annotations along a few validation subjects, for `dvc plots`."""

from pathlib import Path

from affectflow.report.tables.curves import write_trajectories
from affectflow.workflow.options import fused_options
from affectflow.workflow.script import job, parser, run


def main() -> None:
    options = parser(__doc__)
    fused_options(options)
    options.add_argument("--labels", type=Path, required=True, help="label table")
    options.add_argument("--out", type=Path, required=True, help="CSV file to write")
    args = options.parse_args()
    predictions = dict(args.prediction)
    with job(args, [args.weights, *predictions.values(), args.labels]):
        write_trajectories(args.weights, args.method, predictions, args.labels, args.out)


if __name__ == "__main__":
    run(main)
