"""Write the test predictions of a track as one table and in both official forms."""

import json
from pathlib import Path

from affectflow.cli.options import given_track, track_options
from affectflow.cli.script import job, parser, run
from affectflow.corpus.submission import submit


def main() -> None:
    options = parser(__doc__)
    options.add_argument("--fused", type=Path, required=True, help="fused predictions of the test split")
    options.add_argument("--manifest", type=Path, required=True, help="says which frames the test split has")
    track_options(options)
    options.add_argument(
        "--thresholds",
        type=json.loads,
        default={},
        metavar="JSON",
        help="probability by action unit (au1 …) from which on it counts as shown (default: 0.5 for each)",
    )
    options.add_argument("--test-list", type=Path, metavar="PATH", help="official list of test subjects")
    options.add_argument("--sample", type=Path, metavar="PATH", help="official sample file: decides rows and order")
    options.add_argument("--table", type=Path, required=True, help="CSV file to write")
    options.add_argument("--submission", type=Path, required=True, metavar="DIR", help="folder to write")
    given = options.parse_args()
    lists = [path for path in (given.test_list, given.sample) if path]
    with job(given, [given.fused, given.manifest, *lists]):
        submit(
            fused=given.fused,
            manifest=given.manifest,
            table=given.table,
            submission=given.submission,
            test_list=given.test_list,
            sample=given.sample,
            track=given_track(given),
            thresholds=given.thresholds,
        )


if __name__ == "__main__":
    run(main)
