"""Find the joints and the box of each subject's body."""

import json
from pathlib import Path

from affectflow.body.mask import mask_shard
from affectflow.cli.script import existing, parser, run, settings_option
from affectflow.config.preprocessing import Body
from affectflow.config.validate import validated
from affectflow.corpus.shard import Video


def main() -> None:
    options = parser(__doc__)
    options.add_argument("--shard", type=json.loads, required=True, metavar="JSON", help="the shard's videos")
    for name in ("frames", "faces", "videos"):
        options.add_argument(f"--{name}", type=existing, required=True, metavar="IN", help=f"{name} of the shard")
    settings_option(options, "body")
    options.add_argument("--out", type=Path, required=True, metavar="OUT", help="bodies to write")
    given = options.parse_args()
    mask_shard(
        given.frames,
        given.faces,
        given.videos,
        Video.from_json(given.shard),
        validated(Body, given.body, "--body"),
        given.out,
    )


if __name__ == "__main__":
    run(main)
