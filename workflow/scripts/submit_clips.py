"""Write the test predictions of clips as one table in the form of Hume-Reaction."""

from pathlib import Path

from affectflow.datasets.submission.clips import submit_clips
from affectflow.fusion.late_fusion import read_method
from affectflow.workflow.script import job, parser, run


def main() -> None:
    options = parser(__doc__)
    options.add_argument("--fused", type=Path, required=True, help="fused predictions of the test split's clips")
    options.add_argument("--weights", type=Path, required=True, help="what fuse.py wrote")
    options.add_argument("--method", required=True, metavar="NAME", help="the method that was fused")
    options.add_argument("--manifest", type=Path, required=True, help="says which clips these are")
    options.add_argument("--partition", type=Path, required=True, help="table of splits: decides the order of rows")
    options.add_argument("--table", type=Path, required=True, help="CSV file to write")
    options.add_argument("--submission", type=Path, required=True, metavar="DIR", help="folder to write")
    args = options.parse_args()
    with job(args, [args.fused, args.weights, args.manifest, args.partition]):
        submit_clips(
            fused=args.fused,
            manifest=args.manifest,
            table=args.table,
            submission=args.submission,
            partition=args.partition,
            track=read_method(args.weights, args.method).predicts,
        )


if __name__ == "__main__":
    run(main)
