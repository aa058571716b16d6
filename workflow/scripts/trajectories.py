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
    given = options.parse_args()
    predictions = dict(given.prediction)
    with job(given, [given.weights, *predictions.values(), given.labels]):
        write_trajectories(given.weights, given.method, predictions, given.labels, given.out)


if __name__ == "__main__":
    run(main)
