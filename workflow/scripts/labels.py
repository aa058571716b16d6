"""Read all label files of a track into one table."""

from pathlib import Path

from affectflow.cli.options import given_track, json_or_file, track_options
from affectflow.cli.script import job, parser, run
from affectflow.corpus.labels import labels_table


def main() -> None:
    options = parser(__doc__)
    options.add_argument(
        "--label-files",
        type=json_or_file,
        required=True,
        metavar="JSON",
        help="label file by subject, or @FILE",
    )
    track_options(options)
    options.add_argument("--out", type=Path, required=True, help="label table to write")
    given = options.parse_args()
    files = {subject: Path(path) for subject, path in given.label_files.items()}
    with job(given, files.values()):
        labels_table(files, given_track(given), given.out)


if __name__ == "__main__":
    run(main)
