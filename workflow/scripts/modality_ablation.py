"""Score every method with face, body or sound absent, and by whether a face was found."""

from pathlib import Path

from affectflow.config.evaluation.scoring import Scoring
from affectflow.config.validate import validated
from affectflow.core.errors import InputError
from affectflow.dataloading.index import artifact_files, read_index
from affectflow.fusion.late_fusion import read_weights
from affectflow.report.tables.modality_ablation import write_modality_ablation
from affectflow.workflow.options import json_or_file
from affectflow.workflow.script import existing, job, parser, run, settings_option


def main() -> None:
    options = parser(__doc__)
    options.add_argument("--weights", type=Path, required=True, help="what fuse.py wrote")
    options.add_argument(
        "--conditions",
        type=json_or_file,
        required=True,
        metavar="JSON",
        help="{condition: {branch: predictions}}, or @FILE",
    )
    options.add_argument("--labels", type=Path, required=True, help="label table")
    options.add_argument("--manifest", type=existing, help="of the predicted frames; none where rows are no frames")
    options.add_argument("--work", type=existing, help="folder work/<corpus> of the artifacts; with --manifest")
    settings_option(options, "scoring")
    options.add_argument("--seed", type=int, required=True, help="of the resampling")
    options.add_argument("--out", type=Path, required=True, help="CSV file to write")
    args = options.parse_args()
    conditions = {
        name: {b: Path(path) for b, path in predictions.items()} for name, predictions in args.conditions.items()
    }
    tables = {path for predictions in conditions.values() for path in predictions.values()}
    if (args.manifest is None) != (args.work is None):
        raise InputError("--manifest and --work belong together: they say in which frames a face was found")
    inputs = [args.weights, *sorted(tables), args.labels]
    if args.manifest:
        track = next(iter(read_weights(args.weights).values())).predicts
        index = read_index(args.manifest, None, "validation", track)
        inputs += [args.manifest, *artifact_files(index, ["faces"], args.work)]
    with job(args, inputs, seeds={"seed": args.seed}):
        write_modality_ablation(
            weights=args.weights,
            conditions=conditions,
            labels=args.labels,
            manifest=args.manifest,
            work=args.work,
            scoring=validated(Scoring, args.scoring, "--scoring"),
            seed=args.seed,
            out=args.out,
        )


if __name__ == "__main__":
    run(main)
