"""Find the windows over which a branch's predictions of frames are averaged; fixed ones are taken as they are."""

from pathlib import Path

from affectflow.config.evaluation.postprocess import Postprocess
from affectflow.config.validate import validated
from affectflow.fusion.smoothing import find_smoothing
from affectflow.workflow.options import chosen_track, track_options
from affectflow.workflow.script import job, parser, run, settings_option


def main() -> None:
    options = parser(__doc__)
    track_options(options)
    options.add_argument("--predictions", type=Path, help="validation predictions; where several windows are tried")
    options.add_argument("--labels", type=Path, help="label table; with --predictions")
    settings_option(options, "postprocess")
    options.add_argument("--out", type=Path, required=True, help="JSON file: what was tried, and what was kept")
    args = options.parse_args()
    settings = validated(Postprocess, args.postprocess, "--postprocess")
    with job(args, [path for path in (args.predictions, args.labels) if path]):
        find_smoothing(chosen_track(args), settings, args.predictions, args.labels, args.out)


if __name__ == "__main__":
    run(main)
