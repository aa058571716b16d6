"""Write the manifest of a track: one row a subject, with frames and label rows reconciled."""

from pathlib import Path

from affectflow.datasets.video.manifest import manifest_table
from affectflow.datasets.video.shard import Video
from affectflow.workflow.options import chosen_track, json_or_file, label_files, track_options
from affectflow.workflow.script import existing, job, parser, run


def main() -> None:
    options = parser(__doc__)
    options.add_argument(
        "--shards",
        type=json_or_file,
        required=True,
        metavar="JSON",
        help="list of {shard, videos: [{video, path, subjects}]}, or @FILE",
    )
    options.add_argument(
        "--splits", type=json_or_file, required=True, metavar="JSON", help="split by subject of the track, or @FILE"
    )
    options.add_argument(
        "--videos",
        type=existing,
        required=True,
        metavar="DIR",
        help="folder of what decoding found, <shard>.parquet",
    )
    options.add_argument("--labels", type=Path, metavar="PATH", help="label table of the track")
    track_options(options)
    options.add_argument(
        "--label-files", type=json_or_file, default={}, metavar="JSON", help="label files by subject, or @FILE"
    )
    options.add_argument(
        "--tolerance", type=int, default=1, metavar="FRAMES", help="largest difference that is reconciled"
    )
    options.add_argument(
        "--partial", action="store_true", help="label files may end before their videos: they name their frames"
    )
    options.add_argument(
        "--unreadable",
        choices=("fail", "leave_out"),
        default="fail",
        help="what a video without any frame is (default: %(default)s)",
    )
    options.add_argument("--out", type=Path, required=True, help="manifest to write")
    args = options.parse_args()
    videos = [args.videos / f"{row['shard']}.parquet" for row in args.shards]
    with job(args, [*videos, args.labels] if args.labels else videos):
        manifest_table(
            shards=[(row["shard"], Video.from_json(row["videos"])) for row in args.shards],
            splits=args.splits,
            videos=videos,
            labels=args.labels,
            track=chosen_track(args),
            tolerance=args.tolerance,
            label_files=label_files(args.label_files),
            out=args.out,
            partial=args.partial,
            leave_out=args.unreadable == "leave_out",
        )


if __name__ == "__main__":
    run(main)
