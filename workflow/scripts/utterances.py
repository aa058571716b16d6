"""Make a branch's predictions of utterances from those of their frames."""

from pathlib import Path

from affectflow.fusion.postprocess import write_utterances
from affectflow.workflow.script import job, parser, run


def main() -> None:
    options = parser(__doc__)
    options.add_argument("--predictions", type=Path, required=True, help="of any split, a row a frame")
    options.add_argument("--steps", type=Path, required=True, help="what postprocess.py wrote for the branch")
    options.add_argument("--out", type=Path, required=True, help="predictions to write, a row an utterance")
    args = options.parse_args()
    with job(args, [args.predictions, args.steps]):
        write_utterances(args.predictions, args.steps, args.out)


if __name__ == "__main__":
    run(main)
