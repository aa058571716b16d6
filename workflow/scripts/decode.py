"""Store every frame and the sound of a shard's videos."""

from pathlib import Path

from affectflow.artifacts import ledger
from affectflow.config.data.preprocessing import Decode
from affectflow.config.validate import validated
from affectflow.preprocessing.media.decode import DecodeOutputs, decode_shard
from affectflow.preprocessing.media.kept import Kept
from affectflow.preprocessing.media.trial import expect_program, usable
from affectflow.workflow.options import shard_option
from affectflow.workflow.script import job, parser, run, settings_option


def main() -> None:
    options = parser(__doc__)
    shard_option(options)
    settings_option(options, "decode")
    for name in ("videos", "frames", "sound"):
        options.add_argument(f"--{name}", type=Path, required=True, metavar="OUT", help=f"{name} to write")
    options.add_argument("--kept", type=Path, metavar="DIR", help="folder that keeps what was decoded before a failure")
    options.add_argument(
        "--unreadable",
        choices=("fail", "leave_out"),
        help="what a file is of which no frame can be decoded, in place of what --decode says",
    )
    options.add_argument("--ffmpeg", metavar="PROGRAM", help="the ffmpeg that the run was planned with")
    args = options.parse_args()
    unreadable = {"unreadable": args.unreadable} if args.unreadable else {}
    settings = validated(Decode, args.decode | unreadable, "--decode")
    if args.ffmpeg:
        expect_program(usable(settings.ffmpeg, ledger.FOLDER), args.ffmpeg)
    with job(args, [video.path for video in args.shard if isinstance(video.path, Path)]) as this:
        version = f"{this.code.fingerprint} {settings.model_dump_json(exclude={'unreadable'})} {args.ffmpeg}"
        kept = Kept(args.kept, version) if args.kept else None
        out = DecodeOutputs(args.videos, args.frames, args.sound)
        decode_shard(args.shard, settings, out, kept, settings.unreadable == "leave_out")


if __name__ == "__main__":
    run(main)
