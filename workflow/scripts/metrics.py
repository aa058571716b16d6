"""Put the scores of all tracks into one file for DVC: `{track<n>: {split: {method: {score: number}}}}`."""

import json
from pathlib import Path

from affectflow.artifacts.atomic import write_text
from affectflow.cli.script import job, parser, run
from affectflow.report.tables import as_json


def main() -> None:
    options = parser(__doc__)
    options.add_argument(
        "--scores",
        type=Path,
        nargs="+",
        required=True,
        metavar="FILE",
        help="what score.py wrote, <split>_track<n>.json",
    )
    options.add_argument("--out", type=Path, required=True, help="JSON file to write")
    given = options.parse_args()
    with job(given, given.scores):
        tracks: dict[str, dict[str, object]] = {}
        for path in given.scores:
            split, _, track = path.stem.partition("_")
            tracks.setdefault(track, {})[split] = json.loads(path.read_text(encoding="utf-8"))
        write_text(given.out, as_json(tracks))


if __name__ == "__main__":
    run(main)
