"""Log the final scores to the MLflow run of this run of the workflow; a store that is lost costs no result."""

from pathlib import Path

from affectflow.artifacts.atomic import write_text
from affectflow.artifacts.record import Tracked
from affectflow.config.system.execution import Tracking
from affectflow.config.validate import validated
from affectflow.core.advice import affectflow
from affectflow.report.tables.validation import as_json
from affectflow.tracking.scores import describe_scores, log_scores, open_scores
from affectflow.tracking.tags import place
from affectflow.tracking.tracker import Tracker
from affectflow.tracking.workflow_run import current_workflow
from affectflow.workflow.options import branch_option
from affectflow.workflow.script import job, parser, run, settings_option

_SECONDS = 30.0


def main() -> None:
    options = parser(__doc__)
    options.add_argument("--metrics", type=Path, required=True, help="scores of every method, as JSON")
    options.add_argument("--table", type=Path, required=True, help="the same as a table")
    options.add_argument("--held-out", type=Path, metavar="FILE", help="the demo's score on its test split")
    branch_option(options, "training", "run.json", required=False)
    settings_option(options, "tracking")
    options.add_argument("--experiment", required=True, help="name of the MLflow experiment")
    options.add_argument("--place", type=place, required=True, metavar="CORPUS/SYSTEM/TRACK", help="what was scored")
    options.add_argument("--out", type=Path, required=True, help="JSON file: what was logged, where, and what failed")
    args = options.parse_args()
    uri = validated(Tracking, args.tracking, "--tracking").uri
    trainings = dict(args.training)
    held_out = [args.held_out] if args.held_out else []
    with job(args, [args.metrics, args.table, *held_out, *trainings.values()]) as this:
        described = describe_scores(
            args.metrics, args.table, args.held_out, trainings, args.experiment, args.place, current_workflow()
        )
        tracker = Tracker(
            uri,
            lambda api: open_scores(api, described),
            f"the scores stand in results; `{affectflow('sync-mlflow')}` logs them later",
        )
        failure = tracker.ask(lambda api, run: log_scores(api, run, described), _SECONDS)
        if tracker.run_id is not None:
            this.mlflow = Tracked(run=tracker.run_id, uri=uri)
        write_text(args.out, as_json({"run": tracker.run_id, "uri": uri, "failure": failure, **described}))


if __name__ == "__main__":
    run(main)
