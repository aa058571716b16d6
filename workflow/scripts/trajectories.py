"""Write scores and annotations along a few validation subjects, for `dvc plots`."""

from pathlib import Path

from affectflow.cli.options import prediction_option
from affectflow.cli.script import job, parser, run
from affectflow.report.plots import write_trajectories


def main() -> None:
    options = parser(__doc__)
    options.add_argument("--weights", type=Path, required=True, help="what fuse.py wrote")
    options.add_argument("--method", required=True, metavar="NAME", help="method of the weights file")
    prediction_option(options)
    options.add_argument("--labels", type=Path, required=True, help="label table")
    options.add_argument("--out", type=Path, required=True, help="CSV file to write")
    given = options.parse_args()
    predictions = dict(given.prediction)
    with job(given, [given.weights, *predictions.values(), given.labels]):
        write_trajectories(given.weights, given.method, predictions, given.labels, given.out)


if __name__ == "__main__":
    run(main)
