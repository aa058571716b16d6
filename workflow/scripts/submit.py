"""Write the test predictions as one table and in both official forms."""

from pathlib import Path

from affectflow.cli.script import job, parser, run
from affectflow.corpus.submission import submit


def main() -> None:
    options = parser(__doc__)
    options.add_argument("--fused", type=Path, required=True, help="fused predictions of the test split")
    options.add_argument("--manifest", type=Path, required=True, help="says which frames the test split has")
    options.add_argument("--test-list", type=Path, metavar="PATH", help="official list of test subjects")
    options.add_argument("--sample", type=Path, metavar="PATH", help="official sample file: decides rows and order")
    options.add_argument("--table", type=Path, required=True, help="CSV file to write")
    options.add_argument("--submission", type=Path, required=True, metavar="DIR", help="folder to write")
    given = options.parse_args()
    lists = [path for path in (given.test_list, given.sample) if path]
    with job(given, [given.fused, given.manifest, *lists]):
        submit(given.fused, given.manifest, given.table, given.submission, given.test_list, given.sample)


if __name__ == "__main__":
    run(main)
