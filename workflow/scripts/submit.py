"""Write the test predictions of a track as one table and in both official forms."""

from pathlib import Path

from affectflow.datasets.submission.frames import submit
from affectflow.fusion.late_fusion import read_method
from affectflow.workflow.script import job, parser, run


def main() -> None:
    options = parser(__doc__)
    options.add_argument("--fused", type=Path, required=True, help="fused predictions of the test split")
    options.add_argument("--manifest", type=Path, required=True, help="says which frames the test split has")
    options.add_argument("--weights", type=Path, required=True, help="what fuse.py wrote")
    options.add_argument("--method", required=True, metavar="NAME", help="the method that was fused")
    options.add_argument("--test-list", type=Path, metavar="PATH", help="official list of test subjects")
    options.add_argument("--sample", type=Path, metavar="PATH", help="official sample file: decides rows and order")
    options.add_argument("--table", type=Path, required=True, help="CSV file to write")
    options.add_argument("--submission", type=Path, required=True, metavar="DIR", help="folder to write")
    args = options.parse_args()
    lists = [path for path in (args.test_list, args.sample) if path]
    with job(args, [args.fused, args.weights, args.manifest, *lists]):
        method = read_method(args.weights, args.method)
        submit(
            fused=args.fused,
            manifest=args.manifest,
            table=args.table,
            submission=args.submission,
            test_list=args.test_list,
            sample=args.sample,
            track=method.predicts,
            thresholds=method.thresholds,
        )


if __name__ == "__main__":
    run(main)
