"""Store every frame and the sound of a shard's videos."""

import json
from pathlib import Path

from affectflow.cli.script import parser, run, settings_option
from affectflow.config.preprocessing import Decode
from affectflow.config.validate import validated
from affectflow.corpus.shard import Video
from affectflow.media.decode import DecodeOutputs, decode_shard


def main() -> None:
    options = parser(__doc__)
    options.add_argument("--shard", type=json.loads, required=True, metavar="JSON", help="the shard's videos")
    settings_option(options, "decode")
    for name in ("videos", "frames", "sound"):
        options.add_argument(f"--{name}", type=Path, required=True, metavar="OUT", help=f"{name} to write")
    given = options.parse_args()
    decode_shard(
        Video.from_json(given.shard),
        validated(Decode, given.decode, "--decode"),
        DecodeOutputs(given.videos, given.frames, given.sound),
    )


if __name__ == "__main__":
    run(main)
