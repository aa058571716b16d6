"""Find the people of a shard's videos by their faces, and the videos' shots."""

from pathlib import Path

from affectflow.config.data.preprocessing import Faces
from affectflow.config.validate import validated
from affectflow.preprocessing.face.people import find_people_shard
from affectflow.workflow.options import shard_option
from affectflow.workflow.script import existing, job, parser, run, settings_option


def main() -> None:
    options = parser(__doc__)
    shard_option(options)
    options.add_argument("--frames", type=existing, required=True, metavar="IN", help="decoded frames")
    settings_option(options, "faces")
    options.add_argument("--people", type=Path, required=True, metavar="OUT", help="people to write")
    options.add_argument("--shots", type=Path, required=True, metavar="OUT", help="shots to write")
    args = options.parse_args()
    with job(args, [args.frames]):
        find_people_shard(args.frames, args.shard, validated(Faces, args.faces, "--faces"), args.people, args.shots)


if __name__ == "__main__":
    run(main)
