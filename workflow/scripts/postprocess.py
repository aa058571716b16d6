"""Find, on validation, which steps of post-processing improve a branch's scores of utterances."""

from pathlib import Path

from affectflow.config.evaluation.postprocess import Postprocess
from affectflow.config.validate import validated
from affectflow.fusion.postprocess import find_steps
from affectflow.workflow.options import chosen_track, track_options
from affectflow.workflow.script import job, parser, run, settings_option


def main() -> None:
    options = parser(__doc__)
    track_options(options)
    options.add_argument("--predictions", type=Path, required=True, help="validation predictions, a row a frame")
    options.add_argument("--labels", type=Path, required=True, help="label table of utterances")
    options.add_argument("--length", type=int, required=True, metavar="FRAMES", help="frames of a sequence")
    settings_option(options, "postprocess")
    options.add_argument("--out", type=Path, required=True, help="JSON file: what was tried, and what was kept")
    args = options.parse_args()
    settings = validated(Postprocess, args.postprocess, "--postprocess")
    with job(args, [args.predictions, args.labels]):
        find_steps(args.predictions, args.labels, chosen_track(args), args.length, settings, args.out)


if __name__ == "__main__":
    run(main)
