"""Score branches on still pictures."""

from pathlib import Path

from affectflow.config.data.images import ImageSource
from affectflow.config.evaluation.scoring import Scoring
from affectflow.config.evaluation.still_scores import ZeroShot
from affectflow.config.validate import validated
from affectflow.core.tasks import tasks_of
from affectflow.report.tables.image_scores import Predicted, write_image_scores
from affectflow.workflow.options import json_or_file, named_path
from affectflow.workflow.script import job, parser, run, settings_option


def main() -> None:
    options = parser(__doc__)
    options.add_argument(
        "--predictions",
        type=json_or_file,
        required=True,
        metavar="JSON",
        help="list of {branch, learnt, edition, images, path, note}, or @FILE",
    )
    options.add_argument(
        "--pictures",
        type=named_path,
        action="append",
        default=[],
        metavar="IMAGES=PATH",
        help="stored faces of a corpus",
    )
    options.add_argument("--images", type=json_or_file, required=True, metavar="JSON", help="settings by corpus")
    settings_option(options, "zero-shot", "scoring")
    options.add_argument("--seed", type=int, required=True, help="of resampling")
    options.add_argument("--out", type=Path, required=True, help="CSV file to write")
    args = options.parse_args()
    zero_shot = validated(ZeroShot, args.zero_shot, "--zero-shot")
    scoring = validated(Scoring, args.scoring, "--scoring")
    corpora = {
        name: validated(ImageSource, {"images": source}, "--images").images for name, source in args.images.items()
    }
    predictions = [
        Predicted(
            entry["branch"],
            tasks_of(entry["learnt"], entry["edition"], scoring.absent_units),
            entry["images"],
            Path(entry["path"]),
            entry["note"],
        )
        for entry in args.predictions
    ]
    inputs = [*(predicted.path for predicted in predictions), *dict(args.pictures).values()]
    inputs += [zero_shot.relatedness, zero_shot.compounds]
    with job(args, inputs, seeds={"seed": args.seed}):
        write_image_scores(predictions, dict(args.pictures), corpora, zero_shot, scoring, args.seed, args.out)


if __name__ == "__main__":
    run(main)
