"""Read all label files of a corpus into one table."""

from pathlib import Path

from affectflow.cli.options import json_or_file
from affectflow.cli.script import job, parser, run
from affectflow.corpus.labels import labels_table


def main() -> None:
    options = parser(__doc__)
    options.add_argument(
        "--label",
        type=json_or_file,
        required=True,
        metavar="JSON",
        help="list of {subject, split, path}, or @FILE",
    )
    options.add_argument("--out", type=Path, required=True, help="label table to write")
    given = options.parse_args()
    files = {row["subject"]: (row["split"], Path(row["path"])) for row in given.label}
    with job(given, [path for _, path in files.values()]):
        labels_table(files, given.out)


if __name__ == "__main__":
    run(main)
