"""Write the test predictions of utterances as one table and in the form of the organisers of OMG-Emotion."""

from pathlib import Path

from affectflow.datasets.submission.utterances import submit_utterances
from affectflow.fusion.late_fusion import read_method
from affectflow.workflow.script import job, parser, run


def main() -> None:
    options = parser(__doc__)
    options.add_argument("--fused", type=Path, required=True, help="fused predictions of the test split's utterances")
    options.add_argument("--weights", type=Path, required=True, help="what fuse.py wrote")
    options.add_argument("--method", required=True, metavar="NAME", help="the method that was fused")
    options.add_argument("--manifest", type=Path, required=True, help="of the videos: how many utterances each has")
    options.add_argument("--clips", type=Path, required=True, help="manifest of the utterances' clips")
    options.add_argument("--sample", type=Path, required=True, help="list of the test split: decides the order of rows")
    options.add_argument("--table", type=Path, required=True, help="CSV file to write")
    options.add_argument("--submission", type=Path, required=True, metavar="DIR", help="folder to write")
    args = options.parse_args()
    with job(args, [args.fused, args.weights, args.manifest, args.clips, args.sample]):
        submit_utterances(
            fused=args.fused,
            manifest=args.manifest,
            clips=args.clips,
            table=args.table,
            submission=args.submission,
            sample=args.sample,
            track=read_method(args.weights, args.method).predicts,
        )


if __name__ == "__main__":
    run(main)
