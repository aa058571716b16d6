"""Align the faces of a shard's subjects, or take the organisers' aligned faces."""

from pathlib import Path

from affectflow.config.data.preprocessing import Faces
from affectflow.config.validate import validated
from affectflow.workflow.options import shard_option
from affectflow.workflow.script import existing, job, parser, run, settings_option


def main() -> None:
    options = parser(__doc__)
    shard_option(options)
    options.add_argument("--frames", type=existing, required=True, metavar="IN", help="decoded frames")
    settings_option(options, "faces")
    options.add_argument("--people", type=existing, metavar="IN", help="people of the videos, among them the subjects")
    options.add_argument("--shots", type=existing, metavar="IN", help="shots of the videos")
    options.add_argument("--official", type=Path, metavar="DIR", help="folder of official faces, by subject")
    options.add_argument("--tolerance", type=int, default=0, help="official faces that may be beyond the last frame")
    options.add_argument("--out", type=Path, required=True, metavar="OUT", help="faces to write")
    args = options.parse_args()
    if args.official is None and not (args.people and args.shots):
        options.error("expected --people and --shots, or --official")
    settings = validated(Faces, args.faces, "--faces")
    subjects = [subject.subject for video in args.shard for subject in video.subjects]
    official = [args.official / subject for subject in subjects] if args.official else []
    # Each imported where it is used: official faces need no detector.
    found = [path for path in (args.people, args.shots) if path]
    with job(args, [args.frames, *found, *official]):
        if args.official is None:
            from affectflow.preprocessing.face.align import align_shard

            align_shard(args.frames, args.people, args.shots, args.shard, settings, args.out)
        else:
            from affectflow.preprocessing.face.official import official_shard

            official_shard(args.frames, args.shard, args.official, settings, args.out, args.tolerance)


if __name__ == "__main__":
    run(main)
