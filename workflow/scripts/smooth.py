"""Smooth a branch's predictions of frames by the windows that were found."""

from pathlib import Path

from affectflow.fusion.smoothing import write_smoothed
from affectflow.workflow.script import job, parser, run


def main() -> None:
    options = parser(__doc__)
    options.add_argument("--predictions", type=Path, required=True, help="of any split, a row a frame")
    options.add_argument("--smoothing", type=Path, required=True, help="what find_smoothing.py wrote for the branch")
    options.add_argument("--out", type=Path, required=True, help="predictions to write")
    args = options.parse_args()
    with job(args, [args.predictions, args.smoothing]):
        write_smoothed(args.predictions, args.smoothing, args.out)


if __name__ == "__main__":
    run(main)
