"""Lay the annotation of each utterance on its decoded frames."""

from pathlib import Path

from affectflow.datasets.video.utterance_tables import expand_to_frames
from affectflow.workflow.options import chosen_track, json_or_file, track_options
from affectflow.workflow.script import existing, job, parser, run


def main() -> None:
    options = parser(__doc__)
    track_options(options)
    options.add_argument("--labels", type=Path, required=True, help="label table with a row an utterance")
    options.add_argument(
        "--videos", type=existing, required=True, metavar="DIR", help="folder of what decoding found, <shard>.parquet"
    )
    options.add_argument("--shards", type=json_or_file, required=True, metavar="JSON", help="list of names, or @FILE")
    options.add_argument("--out", type=Path, required=True, help="label table to write, with a row a frame")
    args = options.parse_args()
    videos = [args.videos / f"{shard}.parquet" for shard in args.shards]
    with job(args, [args.labels, *videos]):
        expand_to_frames(args.labels, videos, chosen_track(args), args.out)


if __name__ == "__main__":
    run(main)
