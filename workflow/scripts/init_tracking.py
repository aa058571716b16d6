"""Create the MLflow store before training jobs open it, which several at once must not do."""

import sys
from pathlib import Path

from affectflow.artifacts.atomic import write_text
from affectflow.cli.script import job, parser, run
from affectflow.tracking.store import init_store


def main() -> None:
    options = parser(__doc__)
    options.add_argument("--uri", required=True, help="tracking store, such as sqlite:///mlflow.db")
    options.add_argument("--out", type=Path, required=True, help="written when the store was tried")
    given = options.parse_args()
    with job(given, []):
        # Tracking never costs a result: training says again what it cannot log.
        if failure := init_store(given.uri):
            print(f"warning: the MLflow store {given.uri} cannot be opened: {failure}", file=sys.stderr)
        write_text(given.out, f"{given.uri}\n")


if __name__ == "__main__":
    run(main)
