"""Write how a system stands on a track: every validated method with its interval, its costs and where it came from."""

from pathlib import Path

from affectflow.config.evaluation.scoring import Scoring
from affectflow.config.validate import validated
from affectflow.lineage.chain import Chain
from affectflow.report.leaderboard.make import Asked, methods_of, write_entry
from affectflow.workflow.options import branch_option, json_or_file, prediction_option
from affectflow.workflow.script import job, parser, run, settings_option


def main() -> None:
    options = parser(__doc__)
    options.add_argument("--corpus", required=True, metavar="NAME", help="what is scored")
    options.add_argument("--kind", required=True, help="kind of the corpus")
    options.add_argument("--system", required=True, metavar="NAME", help="what scores it")
    options.add_argument("--weights", type=Path, required=True, help="what fuse.py wrote")
    prediction_option(options)
    branch_option(options, "branch", "branch.json")
    options.add_argument("--labels", type=Path, required=True, help="label table")
    options.add_argument(
        "--methods", type=json_or_file, required=True, metavar="JSON", help="{name: {branches, paper, …}}, or @FILE"
    )
    options.add_argument("--submitted", required=True, metavar="NAME", help="method that is written for the test split")
    options.add_argument(
        "--notes", type=json_or_file, default={}, metavar="JSON", help="what must be said of a branch, by branch"
    )
    settings_option(options, "scoring")
    options.add_argument("--seed", type=int, required=True, help="of the trainings, and of resampling")
    options.add_argument("--out", type=Path, required=True, help="JSON file to write")
    args = options.parse_args()
    request = Asked(
        corpus=args.corpus,
        kind=args.kind,
        system=args.system,
        weights=args.weights,
        labels=args.labels,
        predictions=dict(args.prediction),
        described=dict(args.branch),
        methods=methods_of(args.methods),
        submitted=args.submitted,
        notes=args.notes,
        scoring=validated(Scoring, args.scoring, "--scoring"),
        seed=args.seed,
    )
    with job(args, request.inputs(), seeds={"seed": args.seed}):
        write_entry(Chain(), request, args.out)


if __name__ == "__main__":
    run(main)
