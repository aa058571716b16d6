"""Find the joints and the box of each subject's body."""

from pathlib import Path

from affectflow.config.data.preprocessing import Body
from affectflow.config.validate import validated
from affectflow.preprocessing.body.mask import mask_shard
from affectflow.preprocessing.body.openpose_json import json_folder
from affectflow.workflow.options import shard_option
from affectflow.workflow.script import existing, job, parser, run, settings_option


def main() -> None:
    options = parser(__doc__)
    shard_option(options)
    for name in ("frames", "faces", "videos"):
        options.add_argument(f"--{name}", type=existing, required=True, metavar="IN", help=f"{name} of the shard")
    settings_option(options, "body")
    options.add_argument("--out", type=Path, required=True, metavar="OUT", help="bodies to write")
    args = options.parse_args()
    settings = validated(Body, args.body, "--body")
    inputs = [args.frames, args.faces, args.videos]
    if settings.backend == "openpose-json":
        inputs += [json_folder(Path(str(settings.openpose_json)), video) for video in args.shard]
    with job(args, inputs):
        mask_shard(args.frames, args.faces, args.videos, args.shard, settings, args.out)


if __name__ == "__main__":
    run(main)
