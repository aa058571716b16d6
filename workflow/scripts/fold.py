"""Write the manifest of a fold of a cross-validation: other subjects for training and validation."""

from pathlib import Path

from affectflow.datasets.video.folds import fold_manifest
from affectflow.workflow.options import chosen_track, track_options
from affectflow.workflow.script import job, parser, run


def main() -> None:
    options = parser(__doc__)
    options.add_argument("--manifest", type=Path, required=True, help="the corpus's own manifest")
    options.add_argument("--labels", type=Path, required=True, help="label table of the track")
    track_options(options)
    options.add_argument("--count", type=int, required=True, metavar="FOLDS", help="number of folds")
    options.add_argument("--fold", type=int, required=True, metavar="NUMBER", help="which one, from 1")
    options.add_argument("--seed", type=int, default=0, help="fixes what is random in the folds")
    options.add_argument("--out", type=Path, required=True, help="manifest to write")
    args = options.parse_args()
    with job(args, [args.manifest, args.labels], seeds={"folds": args.seed}):
        fold_manifest(
            manifest=args.manifest,
            labels=args.labels,
            track=chosen_track(args),
            count=args.count,
            fold=args.fold,
            seed=args.seed,
            out=args.out,
        )


if __name__ == "__main__":
    run(main)
