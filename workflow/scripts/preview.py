"""Draw the contact sheet of a shard."""

from pathlib import Path

from affectflow.config.data.preprocessing import Preview
from affectflow.config.validate import validated
from affectflow.report.drawing.preview import preview_shard
from affectflow.workflow.options import shard_option
from affectflow.workflow.script import existing, job, parser, run, settings_option


def main() -> None:
    options = parser(__doc__)
    shard_option(options)
    for name in ("frames", "faces", "body", "mel"):
        options.add_argument(f"--{name}", type=existing, required=True, metavar="IN", help=f"{name} of the shard")
    settings_option(options, "preview")
    options.add_argument(
        "--mel-window", type=float, default=1.0, metavar="SECONDS", help="length of the mel window (default: 1)"
    )
    options.add_argument("--out", type=Path, required=True, metavar="OUT", help="picture to write (.jpg)")
    args = options.parse_args()
    settings = validated(Preview, args.preview, "--preview")
    files = (args.frames, args.faces, args.body, args.mel)
    with job(args, files):
        preview_shard(*files, args.shard, settings, args.mel_window, args.out)


if __name__ == "__main__":
    run(main)
