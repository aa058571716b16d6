"""Store the frames of a shard in the size that networks read."""

from pathlib import Path

from affectflow.config.data.preprocessing import Resize
from affectflow.config.validate import validated
from affectflow.preprocessing.media.resize import resize_shard
from affectflow.workflow.script import existing, job, parser, run, settings_option


def main() -> None:
    options = parser(__doc__)
    options.add_argument("--frames", type=existing, required=True, metavar="IN", help="decoded frames")
    options.add_argument("--size", type=int, required=True, metavar="PIXELS", help="side of a picture")
    settings_option(options, "resize")
    options.add_argument("--out", type=Path, required=True, metavar="OUT", help="pictures to write")
    args = options.parse_args()
    settings = validated(Resize, args.resize, "--resize")
    with job(args, [args.frames]):
        resize_shard(args.frames, args.size, settings, args.out)


if __name__ == "__main__":
    run(main)
