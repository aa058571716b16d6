"""Find the weights of every method's late fusion on validation."""

from pathlib import Path

from affectflow.config.evaluation.fusion import Fusion, Method
from affectflow.config.validate import validated
from affectflow.fusion.late_fusion import fuse
from affectflow.workflow.options import chosen_track, json_or_file, prediction_option, track_options
from affectflow.workflow.script import job, parser, run, settings_option


def main() -> None:
    options = parser(__doc__)
    track_options(options)
    prediction_option(options)
    options.add_argument("--labels", type=Path, required=True, help="label table")
    options.add_argument("--manifest", type=Path, help="check that predictions cover its validation frames")
    options.add_argument(
        "--methods",
        type=json_or_file,
        required=True,
        metavar="JSON",
        help="{name: {branches: […], targets: {target: […]}}}, or @FILE",
    )
    options.add_argument(
        "--unvalidated",
        type=json_or_file,
        default={},
        metavar="JSON",
        help="methods without validation scores: {name: {target: [member, …]}}, or @FILE",
    )
    settings_option(options, "fusion")
    options.add_argument("--out", type=Path, required=True, help="weights to write")
    args = options.parse_args()
    methods = {title: validated(Method, method, "--methods") for title, method in args.methods.items()}
    fusion = validated(Fusion, args.fusion, "--fusion")
    tables = [args.labels, args.manifest] if args.manifest else [args.labels]
    with job(args, [*dict(args.prediction).values(), *tables]):
        fuse(
            predictions=dict(args.prediction),
            track=chosen_track(args),
            labels=args.labels,
            methods=methods,
            fusion=fusion,
            out=args.out,
            manifest=args.manifest,
            unvalidated=args.unvalidated,
        )


if __name__ == "__main__":
    run(main)
