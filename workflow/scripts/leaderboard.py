"""Put the entries of all systems that were run in this folder side by side: as CSV, as Markdown, as a page."""

from pathlib import Path

from affectflow.lineage.chain import Chain
from affectflow.report.leaderboard.page import asset_files
from affectflow.report.leaderboard.write import write_leaderboard
from affectflow.workflow.script import existing, job, parser, run


def main() -> None:
    options = parser(__doc__)
    options.add_argument(
        "--entries", type=existing, nargs="+", required=True, metavar="FILE", help="what leaderboard_entry.py wrote"
    )
    options.add_argument("--out", type=Path, required=True, help="CSV file to write")
    options.add_argument("--markdown", type=Path, required=True, help="Markdown file to write")
    options.add_argument("--page", type=Path, required=True, help="HTML file to write")
    args = options.parse_args()
    with job(args, [*args.entries, *asset_files()]):
        write_leaderboard(Chain(), args.entries, args.out, args.markdown, args.page)


if __name__ == "__main__":
    run(main)
