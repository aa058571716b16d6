"""Put the scores of all tracks into one file for DVC: `{track<n>: {split: {method: {score: number}}}}`."""

from pathlib import Path

from affectflow.report.tables.validation import write_metrics
from affectflow.workflow.script import job, parser, run


def main() -> None:
    options = parser(__doc__)
    options.add_argument(
        "--scores",
        type=Path,
        nargs="+",
        required=True,
        metavar="FILE",
        help="what score.py wrote, <split>_track<n>.json",
    )
    options.add_argument("--out", type=Path, required=True, help="JSON file to write")
    args = options.parse_args()
    with job(args, args.scores):
        write_metrics(args.scores, args.out)


if __name__ == "__main__":
    run(main)
