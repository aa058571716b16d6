"""Write a table of the paper with scores on still pictures, with our figures beside."""

from pathlib import Path

from affectflow.config.evaluation.still_scores import ImageTable
from affectflow.config.validate import validated
from affectflow.report.tables.image_table import write_image_table
from affectflow.workflow.options import json_or_file, named_path
from affectflow.workflow.script import job, parser, run


def main() -> None:
    options = parser(__doc__)
    options.add_argument("--table", type=json_or_file, required=True, metavar="JSON", help="title, columns, rows")
    options.add_argument("--scores", type=Path, required=True, help="what score_images.py wrote")
    options.add_argument(
        "--intervals",
        type=named_path,
        action="append",
        default=[],
        metavar="TRACK=PATH",
        help="what intervals.py wrote, for columns of the run's own corpus; once for each track",
    )
    options.add_argument("--kind", required=True, help="kind of the run's corpus")
    options.add_argument("--out", type=Path, required=True, help="CSV file to write")
    options.add_argument("--markdown", type=Path, required=True, help="Markdown file to write")
    args = options.parse_args()
    table, intervals = validated(ImageTable, args.table, "--table"), dict(args.intervals)
    with job(args, [args.scores, *intervals.values()]):
        write_image_table(table, args.scores, intervals, args.kind, args.out, args.markdown)


if __name__ == "__main__":
    run(main)
