"""Read all label files of a track into one table."""

from pathlib import Path

from affectflow.datasets.video.formats import FORMATS
from affectflow.datasets.video.labels import labels_table, make_reader
from affectflow.workflow.options import chosen_track, json_or_file, label_files, track_options
from affectflow.workflow.script import job, parser, run, settings_option


def main() -> None:
    options = parser(__doc__)
    options.add_argument(
        "--label-files",
        type=json_or_file,
        required=True,
        metavar="JSON",
        help="label files by subject, or @FILE",
    )
    options.add_argument(
        "--unused", type=json_or_file, default=[], metavar="JSON", help="test subjects, whose labels nothing uses"
    )
    options.add_argument("--format", choices=FORMATS, required=True, help="kind of corpus whose label files they are")
    settings_option(options, "reader")
    track_options(options)
    options.add_argument("--out", type=Path, required=True, help="label table to write")
    args = options.parse_args()
    files = label_files(args.label_files)
    with job(args, [path for paths in files.values() for path in paths]):
        reader = make_reader(args.format, args.reader)
        labels_table(files, reader, chosen_track(args), args.out, frozenset(args.unused))


if __name__ == "__main__":
    run(main)
