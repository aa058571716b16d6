"""Write a table of the paper with our figures beside."""

from pathlib import Path

from affectflow.config.evaluation.paper_tables import PaperTable
from affectflow.config.validate import validated
from affectflow.report.tables.paper_parts import read_parts
from affectflow.report.tables.paper_table import write_paper_table
from affectflow.workflow.options import json_or_file, named_path
from affectflow.workflow.script import job, parser, run


def main() -> None:
    options = parser(__doc__)
    options.add_argument("--table", type=json_or_file, required=True, metavar="JSON", help="title, split, tracks")
    options.add_argument(
        "--systems",
        type=json_or_file,
        required=True,
        metavar="JSON",
        help="{track: {methods, cited, notes}}, notes by branch; or @FILE",
    )
    options.add_argument("--edition", required=True, help="release of the annotations")
    options.add_argument(
        "--scores",
        type=named_path,
        action="append",
        default=[],
        metavar="TRACK=PATH",
        help="what intervals.py, spread.py over seeds or folds, or score_held_out.py of a test split wrote; once for "
        "each track that has one",
    )
    options.add_argument(
        "--validation",
        type=named_path,
        action="append",
        default=[],
        metavar="TRACK=PATH",
        help="what intervals.py wrote, to stand beside a paper's figures of a test split; once for each labelled track",
    )
    options.add_argument("--corpus", required=True, metavar="NAME", help="what was scored")
    options.add_argument("--kind", required=True, help="kind of the corpus")
    options.add_argument("--out", type=Path, required=True, help="CSV file to write")
    options.add_argument("--markdown", type=Path, required=True, help="Markdown file to write")
    args = options.parse_args()
    table = validated(PaperTable, args.table, "--table")
    files, beside = dict(args.scores), dict(args.validation)
    with job(args, [*files.values(), *beside.values()]):
        parts, uncertainty = read_parts(table, args.systems, files, args.edition, beside)
        write_paper_table(table, parts, uncertainty, args.corpus, args.kind, args.out, args.markdown)


if __name__ == "__main__":
    run(main)
