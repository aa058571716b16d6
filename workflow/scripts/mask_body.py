"""Find the joints and the box of each subject's body."""

import json
from pathlib import Path

from affectflow.config.data.preprocessing import Body
from affectflow.config.system.execution import Device
from affectflow.config.validate import validated
from affectflow.preprocessing.body.mask import mask_shard
from affectflow.preprocessing.body.openpose_json import json_folder
from affectflow.preprocessing.body.registry import weights_file
from affectflow.workflow.options import shard_option
from affectflow.workflow.script import existing, job, parser, run, settings_option


def main() -> None:
    options = parser(__doc__)
    shard_option(options)
    for name in ("frames", "faces", "videos"):
        options.add_argument(f"--{name}", type=existing, required=True, metavar="IN", help=f"{name} of the shard")
    options.add_argument("--people", type=existing, metavar="IN", help="people of the videos; none of official faces")
    settings_option(options, "body")
    options.add_argument("--device", type=json.loads, metavar="JSON", help="device settings, for a network")
    options.add_argument("--out", type=Path, required=True, metavar="OUT", help="bodies to write")
    args = options.parse_args()
    settings = validated(Body, args.body, "--body")
    inputs = [args.frames, args.faces, args.videos, *([args.people] if args.people else [])]
    if settings.backend == "openpose-json":
        inputs += [json_folder(Path(str(settings.openpose_json)), video) for video in args.shard]
    if (weights := weights_file(settings)) is not None:
        inputs.append(weights)
    device = None if args.device is None else validated(Device, args.device, "--device")
    with job(args, inputs, threads=device.threads if device else 1):
        files = (args.frames, args.faces, args.videos)
        mask_shard(*files, args.shard, settings, args.out, people=args.people, device=device)


if __name__ == "__main__":
    run(main)
