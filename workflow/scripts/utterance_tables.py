"""Write the label table and the manifest of utterances: subjects are videos, frames their utterances."""

from pathlib import Path

from affectflow.datasets.video.utterance_tables import utterance_tables
from affectflow.workflow.options import chosen_track, track_options
from affectflow.workflow.script import job, parser, run


def main() -> None:
    options = parser(__doc__)
    track_options(options)
    options.add_argument(
        "--utterance-labels", type=Path, required=True, help="label table with a row an utterance's clip"
    )
    options.add_argument("--manifest", type=Path, required=True, help="of the clips")
    options.add_argument("--labels", type=Path, required=True, help="label table of utterances to write")
    options.add_argument("--videos", type=Path, required=True, help="manifest of videos to write")
    args = options.parse_args()
    with job(args, [args.utterance_labels, args.manifest]):
        utterance_tables(args.utterance_labels, args.manifest, chosen_track(args), args.labels, args.videos)


if __name__ == "__main__":
    run(main)
